//! The real thing: std's atomics, threads and `Arc`, and its locks without poison.

use std::time::Instant;

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
pub use runtime_alarm::Alarm;
pub use std::sync::Arc;
pub use std::thread_local;

mod cell;
mod waits;

pub use cell::UnsafeCell;

/// Atomic types and fences.
pub mod atomic {
    pub use crate::util::wide::AtomicU64;
    pub use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering, fence,
    };
}

/// The first look of a compare-and-swap loop: Acquire if what is decided on it must have happened,
/// Relaxed if the exchange sees to that.
pub mod first_look {
    use super::atomic::{AtomicU64, AtomicUsize, Ordering};

    /// What the word holds, as a place to start from.
    #[inline(always)]
    pub fn u64(word: &AtomicU64, order: Ordering) -> u64 {
        word.load(order)
    }

    /// What the word holds, as a place to start from.
    #[inline(always)]
    pub fn usize(word: &AtomicUsize, order: Ordering) -> usize {
        word.load(order)
    }
}

/// Work-stealing deques and the shared queue.
pub mod deque {
    pub use crossbeam_deque::{Injector, Steal, Stealer, Worker};
}

/// Threads: spawn, yield, park.
pub mod thread {
    pub use std::thread::{
        Builder, JoinHandle, Thread, current, park, park_timeout, sleep, yield_now,
    };

    /// Whether it is the calling thread's.
    pub fn is_current<T>(handle: &JoinHandle<T>) -> bool {
        handle.thread().id() == current().id()
    }
}

/// The locks under our own, which have no poison: `util/lock.rs`.
pub(crate) mod locks {
    pub(crate) use super::waits::wait_for;
    pub(crate) use std::sync::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    };
}

/// What time it is.
#[inline(always)]
pub fn now() -> Instant {
    Instant::now()
}

/// An odd number for a generator of random ones. Any will do; addresses differ between threads.
pub(crate) fn seed<T>(of: &T) -> u32 {
    std::ptr::from_ref(of).addr() as u32 | 1
}
