//! A cell that is written once, by a future that the others wait for.
//!
//! **State**: a [`RawSemaphore`] of one permit. The permit is the right to initialise; closed means
//! initialised. There is no other flag: the semaphore's word is the whole state.
//!
//! **Invariants.** O1: while the semaphore is open, the value is touched only by who has the permit,
//! and the cell is empty. O2: who has the permit either writes the value and closes, and the permit
//! is gone; or gives it back (an error, a panic, a future that was dropped), and the next in the
//! queue tries. O3: once closed, the value is there and only read, until `&mut OnceCell`.
//!
//! **No wake-up is lost**: by the semaphore's proof; a close ends all who wait.
//!
//! **Orderings**: the close is a release, the look at it an acquire: who sees it closed sees the
//! value.
//!
//! Rejected: a flag beside the semaphore (two words that must agree).
#![allow(
    unsafe_code,
    reason = "the value is there once the semaphore is closed"
)]

use std::cell::UnsafeCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::mem::MaybeUninit;

use super::raw_semaphore::{RawSemaphore, TryAcquireError};

/// A cell that is initialised once, by whoever comes first.
///
/// If the one who initialises it fails, panics or is cancelled, the next who waits tries.
///
/// ```
/// use runtime::sync::OnceCell;
///
/// static ANSWER: OnceCell<u32> = OnceCell::const_new();
///
/// async fn answer() -> u32 {
///     *ANSWER.get_or_init(|| async { 6 * 7 }).await
/// }
///
/// # runtime::Runtime::new()?.block_on(async {
/// assert_eq!(ANSWER.get(), None);
/// assert_eq!(answer().await, 42);
/// assert_eq!(ANSWER.get(), Some(&42));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct OnceCell<T> {
    permit: RawSemaphore,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: O1, O3: the value moves with the cell.
unsafe impl<T: Send> Send for OnceCell<T> {}
// SAFETY: O3: all share the value, hence `Sync`; anyone may put it there, hence `Send`.
unsafe impl<T: Send + Sync> Sync for OnceCell<T> {}

/// Why a cell could not be [set](OnceCell::set); it carries the value back.
///
/// ```
/// use runtime::sync::{OnceCell, SetError};
///
/// let cell = OnceCell::from(1);
/// assert_eq!(cell.set(2), Err(SetError::AlreadyInitializedError(2)));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum SetError<T> {
    /// The cell has a value.
    AlreadyInitializedError(T),
    /// Somebody is initialising it.
    InitializingError(T),
}

impl<T> SetError<T> {
    /// Whether the cell has a value.
    pub fn is_already_init_err(&self) -> bool {
        matches!(self, SetError::AlreadyInitializedError(_))
    }

    /// Whether somebody is initialising the cell.
    pub fn is_initializing_err(&self) -> bool {
        matches!(self, SetError::InitializingError(_))
    }
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SetError::AlreadyInitializedError(_) => "AlreadyInitializedError",
            SetError::InitializingError(_) => "InitializingError",
        })
    }
}

impl<T: fmt::Debug> Error for SetError<T> {}

macro_rules! constructor {
    ($($qualifier:tt)*) => {
        /// An empty cell, usable in a `static`.
        pub $($qualifier)* fn const_new() -> OnceCell<T> {
            OnceCell {
                permit: RawSemaphore::new(1),
                value: UnsafeCell::new(MaybeUninit::uninit()),
            }
        }

        /// A cell with `value`, usable in a `static`.
        pub $($qualifier)* fn const_new_with(value: T) -> OnceCell<T> {
            OnceCell {
                permit: RawSemaphore::new_closed(),
                value: UnsafeCell::new(MaybeUninit::new(value)),
            }
        }
    };
}

impl<T> OnceCell<T> {
    crate::loom::constructor!(constructor);

    /// An empty cell.
    pub fn new() -> OnceCell<T> {
        OnceCell::const_new()
    }

    /// A cell with that value, if there is one.
    pub fn new_with(value: Option<T>) -> OnceCell<T> {
        value.map_or_else(OnceCell::new, OnceCell::from)
    }

    /// Whether it has a value.
    #[inline]
    pub fn initialized(&self) -> bool {
        self.permit.is_closed()
    }

