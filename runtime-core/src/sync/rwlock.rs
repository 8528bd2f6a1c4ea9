//! A lock for many readers or one writer, that may be held across an await.
//!
//! **State**: a [`RawSemaphore`] of as many permits as there may be readers. A reader takes one, a
//! writer takes all. The protocol, its orderings and the proof that no wake-up is lost are the
//! semaphore's.
//!
//! **Invariants.** R1: the value is changed only by who has all permits, or through `&mut RwLock`;
//! it is read only by who has one: each guard carries the permits it stands for (`rwlock/held.rs`)
//! and gives them back once. R2: a guard that is narrowed moves its permits on; one that is
//! downgraded keeps one and gives the rest back in one release.
//!
//! **Fairness**: the semaphore's queue. A writer that waits collects permits as readers give them
//! back, and readers that come after it wait behind it: neither side starves.
//!
//! Rejected: a word of its own with a bit for the writer (it would prove again what the semaphore
//! proves; the uncontended read is one exchange either way); letting readers overtake a waiting
//! writer (no bound on its wait).
#![allow(unsafe_code, reason = "guards reach the value through their permits")]

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::Arc;

use super::mutex::TryLockError;
use super::raw_semaphore::RawSemaphore;
use crate::park::block_on_parked;

pub use owned_guard::{OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard};
pub use read_guard::RwLockReadGuard;
pub use write_guard::{RwLockMappedWriteGuard, RwLockWriteGuard};

mod held;

mod read_guard;

mod write_guard;

mod owned_guard;

/// The most readers at a time, as the field's standard vocabulary has it.
const MAX_READERS: u32 = u32::MAX >> 3;

/// A lock for async code that many may hold to read, or one to write.
///
/// Fairness: first in, first out, with all readers between two writers together. A reader that
/// comes while a writer waits, waits too: so a task that holds a read guard and asks for another
/// may wait for a writer that waits for the first. A panic while the lock is held releases it and
/// leaves no mark.
///
/// ```
/// use runtime::sync::RwLock;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = RwLock::new(5);
/// {
///     let one = lock.read().await;
///     let other = lock.read().await;
///     assert_eq!(*one + *other, 10);
/// }
/// *lock.write().await += 1;
/// assert_eq!(*lock.read().await, 6);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RwLock<T: ?Sized> {
    max_readers: u32,
    permits: RawSemaphore,
    value: UnsafeCell<T>,
}

// SAFETY: R1: the value moves with the lock.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: R1: readers share the value, hence `Sync`; a writer has it alone, hence `Send`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

macro_rules! constructor {
    ($($qualifier:tt)*) => {
        /// An unlocked lock around `value`, usable in a `static`.
        pub $($qualifier)* fn const_new(value: T) -> RwLock<T> {
            RwLock::const_with_max_readers(value, MAX_READERS)
        }

        /// An unlocked lock that at most `max_reads` readers hold at a time, usable in a `static`.
        ///
        /// # Panics
        /// If `max_reads` is zero, or more than `u32::MAX >> 3`.
        #[track_caller]
        pub $($qualifier)* fn const_with_max_readers(value: T, max_reads: u32) -> RwLock<T> {
            assert!(max_reads != 0, "a RwLock may not be created with 0 readers");
            assert!(
                max_reads <= MAX_READERS,
                "a RwLock may not be created with more than `u32::MAX >> 3` readers"
            );
            RwLock {
                max_readers: max_reads,
                permits: RawSemaphore::new(max_reads as usize),
                value: UnsafeCell::new(value),
            }
        }
    };
}

impl<T> RwLock<T> {
    crate::loom::constructor!(constructor);
}

impl<T: ?Sized> RwLock<T> {
    /// An unlocked lock around `value`.
    pub fn new(value: T) -> RwLock<T>
    where
        T: Sized,
    {
        RwLock::const_new(value)
    }

    /// An unlocked lock that at most `max_reads` readers hold at a time.
    ///
    /// # Panics
    /// If `max_reads` is zero, or more than `u32::MAX >> 3`.
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> RwLock<T>
    where
        T: Sized,
    {
        RwLock::const_with_max_readers(value, max_reads)
    }

