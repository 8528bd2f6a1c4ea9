//! The real thing: std's atomics, threads and `Arc`, and its locks without poison.
#![allow(
    unsafe_code,
    reason = "`UnsafeCell` hands out the raw pointer that its callers justify"
)]

/// Whether this is the model checker's build.
pub const IS_MODEL: bool = false;

/// Expands a constructor's macro as a `const fn`; a model's types have no constant constructors.
macro_rules! constructor {
    ($make:ident) => {
        $make!(const);
    };
}
pub(crate) use constructor;

pub use crate::util::lock::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
pub use std::sync::Arc;

/// Atomic types and fences.
pub mod atomic {
    pub use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// The first look of a compare-and-swap loop.
pub mod first_look {
    use super::atomic::{AtomicU64, AtomicUsize, Ordering};

    /// What the word holds, as a place to start from.
    #[inline(always)]
    pub fn u64(word: &AtomicU64) -> u64 {
        // Acquire: what is decided on must have happened.
        word.load(Ordering::Acquire)
    }

    /// What the word holds, as a place to start from.
    #[inline(always)]
    pub fn usize(word: &AtomicUsize) -> usize {
        // Acquire: as above.
        word.load(Ordering::Acquire)
    }
}

/// Work-stealing deques and the shared queue.
pub mod deque {
    pub use crossbeam_deque::{Injector, Steal, Stealer, Worker};
}

/// Threads: spawn, yield, park.
pub mod thread {
    pub use std::thread::{Thread, current, park, park_timeout, yield_now};
}

/// A cell whose accesses a model checker can see.
#[derive(Debug)]
pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// Runs `f` on the value's address; `f` may only read through it.
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Runs `f` on the value's address; `f` may read and write through it.
    #[inline(always)]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }

    /// The value, when nobody else can hold the cell.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}
