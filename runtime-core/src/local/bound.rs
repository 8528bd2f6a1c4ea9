//! A value that only the thread that made it can reach.
//!
//! **Invariants.** (1) A thread's number is its own for ever: none is given twice. (2) A reference to
//! the value is given to the thread whose number it has, and cannot leave it (`T` need not be
//! `Sync`, so `&T` is not `Send`). (3) It is dropped by whoever has the last reference to the whole,
//! on any thread: hence `T: Send`.
#![allow(
    unsafe_code,
    reason = "shared between threads, of which one alone looks inside"
)]

use std::cell::Cell;
use std::sync::atomic::Ordering;

use crate::util::wide::AtomicU64;

static NEXT: AtomicU64 = AtomicU64::new(1);

crate::loom::thread_local! {
    /// This thread's number; 0 before it was asked for. Needs no destructor, so it is there to the
    /// thread's last moment.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

fn this_thread() -> u64 {
    NUMBER.with(|number| {
        if number.get() == 0 {
            // Relaxed: only uniqueness matters.
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}

/// See the module's header.
pub(super) struct Bound<T> {
    thread: u64,
    value: T,
}

// SAFETY: invariants 2 and 3: shared, the value is reached by one thread only.
unsafe impl<T: Send> Sync for Bound<T> {}

impl<T> Bound<T> {
    /// Reachable from this thread.
    pub(super) fn new(value: T) -> Bound<T> {
        Bound {
            thread: this_thread(),
            value,
        }
    }

    /// The value, on its own thread.
    #[inline]
    pub(super) fn get(&self) -> Option<&T> {
        (self.thread == this_thread()).then_some(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::Bound;

    #[test]
    fn other_threads_see_nothing() {
        let bound = Bound::new(std::cell::Cell::new(1));
        assert_eq!(bound.get().map(std::cell::Cell::get), Some(1));
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(bound.get().is_none()));
        });
    }
}
