//! What has arrived, and who listens: the way of a signal from its handler to its listeners.
//!
//! A handler may interrupt any line of any code, so it takes no lock and allocates nothing: it sets
//! a bit and rings a bell (a byte into a pipe). The bell wakes a *courier*, one a runtime, in the
//! runtime's driver; it hands the signals out.
//!
//! **State.** `noted`, two words with a bit a signal (not every processor has atomics of 64): it has
//! arrived and was not handed out. The listeners (`listeners.rs`), behind a lock that no handler takes.
//!
//! **Steps.** Handler: (1) set the bit; (2) if no bit of that word was set before, ring. Courier, when
//! the bell has rung: (a) empty the bell, and see to it that the next ring wakes it again; (b) take
//! all bits of each word; then (c) and (d) of `listeners.rs`: mark the listeners, and wake them.
//! Listener: (i) there: look at the mark.
//!
//! **No signal is lost.** Say that a handler did (1), and look at the (b) that follows in the order
//! of its word; it takes the bit. Is there always one? At the first (1) after the last (b) the word
//! was empty, so its handler rings; those that come after it find a bit and share its ring. The
//! ring follows that (b), hence the (a) before it: it is not emptied by that (a), and it wakes
//! each courier that has done its (a). Whoever empties it goes on to (b). From (c) on nothing is
//! lost among the listeners.
//!
//! The argument does not ask how many couriers there are, nor which of them empties the bell.
//!
//! **Coalescing.** Several arrivals between two (b) are one, and a mark is one until it is looked
//! at. After the last arrival of a burst each listener is marked at least once.
//!
//! **Orderings.** (1) and (b) are AcqRel: what a thread did before it raised the signal has happened
//! for who hears of it, and the ring of (2) for who takes its bit.
//!
//! Rejected: a pipe a listener (two descriptors each, and a list that the handler must walk); a
//! number of arrivals (a signal is no queue: the system itself merges them); a list a signal (few
//! programs listen to more than three).

use std::task::{Poll, Waker};

use runtime_core::loom::atomic::{AtomicU32, Ordering};

use crate::signal::listeners::{Listeners, Place};

/// Signals have the numbers from 1 to this.
pub(super) const SIGNALS: i32 = 64;

/// What has arrived, and who listens.
pub(super) struct Board {
    noted: [AtomicU32; 2],
    listeners: Listeners,
}

/// The word and the bit of signal `signal`, from 1 to [`SIGNALS`].
pub(super) fn bit(signal: i32) -> (usize, u32) {
    let number = (signal - 1) as usize;
    (number / 32, 1 << (number % 32))
}

impl Board {
    pub(super) fn new() -> Board {
        Board {
            noted: [AtomicU32::new(0), AtomicU32::new(0)],
            listeners: Listeners::new(),
        }
    }

    /// Step (1); whether to ring.
    #[must_use = "the bell is to be rung"]
    pub(super) fn note(&self, signal: i32) -> bool {
        let (word, bit) = bit(signal);
        // AcqRel: step (1); pairs with (b).
        self.noted[word].fetch_or(bit, Ordering::AcqRel) == 0
    }

    /// Steps (b) to (d); the bell is empty and armed.
    pub(super) fn deliver(&self) {
        // AcqRel: step (b); pairs with (1).
        let take = |word: &AtomicU32| word.swap(0, Ordering::AcqRel);
        let arrived = self.noted.each_ref().map(take);
        if arrived != [0; 2] {
            self.listeners.mark(|signal| {
                let (word, bit) = bit(signal);
                arrived[word] & bit != 0
            });
        }
    }

    /// Wakes all listeners, for nothing: they are to look around.
    pub(super) fn stir(&self) {
        self.listeners.stir();
    }

    /// A new listener; it hears of what is handed out from now on.
    pub(super) fn listen(&self, signal: i32) -> Place {
        self.listeners.listen(signal)
    }

    /// Step (i).
    pub(super) fn poll(&self, place: Place, waker: &Waker) -> Poll<()> {
        self.listeners.poll(place, waker)
    }

    /// Ends a listener.
    pub(super) fn leave(&self, place: Place) {
        self.listeners.leave(place);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
