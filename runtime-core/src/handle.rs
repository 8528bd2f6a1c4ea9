//! A runtime's handle: spawn, block, enter, from anywhere.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crate::context::{self, EnterGuard};
use crate::park::driver::{Driver, Poller};
use crate::runtime::Id;
use crate::scheduler::{self, Caller, Flavor, Shared, Slot};
use crate::task::{self, JoinHandle};
use crate::timer::clock::{AutoAdvanceHold, Clock};

/// Futures larger than this are boxed once before they travel through the spawning functions, which
/// would otherwise copy them from frame to frame in builds without optimisation.
pub(crate) const BOX_FUTURES_ABOVE: usize = 2048;

/// A handle to a runtime: cheap to clone, usable from any thread.
///
/// A handle does not keep the runtime running: when the [`Runtime`](crate::runtime::Runtime) is
/// dropped, tasks spawned later are cancelled at once.
///
/// ```
/// use runtime::runtime::Handle;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let handle = Handle::current();
/// let thread = std::thread::spawn(move || handle.block_on(async { 4 }));
/// assert_eq!(thread.join().unwrap(), 4);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

/// Which scheduler a runtime has.
///
/// ```
/// use runtime::runtime::{Handle, RuntimeFlavor};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let flavor = Handle::current().runtime_flavor();
/// assert_eq!(flavor, RuntimeFlavor::MultiThread);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeFlavor {
    /// All tasks run on the thread that is in `block_on`.
    CurrentThread,
    /// Tasks run on several threads that steal from each other.
    MultiThread,
}

/// There is no current runtime: the error of [`Handle::try_current`].
#[derive(Debug)]
pub struct TryCurrentError {
    _private: (),
}

impl TryCurrentError {
    /// Whether the thread is in no runtime's context.
    pub fn is_missing_context(&self) -> bool {
        true
    }

    /// Whether the thread's locals are being destroyed. Always false: a thread can be in a runtime's
    /// context to its last moment.
    pub fn is_thread_local_destroyed(&self) -> bool {
        false
    }
}

impl fmt::Display for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no runtime running on this thread")
    }
}

impl Error for TryCurrentError {}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Handle {
        Handle { shared }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The handle of the runtime that this thread is in.
    ///
    /// # Panics
    /// Outside of any runtime: see [`Handle::try_current`].
    #[track_caller]
    pub fn current() -> Handle {
        context::current_or_panic("Handle::current")
    }

    /// The handle of the runtime that this thread is in.
    ///
    /// # Errors
    /// If there is none.
    pub fn try_current() -> Result<Handle, TryCurrentError> {
        scheduler::entered()
            .map(Handle::new)
            .ok_or(TryCurrentError { _private: () })
    }

    /// Makes this runtime the current one of the thread until the guard is dropped. Scopes nest.
    ///
    /// # Panics
    /// The guard does, if it is dropped before one that was made after it.
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard::new(scheduler::enter(&self.shared))
    }

    /// Starts a task; it runs whether or not the handle is awaited.
    ///
    /// On a runtime that has shut down the task is cancelled at once, and its handle says so.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let spawned_at = Location::caller();
        if size_of::<F>() > BOX_FUTURES_ABOVE {
            self.shared.spawn(Box::pin(future), spawned_at)
        } else {
            self.shared.spawn(future, spawned_at)
        }
    }

    /// Runs a closure that blocks on a thread of the blocking pool.
    ///
    /// A closure that has begun runs to its end. One that has not is cancelled by `abort`, and by the
    /// runtime's shutdown if there is no thread free for it.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let spawned_at = Location::caller();
        if size_of::<F>() > BOX_FUTURES_ABOVE {
            let closure: Box<dyn FnOnce() -> R + Send> = Box::new(closure);
            self.shared.spawn_blocking(closure, spawned_at)
        } else {
            self.shared.spawn_blocking(closure, spawned_at)
        }
    }

    /// Runs a future to its end on this thread, in the runtime's context.
    ///
    /// Inside a task or another `block_on` this works as well: the thread first hands its slot to
    /// others, as [`block_in_place`](crate::spawn::block_in_place) does. On a multi-thread runtime
    /// this thread polls nothing but the future, which goes on whatever the tasks do; on a
    /// current-thread runtime the caller runs the tasks, unless another thread does so already.
    /// After the runtime has shut down the future is still polled, but I/O gives errors.
    ///
    /// # Panics
    /// If the future panics, with its panic.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.block_on_as(future, Caller::Handle)
    }

    /// See [`Shared::block_on`].
    #[track_caller]
    pub(crate) fn block_on_as<F: Future>(&self, future: F, caller: Caller) -> F::Output {
        let called_at = Location::caller();
        if size_of::<F>() > BOX_FUTURES_ABOVE {
            let future = task::in_span(Box::pin(future), called_at);
            self.shared.block_on(future, caller)
        } else {
            let future = task::in_span(future, called_at);
            self.shared.block_on(future, caller)
        }
    }

    /// The runtime's id, unique in the process.
    pub fn id(&self) -> Id {
        Id::of(self.shared.id())
    }

    /// Which scheduler the runtime has.
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        match self.shared.config().flavor() {
            Flavor::CurrentThread => RuntimeFlavor::CurrentThread,
            Flavor::MultiThread => RuntimeFlavor::MultiThread,
        }
    }

    /// The runtime's name, if its builder was given one.
    pub fn name(&self) -> Option<&str> {
        self.shared.config().name.as_deref()
    }

    /// How the runtime is doing.
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics {
            handle: self.clone(),
        }
    }

    /// Forbids a paused clock to jump, until the hold is dropped: work is under way that the
    /// scheduler cannot see.
    #[doc(hidden)]
    pub fn hold_clock(&self) -> AutoAdvanceHold {
        Clock::hold(self.shared.clock())
    }

    /// The runtime's I/O driver; the first caller brings it.
    ///
    /// # Errors
    /// Those of `make`.
    #[doc(hidden)]
    pub fn driver_or_install(
        &self,
        make: impl FnOnce() -> io::Result<(Box<dyn Poller>, Arc<dyn Driver>)>,
    ) -> io::Result<Arc<dyn Driver>> {
        self.shared.driver_or_install(make)
    }
}

