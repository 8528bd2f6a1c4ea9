//! HEADER
mod config;

mod slot;

mod inject;

mod idle;

mod stats;

mod runner;

mod shared;

mod worker;

mod sentinel;

mod guest;

mod current_thread;

mod shutdown;

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

pub(crate) use config::{Config, Flavor};
pub use config::{IoMode, Stall};
pub(crate) use idle::MAX_SLOTS;
pub(crate) use runner::{Entered, enter, entered, is_current_thread, suspend, timer_shard};
pub(crate) use shared::Shared;

use crate::task::{Header, Id, JoinHandle, Notified, Schedule, new_task};

impl Shared {
    /// Runs `future` to its end on this thread.
    pub(crate) fn block_on<F: Future>(self: &Arc<Self>, future: F) -> F::Output {
        let _entered = enter(self);
        let _suspended = suspend();
        let _inside = self.step_inside();
        match self.config().flavor() {
            Flavor::CurrentThread => current_thread::block_on(self, future),
            Flavor::MultiThread => guest::block_on(self, future),
        }
    }

    /// Runs `closure` on a thread of the blocking pool.
    pub(crate) fn spawn_blocking<F, R>(
        self: &Arc<Self>,
        closure: F,
        spawned_at: &'static Location<'static>,
    ) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let shared = Arc::clone(self);
        let mut closure = Some(closure);
        let future = std::future::poll_fn(move |_cx| {
            let _entered = enter(&shared);
            let closure = closure.take().expect("a blocking task is polled once");
            std::task::Poll::Ready(closure())
        });
        let (task, entry, handle) = new_task(future, BlockingPool, Id::next(), 0, spawned_at);
        // Nobody lists blocking tasks: the pool has them in its queue or runs them.
        drop(task);
        self.blocking().submit(entry);
        handle
    }
}

/// The scheduler of tasks that carry a closure: they run once, in the pool, and never wait.
struct BlockingPool;

impl Schedule for BlockingPool {
    fn schedule(&self, entry: Notified) {
        // Nothing but an abort of a task that was never queued could come here.
        drop(entry);
    }

    fn requeue(&self, entry: Notified) {
        drop(entry);
    }

    fn unlink(&self, _header: &Header) -> bool {
        false
    }
}

/// Runs `closure` on this thread, after handing the thread's slot to others.
///
/// # Panics
/// On the thread that runs a current-thread runtime: nobody could take over.
#[track_caller]
pub(crate) fn block_in_place<R>(closure: impl FnOnce() -> R) -> R {
    assert!(
        !is_current_thread(),
        "block_in_place on a current-thread runtime would stop all its tasks: \
         use spawn_blocking, or a multi-thread runtime"
    );
    let _suspended = suspend();
    closure()
}
