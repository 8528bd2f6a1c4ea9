//! What a holder of the lock holds: four guards, by whom the lock is kept alive and how much of
//! the value is seen.
//!
//! Each is the one permit (M1 of the parent) and gives it back when it is dropped. Taking one
//! apart, to map it, goes through `ManuallyDrop`, so that the permit is passed on and not given
//! back.
#![allow(unsafe_code, reason = "guards reach the value through the permit")]

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::Mutex;
use crate::sync::raw_semaphore::RawSemaphore;

/// The lock, held; released when this is dropped. May be kept across an await.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = runtime::sync::Mutex::new(1);
/// let mut guard = lock.lock().await;
/// *guard += 1;
/// runtime::task::yield_now().await;
/// assert_eq!(*guard, 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
}

/// The lock, held by a guard that owns it: without a lifetime.
///
/// ```
/// use runtime::sync::Mutex;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let guard = Arc::new(Mutex::new("kept")).lock_owned().await;
/// assert_eq!(runtime::spawn(async move { *guard }).await.unwrap(), "kept");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMutexGuard<T: ?Sized> {
    lock: Arc<Mutex<T>>,
}

/// The lock, held, with a view of a part of its value.
///
/// ```
/// use runtime::sync::{Mutex, MutexGuard};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let lock = Mutex::new((1, 2));
/// *MutexGuard::map(lock.lock().await, |pair| &mut pair.1) += 5;
/// assert_eq!(lock.into_inner(), (1, 7));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    permit: &'a RawSemaphore,
    part: *mut T,
    _borrow: PhantomData<&'a mut T>,
}

/// The lock, held by a guard that owns it, with a view of a part of its value.
///
/// ```
/// use runtime::sync::{Mutex, OwnedMutexGuard};
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let guard = Arc::new(Mutex::new(vec![1, 2])).lock_owned().await;
/// let mut first = OwnedMutexGuard::map(guard, |list| &mut list[0]);
/// *first += 1;
/// assert_eq!(*first, 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    part: *mut U,
    lock: Arc<Mutex<T>>,
}

