//! One waiter's waker, handed from the waiter to whoever wakes it, without a lock.
//!
//! **States**: bits of one word. `REGISTERING`: the waiter owns the cell. `WAKING`: a wake-up
//! owns it, or asks the registering waiter to wake itself. `FULL`: the cell holds a waker. The
//! cell belongs to nobody while neither of the first two is set.
//!
//! **Invariants.** W1: only the side that set its bit in a word without either bit touches the
//! cell. W2: there is one waiter: `register` is never called by two threads at once. W3: no
//! foreign code runs while a bit is held: the new waker is cloned before, the old one dropped
//! after.
//!
//! **Steps.** Waiter: (1) `→ REGISTERING`; (2) write; (3) `→ FULL`; if `WAKING` came in between,
//! take the waker out again and wake it. Waker: (a) or in `WAKING`; (b) was the word free, take
//! the waker and clear the word.
//!
//! **No wake-up is lost**: all changes are read-modify-writes of one word. (a) before (1): the
//! waiter acquires what the waker wrote before it woke, and looks at its condition after it
//! registered. (a) between (1) and (3): step (3) fails and the waiter wakes itself. (a) after
//! (3): the waker is found. If (1) meets `WAKING`, that wake-up may be about another waker: the
//! waiter wakes itself.
//!
//! **Orderings**: all changes are read-modify-writes, one chain: who acquires one of them acquires
//! what all before it released. (a) is AcqRel: it gives the event and gets the cell. (1) is Acquire:
//! each wake-up happens before the next registration, and with (b) the cell comes back. (3) and (b)
//! are Release: they give the cell. Who wakes itself comes again, so that only (1) has to acquire.
//!
//! Rejected: a mutex around the waker (two read-modify-writes a side, and the waker would block).
#![allow(unsafe_code, reason = "the cell is guarded by the word")]

use std::task::Waker;

use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{UnsafeCell, thread};

const REGISTERING: usize = 1;
const WAKING: usize = 2;
const FULL: usize = 4;
const HELD: usize = REGISTERING | WAKING;

/// A cell for the waker of one waiter.
pub(crate) struct AtomicWaker {
    word: AtomicUsize,
    cell: UnsafeCell<Option<Waker>>,
}

// SAFETY: W1: the cell is touched by one side at a time; a `Waker` is Send and Sync.
unsafe impl Send for AtomicWaker {}
// SAFETY: as above.
unsafe impl Sync for AtomicWaker {}

impl AtomicWaker {
    /// An empty cell.
    pub(crate) fn new() -> AtomicWaker {
        AtomicWaker {
            word: AtomicUsize::new(0),
            cell: UnsafeCell::new(None),
        }
    }

    /// The next wake-up wakes `waker`. The caller then looks at its condition once more.
    pub(crate) fn register(&self, waker: &Waker) {
        // Relaxed: only a hint whether a comparison can save the clone.
        let likely = self.word.load(Ordering::Relaxed) & FULL;
        if likely != 0 {
            match self.compare(waker) {
                Some(true) => return,
                Some(false) => {}
                None => return again(waker),
            }
        }
        let fresh = waker.clone();
        if !self.begin(likely) {
            return again(&fresh);
        }
        let old = self.replace(Some(fresh));
        let missed = self.publish(FULL);
        drop(old);
        if let Some(waker) = missed {
            waker.wake();
        }
    }

    /// Wakes the registered waker, if there is one.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    /// Takes the registered waker out; the caller wakes or drops it.
    #[must_use = "a waker taken out is woken or dropped"]
    pub(crate) fn take(&self) -> Option<Waker> {
        // AcqRel: step (a); releases the event to the next `register`, acquires the registered
        // waker.
        if self.word.fetch_or(WAKING, Ordering::AcqRel) & HELD != 0 {
            return None;
        }
        let waker = self.replace(None);
        // Release: step (b), gives the cell. Of wake-ups that came meanwhile nothing is needed here:
        // the next (1) acquires their events.
        self.word.swap(0, Ordering::Release);
        waker
    }

    /// Whether the cell holds `waker`; `None` if a wake-up is under way.
    fn compare(&self, waker: &Waker) -> Option<bool> {
        if !self.begin(FULL) {
            return None;
        }
        let same = self.cell.with(|cell| {
            // SAFETY: W1: this side holds REGISTERING.
            let held = unsafe { &*cell };
            held.as_ref().is_some_and(|held| held.will_wake(waker))
        });
        // A different waker stays until its successor is there.
        if let Some(woken) = self.publish(FULL) {
            woken.wake();
            return Some(same);
        }
        Some(same)
    }

    /// Step (1), from the word that is likely; false if a wake-up holds the cell.
    fn begin(&self, likely: usize) -> bool {
        let mut word = likely;
        loop {
            // Acquire: step (1), gets the events of all wake-ups so far, and the cell. Relaxed on
            // failure: who finds `WAKING` comes again.
            let begun =
                self.word
                    .compare_exchange(word, REGISTERING, Ordering::Acquire, Ordering::Relaxed);
            match begun {
                Ok(_) => return true,
                Err(found) if found & WAKING != 0 => return false,
                Err(found) => word = found,
            }
            debug_assert_eq!(word & REGISTERING, 0, "W2: one waiter");
        }
    }

    /// Step (3); gives the waker back if a wake-up came in between.
    fn publish(&self, to: usize) -> Option<Waker> {
        // Release: step (3), gives the waker. The word is the one that this side wrote: there is
        // nothing to acquire. Relaxed on failure: the cell is still this side's.
        let done =
            self.word
                .compare_exchange(REGISTERING, to, Ordering::Release, Ordering::Relaxed);
        if done.is_ok() {
            return None;
        }
        let waker = self.replace(None);
        // Release: gives the cell up. The wake-up that asked is answered by the caller, who then
        // comes again, and acquires its event by (1).
        self.word.swap(0, Ordering::Release);
        waker
    }

    fn replace(&self, with: Option<Waker>) -> Option<Waker> {
        self.cell.with_mut(|cell| {
            // SAFETY: W1: the caller holds one of the two bits.
            let cell = unsafe { &mut *cell };
            std::mem::replace(cell, with)
        })
    }
}

/// A wake-up holds the cell for a few instructions more: lets its thread run, and the waiter poll
/// again.
#[cold]
fn again(waker: &Waker) {
    thread::yield_now();
    waker.wake_by_ref();
}

impl std::fmt::Debug for AtomicWaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AtomicWaker").finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
