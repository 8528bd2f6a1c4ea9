//! What a writer holds.
#![allow(unsafe_code, reason = "guards reach the value through their permits")]

use std::marker::PhantomData;

use super::held::{Held, lends_its_part, shows_its_part};
use super::{RwLock, RwLockReadGuard};

/// The lock as a whole, released when this is dropped. May be kept across an await.
///
/// ```
/// use runtime::sync::{RwLock, RwLockWriteGuard};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = RwLock::new(1);
/// let mut guard = lock.write().await;
/// *guard += 1;
/// let shared = RwLockWriteGuard::downgrade(guard);
/// assert_eq!(*shared, *lock.read().await);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    held: Held<'a>,
    part: *mut T,
    _borrow: PhantomData<&'a mut T>,
}

/// The lock as a whole, with a view of a part of its value.
///
/// ```
/// use runtime::sync::{RwLock, RwLockWriteGuard};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = RwLock::new((1, "one"));
/// *RwLockWriteGuard::map(lock.write().await, |pair| &mut pair.1) = "uno";
/// assert_eq!(lock.into_inner(), (1, "uno"));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    held: Held<'a>,
    part: *mut T,
    _borrow: PhantomData<&'a mut T>,
}

// SAFETY: R1: the guard has the value alone, and its permits are bound to no thread.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockWriteGuard<'_, T> {}
// SAFETY: R1: a shared guard gives only `&T`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockWriteGuard<'_, T> {}
// SAFETY: R1: the guard has the part alone, and its permits are bound to no thread.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockMappedWriteGuard<'_, T> {}
// SAFETY: R1: a shared guard gives only `&T`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockMappedWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    #[inline]
    pub(super) fn new(lock: &'a RwLock<T>) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard {
            held: Held::new(&lock.permits, lock.max_readers),
            part: lock.value.get(),
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard to a part of the value. Called as `RwLockWriteGuard::map(guard, …)`.
    #[inline]
    pub fn map<F, U: ?Sized>(mut this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let part: *mut U = f(&mut *this);
        RwLockMappedWriteGuard::of(this.held, part)
    }

    /// Narrows the guard to a part of the value, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut U = part;
        Ok(RwLockMappedWriteGuard::of(this.held, part))
    }

    /// The same guard, as one that can be narrowed again and again.
    #[inline]
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        RwLockMappedWriteGuard::of(this.held, this.part)
    }

    /// Lets other readers in and keeps a share: nobody writes in between.
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard::of(self.held.downgrade(), self.part)
    }

    /// As [`downgrade`](RwLockWriteGuard::downgrade), narrowed to a part of the value. Other readers
    /// come in after `f`.
    #[inline]
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let part: *const U = f(&*this);
        RwLockReadGuard::of(this.held.downgrade(), part)
    }

    /// As [`downgrade_map`](RwLockWriteGuard::downgrade_map), if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back, not downgraded, if `f` finds no part.
    #[inline]
    pub fn try_downgrade_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Some(part) = f(&*this) else {
            return Err(this);
        };
        let part: *const U = part;
        Ok(RwLockReadGuard::of(this.held.downgrade(), part))
    }
}

impl<'a, T: ?Sized> RwLockMappedWriteGuard<'a, T> {
    #[inline]
    fn of(held: Held<'a>, part: *mut T) -> RwLockMappedWriteGuard<'a, T> {
        RwLockMappedWriteGuard {
            held,
            part,
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard further. Called as `RwLockMappedWriteGuard::map(guard, …)`.
    #[inline]
    pub fn map<F, U: ?Sized>(mut this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let part: *mut U = f(&mut *this);
        RwLockMappedWriteGuard::of(this.held, part)
    }

    /// Narrows the guard further, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut U = part;
        Ok(RwLockMappedWriteGuard::of(this.held, part))
    }
}

lends_its_part!(('a, T: ?Sized) RwLockWriteGuard<'a, T>, T);
lends_its_part!(('a, T: ?Sized) RwLockMappedWriteGuard<'a, T>, T);
