//! The guards that own their lock: as the borrowed ones, without a lifetime.
#![allow(unsafe_code, reason = "guards reach the value through their permits")]

use std::sync::Arc;

use super::RwLock;
use super::held::{HeldOwned, lends_its_part, shows_its_part};

/// A share of a lock that it owns, given back when this is dropped.
///
/// ```
/// use runtime::sync::{OwnedRwLockReadGuard, RwLock};
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = Arc::new(RwLock::new(vec![1, 2, 3]));
/// let last = OwnedRwLockReadGuard::map(lock.read_owned().await, |list| &list[2]);
/// assert_eq!(runtime::spawn(async move { *last }).await.unwrap(), 3);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    held: HeldOwned<T>,
    part: *const U,
}

/// A whole lock that it owns, released when this is dropped.
///
/// ```
/// use runtime::sync::RwLock;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut guard = Arc::new(RwLock::new(1)).write_owned().await;
/// *guard += 1;
/// assert_eq!(*guard.downgrade(), 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    held: HeldOwned<T>,
    part: *mut T,
}

/// A whole lock that it owns, with a view of a part of its value.
///
/// ```
/// use runtime::sync::{OwnedRwLockWriteGuard, RwLock};
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = Arc::new(RwLock::new((1, 2)));
/// let guard = Arc::clone(&lock).write_owned().await;
/// *OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0) = 5;
/// assert_eq!(*lock.read().await, (5, 2));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    held: HeldOwned<T>,
    part: *mut U,
}

// SAFETY: R1: the guard gives `&U` only; the last one may drop the lock, hence `T: Send`.
unsafe impl<T, U> Send for OwnedRwLockReadGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Sync,
{
}
// SAFETY: as above.
unsafe impl<T, U> Sync for OwnedRwLockReadGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}
// SAFETY: R1: the guard has the value alone, and its permits are bound to no thread.
unsafe impl<T: ?Sized + Send + Sync> Send for OwnedRwLockWriteGuard<T> {}
// SAFETY: R1: a shared guard gives only `&T`.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedRwLockWriteGuard<T> {}
// SAFETY: R1: the guard has the part alone, and its permits are bound to no thread.
unsafe impl<T, U> Send for OwnedRwLockMappedWriteGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}
// SAFETY: R1: a shared guard gives only `&U`.
unsafe impl<T, U> Sync for OwnedRwLockMappedWriteGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}

impl<T: ?Sized> OwnedRwLockReadGuard<T> {
    pub(super) fn new(lock: Arc<RwLock<T>>) -> OwnedRwLockReadGuard<T> {
        let part = lock.value.get();
        let held = HeldOwned::new(lock, 1);
        OwnedRwLockReadGuard { held, part }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    /// Narrows the guard. Called as `OwnedRwLockReadGuard::map(guard, …)`.
    #[inline]
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&U) -> &V,
    {
        let part: *const V = f(&*this);
        let held = this.held;
        OwnedRwLockReadGuard { held, part }
    }

    /// Narrows the guard, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&U) -> Option<&V>,
    {
        let Some(part) = f(&*this) else {
            return Err(this);
        };
        let part: *const V = part;
        let held = this.held;
        Ok(OwnedRwLockReadGuard { held, part })
    }

    /// The lock that this guard shares.
    #[inline]
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.held.lock()
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    pub(super) fn new(lock: Arc<RwLock<T>>) -> OwnedRwLockWriteGuard<T> {
        let part = lock.value.get();
        let count = lock.max_readers;
        let held = HeldOwned::new(lock, count);
        OwnedRwLockWriteGuard { held, part }
    }

    /// Narrows the guard to a part of the value. Called as `OwnedRwLockWriteGuard::map(guard, …)`.
    #[inline]
    pub fn map<F, U: ?Sized>(mut this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let part: *mut U = f(&mut *this);
        let held = this.held;
        OwnedRwLockMappedWriteGuard { held, part }
    }

    /// Narrows the guard to a part of the value, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut U = part;
        let held = this.held;
        Ok(OwnedRwLockMappedWriteGuard { held, part })
    }

    /// The same guard, as one that can be narrowed again and again.
    #[inline]
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        let OwnedRwLockWriteGuard { held, part } = this;
        OwnedRwLockMappedWriteGuard { held, part }
    }

    /// Lets other readers in and keeps a share: nobody writes in between.
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        OwnedRwLockReadGuard {
            held: self.held.downgrade(),
            part: self.part,
        }
    }

    /// As [`downgrade`](OwnedRwLockWriteGuard::downgrade), narrowed to a part of the value. Other
    /// readers come in after `f`.
    #[inline]
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let part: *const U = f(&*this);
        let held = this.held.downgrade();
        OwnedRwLockReadGuard { held, part }
    }

    /// As [`downgrade_map`](OwnedRwLockWriteGuard::downgrade_map), if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back, not downgraded, if `f` finds no part.
    #[inline]
    pub fn try_downgrade_map<F, U: ?Sized>(
        this: Self,
        f: F,
    ) -> Result<OwnedRwLockReadGuard<T, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Some(part) = f(&*this) else {
            return Err(this);
        };
        let part: *const U = part;
        let held = this.held.downgrade();
        Ok(OwnedRwLockReadGuard { held, part })
    }

    /// The lock that this guard holds.
    #[inline]
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.held.lock()
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    /// Narrows the guard further. Called as `OwnedRwLockMappedWriteGuard::map(guard, …)`.
    #[inline]
    pub fn map<F, V: ?Sized>(mut this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        let part: *mut V = f(&mut *this);
        let held = this.held;
        OwnedRwLockMappedWriteGuard { held, part }
    }

    /// Narrows the guard further, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<F, V: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut V = part;
        let held = this.held;
        Ok(OwnedRwLockMappedWriteGuard { held, part })
    }

    /// The lock that this guard holds.
    #[inline]
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.held.lock()
    }
}

shows_its_part!((T: ?Sized, U: ?Sized) OwnedRwLockReadGuard<T, U>, U);
lends_its_part!((T: ?Sized) OwnedRwLockWriteGuard<T>, T);
lends_its_part!((T: ?Sized, U: ?Sized) OwnedRwLockMappedWriteGuard<T, U>, U);