impl UnwindSafe for Handle {}

impl RefUnwindSafe for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("flavor", &self.runtime_flavor())
            .finish_non_exhaustive()
    }
}

/// Counters of one runtime; made by [`Handle::metrics`].
///
/// ```
/// use runtime::runtime::Handle;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let metrics = Handle::current().metrics();
/// assert!(metrics.num_workers() >= 1);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RuntimeMetrics {
    handle: Handle,
}

impl RuntimeMetrics {
    /// How many regular slots the runtime has: the most tasks it runs at once, but for spares.
    pub fn num_workers(&self) -> usize {
        self.handle.shared.config().slots()
    }

    /// How many tasks are alive.
    pub fn num_alive_tasks(&self) -> usize {
        self.handle.shared.live_tasks()
    }

    /// How many timers wait: those of sleeps, timeouts and intervals that have been polled and are
    /// neither over nor dropped.
    pub fn num_timers(&self) -> usize {
        self.handle.shared.num_timers()
    }

    /// How many tasks wait in the queue that all workers share.
    pub fn global_queue_depth(&self) -> usize {
        self.handle.shared.shared_queue_len()
    }

    /// For how long a worker has been at work, in sum: running tasks, or looking for some. Brought up
    /// to date when it goes to rest, and every so many polls.
    ///
    /// # Panics
    /// If there is no worker of that number; see [`RuntimeMetrics::num_workers`].
    #[track_caller]
    pub fn worker_total_busy_duration(&self, worker: usize) -> Duration {
        self.slot(worker).busy()
    }

    /// How often a worker has gone to rest because it had no work. One that was never needed is at
    /// rest since the beginning, which counts.
    ///
    /// # Panics
    /// If there is no worker of that number.
    #[track_caller]
    pub fn worker_park_count(&self, worker: usize) -> u64 {
        1 + self.slot(worker).turns() / 2
    }

    /// How often a worker has gone to rest or back to work: odd while it rests. At the end of the
    /// runtime all have come back.
    ///
    /// # Panics
    /// If there is no worker of that number.
    #[track_caller]
    pub fn worker_park_unpark_count(&self, worker: usize) -> u64 {
        let count = 1 + self.slot(worker).turns();
        count + (count & u64::from(self.handle.shared.is_closing()))
    }

    #[track_caller]
    fn slot(&self, worker: usize) -> &Slot {
        let workers = self.num_workers();
        assert!(
            worker < workers,
            "worker {worker} of a runtime with {workers}"
        );
        self.handle.shared.slot(worker)
    }

    /// How many threads of the blocking pool there are.
    pub fn num_blocking_threads(&self) -> usize {
        self.handle.shared.blocking().counts().0
    }

    /// How many threads of the blocking pool wait for a closure.
    pub fn num_idle_blocking_threads(&self) -> usize {
        self.handle.shared.blocking().counts().1
    }

    /// How many closures wait for a thread of the blocking pool.
    pub fn blocking_queue_depth(&self) -> usize {
        self.handle.shared.blocking().counts().2
    }

    /// How many polls stalled: each is counted once.
    pub fn stall_count(&self) -> u64 {
        self.handle.shared.stats().stalls()
    }

    /// How often a spare slot was opened because all others were stuck.
    pub fn spare_slot_count(&self) -> u64 {
        self.handle.shared.stats().spares()
    }

    /// How many panics of foreign code the runtime has caught where no task is there to fail: of wakers
    /// that are not its own, and of hooks.
    pub fn foreign_panic_count(&self) -> u64 {
        self.handle.shared.stats().foreign_panic_count()
    }

    /// How many threads were started so far, without those of the blocking pool.
    pub fn threads_started(&self) -> u64 {
        self.handle.shared.stats().threads_started()
    }

    /// How often the operating system refused a thread.
    pub fn threads_refused(&self) -> u64 {
        self.handle.shared.stats().threads_refused()
    }
}
