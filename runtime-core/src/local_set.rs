//! [`LocalSet`]: tasks that stay on their thread, driven by whoever awaits the set.
//!
//! The tasks and their queue are `crate::local`'s, with the proof; here are the faces.

#[cfg(all(test, not(loom)))]
mod model_tests;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::local::{self, Driven, Driver, Local};
use crate::runtime::{Id, Runtime};
use crate::scheduler::{self, Caller};
use crate::task::JoinHandle;

/// Tasks that need not be `Send`: all run on the thread that made the set.
///
/// They run while the set is polled: by awaiting it (until all its tasks have ended), by
/// [`LocalSet::run_until`], or by [`LocalSet::block_on`]. Wherever that is done, it is done on the
/// thread of the set, since the set cannot be sent. Dropped, the set drops its tasks.
///
/// A panic of a task ends that task and is in its [`JoinError`](crate::task::JoinError).
///
/// # Cancel safety
/// Lossless: awaiting `&mut set` in a select loses nothing.
///
/// # Fairness
/// One poll of the set polls 61 tasks at most. Each has a budget of its own.
///
/// ```
/// use runtime::task::{LocalSet, spawn_local};
/// use std::rc::Rc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let set = LocalSet::new();
/// let length = set
///     .run_until(async {
///         let text = Rc::new(String::from("not to be sent"));
///         let shared = Rc::clone(&text);
///         spawn_local(async move { shared.len() }).await.unwrap()
///     })
///     .await;
/// assert_eq!(length, 14);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct LocalSet {
    local: Arc<Local>,
    driver: Driver,
    /// It stays on its thread.
    _not_send: PhantomData<*const ()>,
}

/// Until dropped, [`spawn_local`] spawns on the set: made by [`LocalSet::enter`].
///
/// ```
/// use runtime::task::{LocalEnterGuard, LocalSet, spawn_local};
///
/// let set = LocalSet::new();
/// let guard: LocalEnterGuard = set.enter();
/// let task = spawn_local(async { 1 });
/// drop(guard);
/// let runtime = runtime::Runtime::new()?;
/// assert_eq!(set.block_on(&runtime, task).unwrap(), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the thread leaves the set when this is dropped"]
pub struct LocalEnterGuard {
    _entered: local::Entered,
    _not_send: PhantomData<*const ()>,
}

impl LocalSet {
    /// An empty set of this thread.
    pub fn new() -> LocalSet {
        let local = Local::new();
        LocalSet {
            driver: Driver::new(&local),
            local,
            _not_send: PhantomData,
        }
    }

    /// The set's id, unique among sets and runtimes.
    pub fn id(&self) -> Id {
        Id::of(self.local.id())
    }

    /// Makes [`spawn_local`] spawn on this set until the guard is dropped. That alone runs no task.
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard {
            _entered: local::enter(&self.local),
            _not_send: PhantomData,
        }
    }

    /// Spawns a task on the set. It runs when the set is next polled; whoever drives the set is
    /// woken for it.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.local.spawn(future, Location::caller())
    }

    /// Runs a future to its end on this thread, in the runtime's context, and the set's tasks
    /// beside it.
    ///
    /// # Panics
    /// If the future panics, with its panic.
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &Runtime, future: F) -> F::Output {
        let future = self.run_until(future);
        runtime.handle().block_on_as(future, Caller::Runtime)
    }

    /// Runs a future to its end, and the set's tasks beside it. Tasks that have not ended by then
    /// go on when the set is next polled.
    ///
    /// The future itself needs not be `Send` nor `'static`, and is polled on the caller's budget.
    /// Several may run at once; each of them drives all tasks.
    ///
    /// # Cancel safety
    /// Lossless: a drop loses what the future's own drop does; the tasks of the set lose nothing.
    ///
    /// ```
    /// use runtime::task::{LocalSet, spawn_local};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let set = LocalSet::new();
    /// let sum = set.run_until(async { spawn_local(async { 1 }).await.unwrap() + 1 }).await;
    /// assert_eq!(sum, 2);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        let driver = Driver::new(&self.local);
        RunUntil {
            driven: Driven { driver, future },
        }
        .await
    }
}

pin_project! {
    struct RunUntil<F> {
        #[pin]
        driven: Driven<F>,
    }
}

impl<F: Future> Future for RunUntil<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _stays = scheduler::stay_on_thread(true);
        self.project().driven.poll(cx)
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _stays = scheduler::stay_on_thread(true);
        let pending = self.driver.poll(cx, |_cx| Poll::<()>::Pending);
        if self.local.live() == 0 {
            return Poll::Ready(());
        }
        pending
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        let _stays = scheduler::stay_on_thread(true);
        let _entered = local::enter(&self.local);
        self.local.close();
    }
}

impl Default for LocalSet {
    fn default() -> LocalSet {
        LocalSet::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet")
            .field("tasks", &self.local.live())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

/// Spawns a task that need not be `Send` on the current runtime, if that is a
/// [`LocalRuntime`](crate::local_runtime::LocalRuntime), or else on the current [`LocalSet`].
///
/// # Panics
/// Outside of any, and where the current runtime is a local one of another thread.
///
/// ```
/// use runtime::task::{LocalSet, spawn_local};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let set = LocalSet::new();
/// set.run_until(async {
///     assert_eq!(spawn_local(async { 5 }).await.unwrap(), 5);
/// })
/// .await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    match scheduler::entered_local().or_else(local::current) {
        Some(local) => local.spawn(future, Location::caller()),
        None => panic!(
            "`spawn_local` called from outside of a `task::LocalSet` or `runtime::LocalRuntime`"
        ),
    }
}
