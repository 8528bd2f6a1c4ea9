//! A lock that may be held across an await.
//!
//! **State**: a [`RawSemaphore`] of one permit; who has the permit has the value. The protocol,
//! its orderings and the proof that no wake-up is lost are the semaphore's.
//!
//! **Invariant.** M1: the value is touched only through a guard, or through `&mut Mutex`, and
//! there is at most one guard: each guard stands for the one permit and gives it back once.
//!
//! Rejected: letting a newcomer overtake the queue (more throughput, and no bound on anyone's
//! wait); poisoning (a panic says little about a value that others may repair).
#![allow(unsafe_code, reason = "guards reach the value through the permit")]

use std::cell::UnsafeCell;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::raw_semaphore::RawSemaphore;
use crate::park::block_on_parked;

pub use guard::{MappedMutexGuard, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};

mod guard;

/// A mutual exclusion lock for async code.
///
/// Fairness: first in, first out; nobody overtakes the queue. A panic while the lock is held
/// releases it and leaves no mark. Where no await lies between lock and unlock, a blocking lock
/// such as `std::sync::Mutex` is cheaper.
///
/// ```
/// use runtime::sync::Mutex;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let count = Arc::new(Mutex::new(0));
/// let tasks: Vec<_> = (0..4)
///     .map(|_| {
///         let count = Arc::clone(&count);
///         runtime::spawn(async move { *count.lock().await += 1 })
///     })
///     .collect();
/// for task in tasks {
///     task.await.unwrap();
/// }
/// assert_eq!(*count.lock().await, 4);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Mutex<T: ?Sized> {
    permit: RawSemaphore,
    value: UnsafeCell<T>,
}

// SAFETY: M1: the value is used by one thread at a time and moves with the lock.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above; `T: Send`, since each user has it alone.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// The lock is held by somebody, or others wait for it.
///
/// ```
/// let lock = runtime::sync::Mutex::new(());
/// let held = lock.try_lock();
/// assert_eq!(lock.try_lock().unwrap_err().to_string(), "operation would block");
/// # drop(held);
/// ```
#[derive(Debug)]
pub struct TryLockError(());

impl TryLockError {
    pub(super) fn new() -> TryLockError {
        TryLockError(())
    }
}

impl fmt::Display for TryLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("operation would block")
    }
}

impl Error for TryLockError {}

macro_rules! constructor {
    ($($qualifier:tt)*) => {
        /// An unlocked lock around `value`, usable in a `static`.
        pub $($qualifier)* fn const_new(value: T) -> Mutex<T> {
            Mutex { permit: RawSemaphore::new(1), value: UnsafeCell::new(value) }
        }
    };
}

impl<T> Mutex<T> {
    crate::loom::constructor!(constructor);
}

impl<T: ?Sized> Mutex<T> {
    /// An unlocked lock around `value`.
    pub fn new(value: T) -> Mutex<T>
    where
        T: Sized,
    {
        Mutex::const_new(value)
    }

    /// Waits for the lock.
    ///
    /// # Cancel safety
    /// Place lost: a lock it was given goes to the next.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let lock = runtime::sync::Mutex::new(vec![1]);
    /// lock.lock().await.push(2);
    /// assert_eq!(lock.into_inner(), [1, 2]);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        if self.permit.try_take(1).is_err() {
            self.acquire().await;
        }
        MutexGuard::new(self)
    }

    /// Takes the lock, blocking this thread until it has it.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        super::assert_may_block("Mutex::blocking_lock");
        block_on_parked(self.lock())
    }

    /// As [`blocking_lock`](Mutex::blocking_lock), with a guard that owns its lock.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        super::assert_may_block("Mutex::blocking_lock_owned");
        block_on_parked(self.lock_owned())
    }

    /// As [`lock`](Mutex::lock), with a guard that owns its lock.
    ///
    /// # Cancel safety
    /// Place lost: as for `lock`.
    ///
    /// ```
    /// use runtime::sync::Mutex;
    /// use std::sync::Arc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let lock = Arc::new(Mutex::new(1));
    /// let mut guard = Arc::clone(&lock).lock_owned().await;
    /// runtime::spawn(async move { *guard += 1 }).await.unwrap();
    /// assert_eq!(*lock.lock().await, 2);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        if self.permit.try_take(1).is_err() {
            self.acquire().await;
        }
        OwnedMutexGuard::new(self)
    }

    /// Takes the lock if it is free and nobody waits for it.
    ///
    /// # Errors
    /// If it is not.
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        self.try_acquire()?;
        Ok(MutexGuard::new(self))
    }

    /// As [`try_lock`](Mutex::try_lock), with a guard that owns its lock.
    ///
    /// # Errors
    /// If the lock is held, or others wait for it.
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        self.try_acquire()?;
        Ok(OwnedMutexGuard::new(self))
    }

    /// The value; nobody else can have the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value, without its lock.
    pub fn into_inner(self) -> T
    where
        T: Sized,
    {
        self.value.into_inner()
    }

    /// Waits where the lock could not be had at once.
    async fn acquire(&self) {
        if self.permit.acquire(1).await.is_err() {
            unreachable!("a lock's semaphore is never closed");
        }
    }

    fn try_acquire(&self) -> Result<(), TryLockError> {
        self.permit.try_acquire(1).map_err(|_| TryLockError::new())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Mutex<T> {
        Mutex::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut picture = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => picture.field("data", &&*guard),
            Err(_) => picture.field("data", &format_args!("<locked>")),
        };
        picture.finish()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
