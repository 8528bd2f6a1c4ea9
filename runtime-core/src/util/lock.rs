//! The standard library's locks without poison.
//!
//! A panic under a lock of ours is a panic of ours: what the lock guards is either whole by then or
//! about to be dropped, and who comes next has no better answer than to go on.
//!
//! **No state outside of the lock.** Everything stands in the lock's own word and in the kernel. A
//! process that is forked off while another thread of its parent waits for a lock, or takes one,
//! finds the locks that it makes itself in order. *Rejected* for that: parking_lot, whose threads
//! wait in one table of the process; a fork in mid-change leaves the child with a locked bucket or
//! with pointers into stacks that are gone (`fault_096_fresh_runtimes_work_in_children_…` found
//! both: a child in fifty hung or crashed).

use std::fmt;
use std::sync::{PoisonError, TryLockError, TryLockResult};
use std::time::Duration;

use crate::loom::locks as sync;

/// Mutual exclusion for cold paths.
#[derive(Default)]
pub struct Mutex<T>(sync::Mutex<T>);

/// A held [`Mutex`].
pub type MutexGuard<'a, T> = sync::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    /// A free lock around `value`.
    pub const fn new(value: T) -> Mutex<T> {
        Mutex(sync::Mutex::new(value))
    }

    /// Waits for the lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock, if it is free.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        free(self.0.try_lock())
    }

    /// The value, when nobody else can hold the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Many who look, or one who changes.
#[derive(Debug, Default)]
pub struct RwLock<T>(sync::RwLock<T>);

/// An [`RwLock`] held to look.
pub type RwLockReadGuard<'a, T> = sync::RwLockReadGuard<'a, T>;

/// An [`RwLock`] held to change.
pub type RwLockWriteGuard<'a, T> = sync::RwLockWriteGuard<'a, T>;

impl<T> RwLock<T> {
    /// A free lock around `value`.
    pub const fn new(value: T) -> RwLock<T> {
        RwLock(sync::RwLock::new(value))
    }

    /// Waits until nobody changes the value.
    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else has the value.
    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock to look, if nobody changes the value.
    #[inline]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        free(self.0.try_read())
    }
}

/// What threads wait for under a [`Mutex`].
#[derive(Debug, Default)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    /// Nobody waits yet.
    pub const fn new() -> Condvar {
        Condvar(sync::Condvar::new())
    }

    /// Lets go of the lock, waits to be notified and takes it again. May return early.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for so long at most; `true` if the time is over.
    pub fn wait_for<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        sync::wait_for(&self.0, guard, limit)
    }

    /// Wakes one that waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

fn free<G>(attempt: TryLockResult<G>) -> Option<G> {
    match attempt {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{Mutex, RwLock};

    #[test]
    fn a_panic_under_a_lock_leaves_it_free() {
        let (mutex, rwlock) = (Mutex::new(1), RwLock::new(1));
        let panics = AssertUnwindSafe(|| {
            *mutex.lock() = 2;
            *rwlock.write() = 2;
            let _held = (mutex.lock(), rwlock.write());
            panic!("the test's own");
        });
        assert!(catch_unwind(panics).is_err());
        assert_eq!((*mutex.lock(), *rwlock.read()), (2, 2));
        assert!(mutex.try_lock().is_some() && rwlock.try_read().is_some());
    }

    #[test]
    fn only_a_free_lock_is_taken_without_waiting() {
        let (mutex, rwlock) = (Mutex::new(()), RwLock::new(()));
        let _held = (mutex.lock(), rwlock.write());
        assert!(mutex.try_lock().is_none() && rwlock.try_read().is_none());
    }
}