    /// Waits for a share of the lock.
    ///
    /// # Cancel safety
    /// Place lost: a share it was given goes to the next.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let lock = runtime::sync::RwLock::new("shared");
    /// assert_eq!(*lock.read().await, "shared");
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn read(&self) -> RwLockReadGuard<'_, T> {
        self.acquire(1).await;
        RwLockReadGuard::new(self)
    }

    /// As [`read`](RwLock::read), blocking this thread until it has its share.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        super::assert_may_block("RwLock::blocking_read");
        block_on_parked(self.read())
    }

    /// As [`read`](RwLock::read), with a guard that owns its lock.
    ///
    /// # Cancel safety
    /// Place lost: as for `read`.
    ///
    /// ```
    /// use runtime::sync::RwLock;
    /// use std::sync::Arc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let guard = Arc::new(RwLock::new(7)).read_owned().await;
    /// assert_eq!(runtime::spawn(async move { *guard }).await.unwrap(), 7);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn read_owned(self: Arc<Self>) -> OwnedRwLockReadGuard<T> {
        self.acquire(1).await;
        OwnedRwLockReadGuard::new(self)
    }

    /// Takes a share of the lock if no writer has it and nobody waits for it.
    ///
    /// # Errors
    /// If the share cannot be had now.
    #[inline]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        self.try_acquire(1)?;
        Ok(RwLockReadGuard::new(self))
    }

    /// As [`try_read`](RwLock::try_read), with a guard that owns its lock.
    ///
    /// # Errors
    /// If the share cannot be had now.
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        self.try_acquire(1)?;
        Ok(OwnedRwLockReadGuard::new(self))
    }

    /// Waits for the lock as a whole.
    ///
    /// # Cancel safety
    /// Place lost: shares it had collected go to the next.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let lock = runtime::sync::RwLock::new(vec![1]);
    /// lock.write().await.push(2);
    /// assert_eq!(lock.into_inner(), [1, 2]);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.acquire(self.max_readers).await;
        RwLockWriteGuard::new(self)
    }

    /// As [`write`](RwLock::write), blocking this thread until it has the lock.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        super::assert_may_block("RwLock::blocking_write");
        block_on_parked(self.write())
    }

    /// As [`write`](RwLock::write), with a guard that owns its lock.
    ///
    /// # Cancel safety
    /// Place lost: as for `write`.
    ///
    /// ```
    /// use runtime::sync::RwLock;
    /// use std::sync::Arc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let lock = Arc::new(RwLock::new(1));
    /// let mut guard = Arc::clone(&lock).write_owned().await;
    /// runtime::spawn(async move { *guard += 1 }).await.unwrap();
    /// assert_eq!(*lock.read().await, 2);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn write_owned(self: Arc<Self>) -> OwnedRwLockWriteGuard<T> {
        self.acquire(self.max_readers).await;
        OwnedRwLockWriteGuard::new(self)
    }

    /// Takes the lock as a whole if nobody has it or waits for it.
    ///
    /// # Errors
    /// If the lock cannot be had now.
    #[inline]
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        self.try_acquire(self.max_readers)?;
        Ok(RwLockWriteGuard::new(self))
    }

    /// As [`try_write`](RwLock::try_write), with a guard that owns its lock.
    ///
    /// # Errors
    /// If the lock cannot be had now.
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        self.try_acquire(self.max_readers)?;
        Ok(OwnedRwLockWriteGuard::new(self))
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

    #[inline]
    async fn acquire(&self, permits: u32) {
        if self.permits.take(permits as usize).await.is_err() {
            unreachable!("a lock's semaphore is never closed");
        }
    }

    #[inline]
    fn try_acquire(&self, permits: u32) -> Result<(), TryLockError> {
        let taken = self.permits.try_acquire(permits as usize);
        taken.map_err(|_| TryLockError::new())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> RwLock<T> {
        RwLock::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut picture = f.debug_struct("RwLock");
        match self.try_read() {
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
