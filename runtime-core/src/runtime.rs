//! The runtime itself: what `build` gives and `drop` ends.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::iter;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::context::EnterGuard;
use crate::handle::{Handle, RuntimeMetrics};
use crate::loom;
use crate::park::driver::ShutDown;
use crate::scheduler::{self, Caller, Shared};
use crate::task::{self, JoinHandle};

/// A runtime: runs tasks, timers and I/O until it is dropped.
///
/// **Drop** cancels all tasks and waits until each has been dropped and every blocking closure has
/// returned, but those that wait for a thread to be free: these are dropped. A task is dropped at its
/// next `await`; one that never reaches it keeps the drop waiting: see [`Runtime::shutdown_timeout`].
/// Dropped inside async code, the runtime ends without waiting; also in blocking code there
/// ([`block_in_place`](crate::spawn::block_in_place)), if that is inside of its own tasks or `block_on`.
///
/// **In a forked child** there is none of its threads. There it is not to be used, nor is anything
/// that was made in it; dropping it does nothing: neither its tasks nor its memory are freed. A runtime
/// that the child makes works.
///
/// ```
/// use runtime::runtime::Runtime;
///
/// let runtime = Runtime::new()?;
/// let task = runtime.spawn(async { 2 + 2 });
/// assert_eq!(runtime.block_on(task).unwrap(), 4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
}

/// Names a runtime or a [`LocalSet`](crate::local_set::LocalSet): unique in the process.
///
/// ```
/// let (one, other) = (runtime::Runtime::new()?, runtime::Runtime::new()?);
/// let id: runtime::runtime::Id = one.handle().id();
/// assert_ne!(id, other.handle().id());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(u64);

impl Id {
    /// Drawn from the numbers of tasks, none of which has it any more.
    pub(crate) fn of(number: task::Id) -> Id {
        Id(number.as_u64())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which of its runtime's workers this thread is now: below
/// [`num_workers`](RuntimeMetrics::num_workers), and nobody else's at the same time.
///
/// A task may find itself on another one after each `await`. `None` outside of any runtime, in the
/// future of a multi-thread runtime's `block_on`, in blocking code, and in the spare slot that
/// stands in for a blocked worker.
///
/// ```
/// use runtime::runtime::{Builder, worker_index};
///
/// assert_eq!(worker_index(), None);
/// let runtime = Builder::new_current_thread().build()?;
/// assert_eq!(runtime.block_on(async { worker_index() }), Some(0));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn worker_index() -> Option<usize> {
    scheduler::worker_index()
}

/// Whether an I/O operation failed because the runtime that it needs was shut down: this error says
/// so, or one in the chain of its sources.
///
/// ```
/// use runtime::runtime::is_rt_shutdown_err;
///
/// assert!(!is_rt_shutdown_err(&std::io::Error::other("something else")));
/// ```
pub fn is_rt_shutdown_err(error: &io::Error) -> bool {
    let inner = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
    iter::successors(inner, |&error| error.source()).any(|error| error.is::<ShutDown>())
}

impl Runtime {
    /// A multi-thread runtime with default settings.
    ///
    /// # Errors
    /// Of kind `InvalidInput`, if the environment variable for the number of workers is set and is no
    /// number above 0: see [`worker_threads`](crate::builder::Builder::worker_threads). Threads and driver
    /// start when they are first needed.
    pub fn new() -> io::Result<Runtime> {
        crate::builder::Builder::new_multi_thread().build()
    }

    pub(crate) fn from_shared(shared: Arc<Shared>) -> Runtime {
        Runtime {
            handle: Handle::new(shared),
        }
    }

    /// The runtime's handle.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As [`Handle::spawn`].
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// As [`Handle::spawn_blocking`].
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(closure)
    }

    /// As [`Handle::block_on`].
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on_as(future, Caller::Runtime)
    }

    /// As [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// How the runtime is doing.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }

    /// Ends the runtime and waits for it, but no longer than `timeout`: what has not ended by then
    /// goes on by itself, also what writes the bytes that files have accepted.
    pub fn shutdown_timeout(self, timeout: Duration) {
        let shared = Arc::clone(self.handle.shared());
        if shared.is_copy() {
            return;
        }
        shared.close();
        drop(self);
        let deadline = loom::now().checked_add(timeout);
        shared.wait_for_end(deadline);
    }

    /// Ends the runtime without waiting: tasks are cancelled, blocking closures that have begun go
    /// on by themselves, and so does what writes the bytes that files have accepted.
    pub fn shutdown_background(self) {
        let shared = self.handle.shared();
        if !shared.is_copy() {
            shared.close();
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let shared = self.handle.shared();
        if shared.is_copy() {
            // Its tasks know it without a count: it stays for good.
            mem::forget(Arc::clone(shared));
        } else if !shared.is_closing() {
            // Nor has one of the shutdown methods done it.
            shared.close();
            shared.wait_for_end(None);
        }
    }
}
