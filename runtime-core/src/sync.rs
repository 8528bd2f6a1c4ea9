//! Synchronisation: channels and locks that never block a thread.
//!
//! A primitive knows wakers and nothing of tasks or schedulers, so it works under any executor.
//! Two internal pieces carry most of the rest: `wait_list` (many waiters, first in first out, one
//! lock) and `versions` (a number that rises, and who waits for that).
//! Each leaf poll takes a unit of the [`coop`] budget when it gets something done; what has come for
//! good (a cell that is set, a channel that is closed) is given without.
//!
//! No foreign code (a waker's clone, wake and drop, a value's destructor) runs under a lock of
//! these primitives.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, ready};

use crate::coop;

mod wait_list;

pub mod raw_semaphore;

mod versions;

mod senders;

pub mod oneshot;

pub mod mpsc;

pub mod watch;

pub mod broadcast;

mod notify;

mod mutex;

mod rwlock;

mod semaphore;

mod barrier;

mod once_cell;

mod set_once;

mod cancellation;

pub use barrier::{Barrier, BarrierWaitResult};
pub use cancellation::{
    CancellationToken, DropGuard, DropGuardRef, WaitForCancellationFuture,
    WaitForCancellationFutureOwned,
};
pub use mutex::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, TryLockError,
};
pub use notify::Notify;
pub use once_cell::{OnceCell, SetError};
pub use raw_semaphore::{AcquireError, TryAcquireError};
pub use rwlock::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard,
};
pub use semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
pub use set_once::{SetOnce, SetOnceError};

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

/// Lets a future that completes take a unit of its task's budget.
async fn cooperative<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let unit = ready!(coop::poll_proceed(cx));
        let output = ready!(future.as_mut().poll(cx));
        unit.made();
        Poll::Ready(output)
    })
    .await
}

/// Panics where blocking this thread would block the tasks that it polls.
#[track_caller]
fn assert_may_block(what: &str) {
    assert!(
        !crate::park::is_async_context(),
        "Cannot block the current thread from within a runtime: `{what}` would block a thread that \
         is polling tasks; await the async form instead"
    );
}
