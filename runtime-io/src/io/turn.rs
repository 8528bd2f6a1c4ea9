//! Whose turn it is at something that two share; neither ever blocks its thread.
//!
//! The two halves of a split stream poll the same stream, perhaps on two threads. A lock that
//! blocks would stop a thread for as long as the other's poll lasts, and would hang for good when
//! that poll wakes a task that polls the other half there and then. So who finds the turn taken
//! leaves its waker and is `Pending`; who ends its turn wakes it.
//!
//! **States** of the one word: `FREE`; `TAKEN`; or the address of a waker in a box: taken, and the
//! other waits. The box is made only when two meet, which is rare: without that a turn costs two
//! exchanges, as a lock does.
//!
//! **Invariants.** 1. At most one of the two has the turn. 2. Only the one without the turn puts a
//! box into the word, and only over `TAKEN`; so there is at most one. 3. Whoever exchanges a box out
//! of the word owns it.
//!
//! **Steps.** *Take*: (T1) exchange the word for `TAKEN`. It was `FREE`: the turn is ours. It was a
//! box: it is our own of an earlier poll, drop it later. (T2) `TAKEN` → a box with our waker:
//! `Pending`. If the word is `FREE` by now, begin again. *End*: (E1) exchange the word for `FREE`.
//! (E2) it was a box: wake its waker.
//!
//! **No wake-up is lost.** All changes are changes of one word, hence totally ordered. If E1 comes
//! before T2, T2 finds `FREE` and fails. If after, E1 finds the box, or T1 of a later poll of the
//! same half took it out, and then that poll decides anew. T1 over `TAKEN` changes nothing.
//!
//! **Orderings.** T1 is Acquire and E1 Release: one turn happens before the next. T2 is Release and
//! E1 Acquire for what stands in the box. All changes are read-modify-writes, so T1 breaks no chain
//! that a Release began, and needs none of its own: `TAKEN` hands nothing over.
//!
//! **Bound.** T2 fails only when the other's turn has ended in between, so each lap of the one is a
//! turn of the other.
//!
//! **Rejected.** A lock that blocks: above. A cell for the waker beside the word: it needs a third
//! state in which it is being emptied, and a spin on that.
#![allow(unsafe_code, reason = "a waker travels as the address of its box")]

use std::ptr;
use std::task::{Context, Waker};

use runtime_core::loom::atomic::{AtomicPtr, Ordering};

const FREE: *mut Waker = ptr::null_mut();
/// No box stands at that address: a waker is aligned to more than one byte.
const TAKEN: *mut Waker = ptr::without_provenance_mut(1);

/// The turn of two.
#[derive(Debug)]
pub(super) struct Turn(AtomicPtr<Waker>);

impl Turn {
    pub(super) fn new() -> Turn {
        Turn(AtomicPtr::new(FREE))
    }

    /// The turn, until the value is dropped; or the waker is left with who has it.
    pub(super) fn take(&self, cx: &Context<'_>) -> Option<Taken<'_>> {
        let mut mine: Option<Box<Waker>> = None;
        loop {
            // Acquire (T1): pairs with the Release of E1.
            let seen = self.0.swap(TAKEN, Ordering::Acquire);
            if seen == FREE {
                return Some(Taken(self));
            }
            // SAFETY: exchanged out of the word just now, by this side's own T1.
            let earlier = unsafe { owned(seen) };
            let waker = match mine.take().or(earlier) {
                Some(waker) if waker.will_wake(cx.waker()) => waker,
                _ => Box::new(cx.waker().clone()),
            };
            let boxed = Box::into_raw(waker);
            // Release (T2): what stands in the box is seen by E1. Relaxed on failure: T1 comes next.
            let left = self
                .0
                .compare_exchange(TAKEN, boxed, Ordering::Release, Ordering::Relaxed);
            if left.is_ok() {
                return None;
            }
            // SAFETY: the address never came into the word.
            mine = unsafe { owned(boxed) };
        }
    }
}

/// The box behind an address of the word, if there is one.
///
/// # Safety
/// The caller owns it, by invariant 3.
unsafe fn owned(seen: *mut Waker) -> Option<Box<Waker>> {
    if seen == FREE || seen == TAKEN {
        return None;
    }
    // SAFETY: every other address is that of a box, and the caller's.
    Some(unsafe { Box::from_raw(seen) })
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Relaxed: nobody else has it any more, and whoever let go of it has done so for all to see.
        let seen = self.0.load(Ordering::Relaxed);
        // SAFETY: the box of a half that waited and is gone; the word ends here.
        drop(unsafe { owned(seen) });
    }
}

/// One's turn; it ends when this is dropped, also by a panic.
#[must_use = "the turn ends when this is dropped"]
#[derive(Debug)]
pub(super) struct Taken<'a>(&'a Turn);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // AcqRel (E1): Release hands the turn on, Acquire pairs with T2.
        let seen = self.0.0.swap(FREE, Ordering::AcqRel);
        // SAFETY: exchanged out of the word just now.
        if let Some(waker) = unsafe { owned(seen) } {
            // The turn has ended: whatever the waker does, it may poll the other half.
            waker.wake();
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
