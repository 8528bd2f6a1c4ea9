//! What a reader holds.
#![allow(unsafe_code, reason = "guards reach the value through their permits")]

use std::marker::PhantomData;

use super::RwLock;
use super::held::{Held, shows_its_part};

/// A share of the lock, given back when this is dropped. May be kept across an await.
///
/// ```
/// use runtime::sync::{RwLock, RwLockReadGuard};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = RwLock::new(("left", "right"));
/// let left = RwLockReadGuard::map(lock.read().await, |pair| &pair.0);
/// assert_eq!(*left, "left");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    held: Held<'a>,
    part: *const T,
    _borrow: PhantomData<&'a T>,
}

// SAFETY: R1: the guard gives `&T` only, and its permit is bound to no thread.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    #[inline]
    pub(super) fn new(lock: &'a RwLock<T>) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard::of(Held::new(&lock.permits, 1), lock.value.get())
    }

    #[inline]
    pub(super) fn of(held: Held<'a>, part: *const T) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard {
            held,
            part,
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard to a part of the value. Called as `RwLockReadGuard::map(guard, …)`.
    #[inline]
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let part: *const U = f(&*this);
        RwLockReadGuard::of(this.held, part)
    }

    /// Narrows the guard to a part of the value, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Some(part) = f(&*this) else {
            return Err(this);
        };
        let part: *const U = part;
        Ok(RwLockReadGuard::of(this.held, part))
    }
}

shows_its_part!(('a, T: ?Sized) RwLockReadGuard<'a, T>, T);
