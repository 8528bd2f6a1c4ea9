//! Permits that give themselves back.
//!
//! **State**: a [`RawSemaphore`]; the protocol, its orderings and the proof that no wake-up is lost
//! are there.
//!
//! **Invariant.** P1: a permit stands for as many raw permits as it counts: they were taken before
//! it was made, and they are released when it is dropped, unless it forgets them. Merging and
//! splitting move counts and leave their sum.

use std::fmt;
use std::sync::Arc;

use super::raw_semaphore::{AcquireError, MAX_PERMITS, RawSemaphore, TryAcquireError};
use crate::park::block_on_parked;

/// Limits how many do something at the same time.
///
/// Fairness: first in, first out; nobody overtakes the queue, and who waits for many permits
/// collects them one by one while those behind wait.
///
/// ```
/// use runtime::sync::Semaphore;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let two_at_a_time = Arc::new(Semaphore::new(2));
/// let tasks: Vec<_> = (0..10)
///     .map(|number| {
///         let semaphore = Arc::clone(&two_at_a_time);
///         runtime::spawn(async move {
///             let _permit = semaphore.acquire().await.unwrap();
///             number * number
///         })
///     })
///     .collect();
/// for (number, task) in tasks.into_iter().enumerate() {
///     assert_eq!(task.await.unwrap(), number * number);
/// }
/// assert_eq!(two_at_a_time.available_permits(), 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Semaphore {
    raw: RawSemaphore,
}

/// Permits of a [`Semaphore`]; they go back when this is dropped.
///
/// ```
/// use runtime::sync::Semaphore;
///
/// let semaphore = Semaphore::new(3);
/// let mut both = semaphore.try_acquire_many(2).unwrap();
/// let one = both.split(1).unwrap();
/// drop(both);
/// assert_eq!((one.num_permits(), semaphore.available_permits()), (1, 2));
/// ```
#[must_use = "dropped at once, the permits go back at once"]
#[derive(Debug)]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

/// Permits that own their [`Semaphore`]: without a lifetime.
///
/// ```
/// use runtime::sync::Semaphore;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let semaphore = Arc::new(Semaphore::new(1));
/// let permit = Arc::clone(&semaphore).acquire_owned().await.unwrap();
/// runtime::spawn(async move { drop(permit) });
/// let _mine = semaphore.acquire().await.unwrap();
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropped at once, the permits go back at once"]
#[derive(Debug)]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
}

macro_rules! constructor {
    ($($qualifier:tt)*) => {
        /// A semaphore with `permits` free permits, usable in a `static`.
        ///
        /// # Panics
        /// If `permits` exceeds [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
        #[track_caller]
        pub $($qualifier)* fn const_new(permits: usize) -> Semaphore {
            Semaphore { raw: RawSemaphore::new(permits) }
        }
    };
}

impl Semaphore {
    /// The most permits a semaphore can hold.
    pub const MAX_PERMITS: usize = MAX_PERMITS;

    crate::loom::constructor!(constructor);

    /// A semaphore with `permits` free permits.
    ///
    /// # Panics
    /// If `permits` exceeds [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
    #[track_caller]
    pub fn new(permits: usize) -> Semaphore {
        Semaphore::const_new(permits)
    }

    /// Free permits at this moment; those that a waiter has collected so far are not free.
    pub fn available_permits(&self) -> usize {
        self.raw.available()
    }

    /// Adds `n` permits: to those who wait, oldest first, else to the free ones.
    ///
    /// # Panics
    /// If more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS) would be free.
    #[inline]
    pub fn add_permits(&self, n: usize) {
        self.raw.release(n);
    }

    /// Takes up to `n` free permits away for good; gives how many there were.
    pub fn forget_permits(&self, n: usize) -> usize {
        self.raw.forget(n)
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Cancel safety
    /// Place lost: a permit it was given goes to the next.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let semaphore = runtime::sync::Semaphore::new(2);
    /// let _permit = semaphore.acquire().await.unwrap();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.raw.take(1).await?;
        Ok(SemaphorePermit::new(self, 1))
    }

