//! [`LocalRuntime`]: a current-thread runtime that never leaves its thread, and so may have tasks
//! that are not `Send`.
//!
//! It is a current-thread runtime with one `crate::local` of its own, which every `block_on` drives
//! beside its future. Tasks spawned with `spawn` are the runtime's, as anywhere; those of
//! `spawn_local` are polled and dropped on this thread only, whoever else is in `block_on` by way of
//! a handle.

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crate::builder::Builder;
use crate::context::EnterGuard;
use crate::handle::{Handle, RuntimeMetrics};
use crate::local::{self, Driven, Driver, Local};
use crate::runtime::Runtime;
use crate::task::JoinHandle;

/// Settings of a [`LocalRuntime`] beyond those of the [`Builder`]; none so far.
///
/// ```
/// use runtime::runtime::{Builder, LocalOptions};
///
/// let runtime = Builder::new_current_thread().build_local(LocalOptions::default())?;
/// assert_eq!(runtime.block_on(async { 1 }), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct LocalOptions {
    /// Room for settings that are bound to the thread.
    _not_send: PhantomData<*const ()>,
}

/// A runtime of one thread, on which tasks need not be `Send`.
///
/// Inside it [`spawn_local`](crate::local_set::spawn_local) works everywhere, without a set around
/// it. **Drop** cancels all tasks, those that are not `Send` on this thread, and then waits as
/// [`Runtime`] does.
///
/// ```
/// use runtime::runtime::LocalRuntime;
/// use std::rc::Rc;
///
/// let runtime = LocalRuntime::new()?;
/// let answer = runtime.block_on(async {
///     let number = Rc::new(6);
///     runtime::task::spawn_local(async move { *number * 7 }).await.unwrap()
/// });
/// assert_eq!(answer, 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct LocalRuntime {
    /// Ends first: what these tasks' destructors use is still there.
    tasks: Tasks,
    runtime: Runtime,
    _not_send: PhantomData<*const ()>,
}

/// The tasks that stay; dropped, they are.
struct Tasks {
    local: Arc<Local>,
    handle: Handle,
}

impl Drop for Tasks {
    fn drop(&mut self) {
        if self.handle.shared().is_copy() {
            return;
        }
        let _entered = self.handle.enter();
        let _local = local::enter(&self.local);
        self.local.close();
    }
}

impl LocalRuntime {
    /// A local runtime with default settings, on this thread.
    ///
    /// # Errors
    /// None today.
    pub fn new() -> io::Result<LocalRuntime> {
        Builder::new_current_thread().build_local(LocalOptions::default())
    }

    pub(crate) fn from_runtime(runtime: Runtime) -> LocalRuntime {
        let local = Local::new();
        runtime.handle().shared().keep_local(Arc::clone(&local));
        LocalRuntime {
            tasks: Tasks {
                local,
                handle: runtime.handle().clone(),
            },
            runtime,
            _not_send: PhantomData,
        }
    }

    /// The runtime's handle. It can be sent; tasks that are not `Send` can be spawned on this thread
    /// only.
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Spawns a task that need not be `Send`. It runs when this thread is next in
    /// [`LocalRuntime::block_on`].
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.tasks.local.spawn(future, Location::caller())
    }

    /// As [`Handle::spawn_blocking`].
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.runtime.spawn_blocking(closure)
    }

    /// Runs a future to its end on this thread, and all tasks beside it.
    ///
    /// # Panics
    /// If the future panics, with its panic.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        // What the future leaves behind is dropped inside as well.
        let _local = local::enter(&self.tasks.local);
        let driver = Driver::new(&self.tasks.local);
        self.runtime.block_on(Driven { driver, future })
    }

    /// As [`Handle::enter`]; [`spawn_local`](crate::local_set::spawn_local) works, too.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }

    /// How the runtime is doing.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.runtime.metrics()
    }

    /// As [`Runtime::shutdown_timeout`]; local tasks are dropped first, in any case.
    pub fn shutdown_timeout(self, timeout: Duration) {
        let LocalRuntime { tasks, runtime, .. } = self;
        drop(tasks);
        runtime.shutdown_timeout(timeout);
    }

    /// As [`Runtime::shutdown_background`]; local tasks are dropped first, in any case.
    pub fn shutdown_background(self) {
        let LocalRuntime { tasks, runtime, .. } = self;
        drop(tasks);
        runtime.shutdown_background();
    }
}

impl UnwindSafe for LocalRuntime {}

impl RefUnwindSafe for LocalRuntime {}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRuntime")
            .field("runtime", &self.runtime)
            .field("local_tasks", &self.tasks.local.live())
            .finish_non_exhaustive()
    }
}