    /// The value, if it has one.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        // SAFETY: O3: it is initialised.
        self.initialized().then(|| unsafe { self.value() })
    }

    /// The value, if it has one; nobody else can have the cell.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        if !self.initialized() {
            return None;
        }
        // SAFETY: O3: it is initialised.
        Some(unsafe { self.value.get_mut().assume_init_mut() })
    }

    /// Gives it a value.
    ///
    /// # Errors
    /// Gives `value` back if it has one already, or somebody is initialising it.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        match self.permit.try_acquire(1) {
            Ok(()) => {
                self.fill(Initialising(self), value);
                Ok(())
            }
            Err(TryAcquireError::NoPermits) => Err(SetError::InitializingError(value)),
            Err(TryAcquireError::Closed) => Err(SetError::AlreadyInitializedError(value)),
        }
    }

    /// The value; if there is none yet, it is made by the future of `f`, or another's.
    ///
    /// A future of `f` that waits for the same cell waits for itself.
    ///
    /// # Cancel safety
    /// Place lost: a value half made is dropped and another who waits makes it.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let cell = runtime::sync::OnceCell::new();
    /// assert_eq!(cell.get_or_init(|| async { 1 }).await, &1);
    /// assert_eq!(cell.get_or_init(|| async { 2 }).await, &1);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn get_or_init<F, Fut>(&self, f: F) -> &T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        if let Some(value) = self.get() {
            return value;
        }
        match self.begin().await {
            Begun::There(value) => value,
            Begun::Mine(initialising) => {
                let value = f().await;
                self.fill(initialising, value)
            }
        }
    }

    /// As [`get_or_init`](OnceCell::get_or_init), by a future that may fail.
    ///
    /// # Errors
    /// That of the future; the cell stays empty, and the next who waits tries.
    ///
    /// # Cancel safety
    /// Place lost: as for `get_or_init`.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let cell = runtime::sync::OnceCell::new();
    /// assert_eq!(cell.get_or_try_init(|| async { "x".parse::<u32>() }).await.ok(), None);
    /// assert_eq!(cell.get_or_try_init(|| async { "5".parse::<u32>() }).await, Ok(&5));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn get_or_try_init<E, F, Fut>(&self, f: F) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        match self.begin().await {
            Begun::There(value) => Ok(value),
            Begun::Mine(initialising) => {
                let value = f().await?;
                Ok(self.fill(initialising, value))
            }
        }
    }

    /// The value, if it has one, without its cell.
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out, if it has one, and leaves an empty cell.
    pub fn take(&mut self) -> Option<T> {
        if !self.initialized() {
            return None;
        }
        self.permit = RawSemaphore::new(1);
        // SAFETY: O3: it was initialised; the cell is empty now, so this is the one owner.
        Some(unsafe { self.value.get_mut().assume_init_read() })
    }

    /// Waits for the right to make the value, or for the value.
    async fn begin(&self) -> Begun<'_, T> {
        match self.permit.take(1).await {
            Ok(()) => Begun::Mine(Initialising(self)),
            // SAFETY: O3: refused, so closed.
            Err(_) => Begun::There(unsafe { self.value() }),
        }
    }

    /// O2: who initialises has a value.
    fn fill(&self, initialising: Initialising<'_, T>, value: T) -> &T {
        // The permit stays taken: nobody else begins.
        std::mem::forget(initialising);
        let slot = self.value.get();
        // SAFETY: O1: the permit was held and is gone; nobody else touches the empty slot.
        unsafe { slot.write(MaybeUninit::new(value)) };
        self.permit.close();
        // SAFETY: O3: closed just now.
        unsafe { self.value() }
    }

    /// # Safety
    /// The cell is initialised.
    #[inline]
    unsafe fn value(&self) -> &T {
        // SAFETY: O3: once closed, the value is only read.
        let value = unsafe { &*self.value.get() };
        // SAFETY: the caller's duty.
        unsafe { value.assume_init_ref() }
    }
}

/// What one who wants the value found.
enum Begun<'a, T> {
    There(&'a T),
    Mine(Initialising<'a, T>),
}

/// The right to initialise, given back when this is dropped.
struct Initialising<'a, T>(&'a OnceCell<T>);

impl<T> Drop for Initialising<'_, T> {
    fn drop(&mut self) {
        self.0.permit.release(1);
    }
}

impl<T> Drop for OnceCell<T> {
    fn drop(&mut self) {
        if self.initialized() {
            // SAFETY: O3: it is initialised, and dropped once.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> OnceCell<T> {
        OnceCell::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    fn from(value: T) -> OnceCell<T> {
        OnceCell::const_new_with(value)
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    fn clone(&self) -> OnceCell<T> {
        OnceCell::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &OnceCell<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceCell")
            .field("value", &self.get())
            .finish()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