    /// Waits for `n` permits, and gets them together.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Panics
    /// If `n` exceeds [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
    ///
    /// # Cancel safety
    /// Place lost: permits it was given go to the next.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let semaphore = runtime::sync::Semaphore::new(5);
    /// let permit = semaphore.acquire_many(3).await.unwrap();
    /// assert_eq!((permit.num_permits(), semaphore.available_permits()), (3, 2));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.raw.take(n as usize).await?;
        Ok(SemaphorePermit::new(self, n as usize))
    }

    /// Takes a permit if one is free and nobody waits.
    ///
    /// # Errors
    /// If the semaphore is closed, or the permit cannot be had now.
    #[inline]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.raw.try_acquire(1)?;
        Ok(SemaphorePermit::new(self, 1))
    }

    /// Takes `n` permits if they are free and nobody waits.
    ///
    /// # Errors
    /// If the semaphore is closed, or the permits cannot be had now.
    ///
    /// # Panics
    /// If `n` exceeds [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
    #[inline]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.raw.try_acquire(n as usize)?;
        Ok(SemaphorePermit::new(self, n as usize))
    }

    /// As [`acquire`](Semaphore::acquire), blocking this thread until it has the permit.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        super::assert_may_block("Semaphore::blocking_acquire");
        block_on_parked(self.acquire())
    }

    /// As [`acquire_many`](Semaphore::acquire_many), blocking this thread until it has the permits.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        super::assert_may_block("Semaphore::blocking_acquire_many");
        block_on_parked(self.acquire_many(n))
    }

    /// As [`acquire`](Semaphore::acquire), with a permit that owns its semaphore.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Cancel safety
    /// Place lost: as for `acquire`.
    ///
    /// ```
    /// use runtime::sync::Semaphore;
    /// use std::sync::Arc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 0);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.raw.take(1).await?;
        Ok(OwnedSemaphorePermit::new(self, 1))
    }

    /// As [`acquire_many`](Semaphore::acquire_many), with a permit that owns its semaphore.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Panics
    /// If `n` exceeds [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
    ///
    /// # Cancel safety
    /// Place lost: as for `acquire_many`.
    ///
    /// ```
    /// use runtime::sync::Semaphore;
    /// use std::sync::Arc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let permit = Arc::new(Semaphore::new(9)).acquire_many_owned(7).await.unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 2);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.raw.take(n as usize).await?;
        Ok(OwnedSemaphorePermit::new(self, n as usize))
    }

    /// As [`try_acquire`](Semaphore::try_acquire), with a permit that owns its semaphore.
    ///
    /// # Errors
    /// If the semaphore is closed, or the permit cannot be had now.
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.raw.try_acquire(1)?;
        Ok(OwnedSemaphorePermit::new(self, 1))
    }

    /// As [`try_acquire_many`](Semaphore::try_acquire_many), with a permit that owns its semaphore.
    ///
    /// # Errors
    /// If the semaphore is closed, or the permits cannot be had now.
    ///
    /// # Panics
    /// If `n` exceeds [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.raw.try_acquire(n as usize)?;
        Ok(OwnedSemaphorePermit::new(self, n as usize))
    }

    /// As [`acquire_owned`](Semaphore::acquire_owned), blocking this thread until it has the permit.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        super::assert_may_block("Semaphore::blocking_acquire_owned");
        block_on_parked(self.acquire_owned())
    }

    /// As [`acquire_many_owned`](Semaphore::acquire_many_owned), blocking this thread until it has
    /// the permits.
    ///
    /// # Errors
    /// If the semaphore is closed.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        super::assert_may_block("Semaphore::blocking_acquire_many_owned");
        block_on_parked(self.acquire_many_owned(n))
    }

    /// Refuses all who wait and all who come later; permits that are out stay valid.
    pub fn close(&self) {
        self.raw.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.raw.is_closed()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available_permits", &self.available_permits())
            .field("closed", &self.is_closed())
            .finish()
    }
}

impl<'a> SemaphorePermit<'a> {
    #[inline]
    fn new(semaphore: &'a Semaphore, permits: usize) -> SemaphorePermit<'a> {
        SemaphorePermit { semaphore, permits }
    }

    /// Does not give the permits back: the semaphore has that many less from now on.
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// Takes the permits of `other` to its own.
    ///
    /// # Panics
    /// If the two are of different semaphores.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(
            std::ptr::eq(self.semaphore, other.semaphore),
            "{OF_ANOTHER}"
        );
        move_all(&mut other.permits, &mut self.permits);
    }

    /// Puts `n` of its permits into a permit apart; `None` if it has fewer.
    pub fn split(&mut self, n: usize) -> Option<Self> {
        self.permits = self.permits.checked_sub(n)?;
        Some(SemaphorePermit::new(self.semaphore, n))
    }

    /// The semaphore that the permits go back to.
    pub fn semaphore(&self) -> &Semaphore {
        self.semaphore
    }

    /// How many permits this is.
    pub fn num_permits(&self) -> usize {
        self.permits
    }
}

impl OwnedSemaphorePermit {
    #[inline]
    fn new(semaphore: Arc<Semaphore>, permits: usize) -> OwnedSemaphorePermit {
        OwnedSemaphorePermit { semaphore, permits }
    }

    /// Does not give the permits back: the semaphore has that many less from now on.
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// Takes the permits of `other` to its own.
    ///
    /// # Panics
    /// If the two are of different semaphores.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(
            Arc::ptr_eq(&self.semaphore, &other.semaphore),
            "{OF_ANOTHER}"
        );
        move_all(&mut other.permits, &mut self.permits);
    }

    /// Puts `n` of its permits into a permit apart; `None` if it has fewer.
    pub fn split(&mut self, n: usize) -> Option<Self> {
        self.permits = self.permits.checked_sub(n)?;
        Some(OwnedSemaphorePermit::new(Arc::clone(&self.semaphore), n))
    }

    /// The semaphore that the permits go back to.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }

    /// How many permits this is.
    pub fn num_permits(&self) -> usize {
        self.permits
    }
}

const OF_ANOTHER: &str = "permits of different semaphores cannot be merged";

/// P1: the sum stays. It cannot overflow but after more `add_permits` than anyone took away.
#[track_caller]
fn move_all(from: &mut usize, to: &mut usize) {
    *to = to
        .checked_add(*from)
        .expect("more permits than can be counted");
    *from = 0;
}

impl Drop for SemaphorePermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.add_permits(self.permits);
    }
}

impl Drop for OwnedSemaphorePermit {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.add_permits(self.permits);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
