//! Synchronisation: channels and locks that never block a thread.
//!
//! A primitive knows wakers and nothing of tasks or schedulers, so it works under any executor. Two
//! internal pieces carry the rest: `atomic_waker` (one waiter, no lock) and `wait_list` (many
//! waiters, first in first out, one lock). Each leaf poll takes a unit of the [`coop`](crate::coop)
//! budget when it gets something done.
//!
//! No foreign code (a waker's clone, wake and drop, a value's destructor) runs under a lock of
//! these primitives.

mod atomic_waker;
mod wait_list;

pub mod semaphore;

pub mod oneshot;

pub mod mpsc;

mod notify;

mod mutex;

pub use mutex::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, TryLockError,
};
pub use notify::Notify;

/// Named futures of the primitives.
pub mod futures {
    pub use super::notify::{Notified, OwnedNotified};
}

#[cfg(test)]
pub(crate) mod test_support;

#[cfg(all(test, not(loom)))]
mod auto_traits;

#[cfg(all(test, not(loom)))]
mod hostile_tests;

/// Panics where blocking this thread would block the tasks that it polls.
#[track_caller]
fn assert_may_block(what: &str) {
    assert!(
        !crate::park::is_async_context(),
        "`{what}` blocks the thread, and this thread is polling tasks: await the async form instead"
    );
}