// SAFETY: M1: a shared guard gives only `&T`; sharing it shares the value.
unsafe impl<T: ?Sized + Send + Sync> Sync for MutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}
// SAFETY: as above.
unsafe impl<'a, T: ?Sized + Sync + 'a> Sync for MappedMutexGuard<'a, T> {}
// SAFETY: M1: a guard that moves takes the part with it, and the permit is bound to no thread.
unsafe impl<'a, T: ?Sized + Send + 'a> Send for MappedMutexGuard<'a, T> {}
// SAFETY: as for the shared guards above; the last guard may drop the whole lock, hence `T: Send`.
unsafe impl<T, U> Sync for OwnedMappedMutexGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}
// SAFETY: as above.
unsafe impl<T, U> Send for OwnedMappedMutexGuard<T, U>
where
    T: ?Sized + Send,
    U: ?Sized + Send,
{
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    pub(super) fn new(lock: &'a Mutex<T>) -> MutexGuard<'a, T> {
        MutexGuard { lock }
    }

    /// Narrows the guard to a part of the value. Called as `MutexGuard::map(guard, …)`.
    #[inline]
    pub fn map<U, F>(mut this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> &mut U,
    {
        let part: *mut U = f(&mut *this);
        MappedMutexGuard {
            permit: &ManuallyDrop::new(this).lock.permit,
            part,
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard to a part of the value, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<U, F>(mut this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut U = part;
        let permit = &ManuallyDrop::new(this).lock.permit;
        Ok(MappedMutexGuard {
            permit,
            part,
            _borrow: PhantomData,
        })
    }

    /// The lock that this guard holds.
    #[inline]
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.lock
    }
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    pub(super) fn new(lock: Arc<Mutex<T>>) -> OwnedMutexGuard<T> {
        OwnedMutexGuard { lock }
    }

    /// Narrows the guard to a part of the value. Called as `OwnedMutexGuard::map(guard, …)`.
    #[inline]
    pub fn map<U, F>(mut this: Self, f: F) -> OwnedMappedMutexGuard<T, U>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> &mut U,
    {
        let part: *mut U = f(&mut *this);
        OwnedMappedMutexGuard {
            part,
            lock: this.into_lock(),
        }
    }

    /// Narrows the guard to a part of the value, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<U, F>(mut this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, U>, Self>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut U = part;
        Ok(OwnedMappedMutexGuard {
            part,
            lock: this.into_lock(),
        })
    }

    /// The lock that this guard holds.
    #[inline]
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        &this.lock
    }

    /// The lock, with the permit still taken.
    fn into_lock(self) -> Arc<Mutex<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: moved out once: the guard's destructor does not run.
        unsafe { std::ptr::read(&this.lock) }
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// Narrows the guard further. Called as `MappedMutexGuard::map(guard, …)`.
    #[inline]
    pub fn map<U, F>(mut this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> &mut U,
    {
        let part: *mut U = f(&mut *this);
        MappedMutexGuard {
            permit: ManuallyDrop::new(this).permit,
            part,
            _borrow: PhantomData,
        }
    }

    /// Narrows the guard further, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<U, F>(mut this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut U = part;
        let permit = ManuallyDrop::new(this).permit;
        Ok(MappedMutexGuard {
            permit,
            part,
            _borrow: PhantomData,
        })
    }
}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    /// Narrows the guard further. Called as `OwnedMappedMutexGuard::map(guard, …)`.
    #[inline]
    pub fn map<S, F>(mut this: Self, f: F) -> OwnedMappedMutexGuard<T, S>
    where
        S: ?Sized,
        F: FnOnce(&mut U) -> &mut S,
    {
        let part: *mut S = f(&mut *this);
        OwnedMappedMutexGuard {
            part,
            lock: this.into_lock(),
        }
    }

    /// Narrows the guard further, if there is such a part.
    ///
    /// # Errors
    /// Gives the guard back if `f` finds no part.
    #[inline]
    pub fn try_map<S, F>(mut this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, S>, Self>
    where
        S: ?Sized,
        F: FnOnce(&mut U) -> Option<&mut S>,
    {
        let Some(part) = f(&mut *this) else {
            return Err(this);
        };
        let part: *mut S = part;
        Ok(OwnedMappedMutexGuard {
            part,
            lock: this.into_lock(),
        })
    }

    /// The lock, with the permit still taken.
    fn into_lock(self) -> Arc<Mutex<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: moved out once: the guard's destructor does not run.
        unsafe { std::ptr::read(&this.lock) }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.permit.hand_on(1);
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: M1: this guard is the permit.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: M1: this guard is the permit, and is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized> Drop for OwnedMutexGuard<T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.permit.hand_on(1);
    }
}

impl<T: ?Sized> Deref for OwnedMutexGuard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: M1: this guard is the permit.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for OwnedMutexGuard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: M1: this guard is the permit, and is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized> Drop for MappedMutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.permit.hand_on(1);
    }
}

impl<T: ?Sized> Deref for MappedMutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: M1: this guard is the permit.
        unsafe { &*self.part }
    }
}

impl<T: ?Sized> DerefMut for MappedMutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: M1: this guard is the permit, and is borrowed mutably.
        unsafe { &mut *self.part }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MappedMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MappedMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized, U: ?Sized> Drop for OwnedMappedMutexGuard<T, U> {
    #[inline]
    fn drop(&mut self) {
        self.lock.permit.hand_on(1);
    }
}

impl<T: ?Sized, U: ?Sized> Deref for OwnedMappedMutexGuard<T, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: M1: this guard is the permit.
        unsafe { &*self.part }
    }
}

impl<T: ?Sized, U: ?Sized> DerefMut for OwnedMappedMutexGuard<T, U> {
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: M1: this guard is the permit, and is borrowed mutably.
        unsafe { &mut *self.part }
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Debug> fmt::Debug for OwnedMappedMutexGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Display> fmt::Display for OwnedMappedMutexGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
