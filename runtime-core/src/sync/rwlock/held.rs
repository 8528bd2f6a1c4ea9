//! The permits that a guard stands for: given back when dropped, passed on when moved.
//!
//! Guards have no destructor of their own, so that taking one apart, to narrow it, is a plain move.
#![allow(unsafe_code, reason = "guards reach the value through their permits")]

use std::sync::Arc;

use super::RwLock;
use crate::sync::raw_semaphore::RawSemaphore;

/// Permits of a borrowed lock.
pub(super) struct Held<'a> {
    permits: &'a RawSemaphore,
    count: u32,
}

/// Permits of a lock that they own.
pub(super) struct HeldOwned<T: ?Sized> {
    lock: Arc<RwLock<T>>,
    count: u32,
}

impl<'a> Held<'a> {
    /// Stands for permits that were just taken.
    #[inline]
    pub(super) fn new(permits: &'a RawSemaphore, count: u32) -> Held<'a> {
        Held { permits, count }
    }

    /// R2: keeps one permit and gives the others back.
    pub(super) fn downgrade(mut self) -> Held<'a> {
        let rest = std::mem::replace(&mut self.count, 1) - 1;
        self.permits.release(rest as usize);
        self
    }
}

impl<T: ?Sized> HeldOwned<T> {
    /// Stands for permits that were just taken.
    #[inline]
    pub(super) fn new(lock: Arc<RwLock<T>>, count: u32) -> HeldOwned<T> {
        HeldOwned { lock, count }
    }

    /// R2: keeps one permit and gives the others back.
    pub(super) fn downgrade(mut self) -> HeldOwned<T> {
        let rest = std::mem::replace(&mut self.count, 1) - 1;
        self.lock.permits.release(rest as usize);
        self
    }

    pub(super) fn lock(&self) -> &Arc<RwLock<T>> {
        &self.lock
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.permits.release(self.count as usize);
    }
}

impl<T: ?Sized> Drop for HeldOwned<T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.permits.release(self.count as usize);
    }
}

/// What every guard shows of its part: the value, as itself.
macro_rules! shows_its_part {
    (($($parameters:tt)*) $guard:ty, $part:ident) => {
        impl<$($parameters)*> std::ops::Deref for $guard {
            type Target = $part;

            #[inline]
            fn deref(&self) -> &$part {
                // SAFETY: R1: the guard carries the permits, one at least.
                unsafe { &*self.part }
            }
        }

        impl<$($parameters)*> std::fmt::Debug for $guard
        where
            $part: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($parameters)*> std::fmt::Display for $guard
        where
            $part: std::fmt::Display,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}
pub(super) use shows_its_part;

/// As [`shows_its_part`], for a guard that has all permits.
macro_rules! lends_its_part {
    (($($parameters:tt)*) $guard:ty, $part:ident) => {
        shows_its_part!(($($parameters)*) $guard, $part);

        impl<$($parameters)*> std::ops::DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut $part {
                // SAFETY: R1: the guard carries all permits, and is borrowed mutably.
                unsafe { &mut *self.part }
            }
        }
    };
}
pub(super) use lends_its_part;
