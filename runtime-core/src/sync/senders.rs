//! How many senders a channel has, and when the last one goes.
//!
//! **Invariants.** S1: the count of strong senders leaves zero never: who adds one has one, or
//! finds the count above zero by the change itself. S2: so exactly one removal is the last, and
//! what all senders did happens before it.
//!
//! **Orderings**: the removals are one chain of AcqRel changes (S2), and what comes between two of
//! them does not break it. An upgrade gives nothing and gets nothing: its sender leaves by a removal.
//! The weak count is for humans only.

use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::first_look;

/// The counts of a channel that was made with one sender.
pub(super) struct Senders {
    strong: AtomicUsize,
    weak: AtomicUsize,
}

impl Senders {
    pub(super) fn one() -> Senders {
        Senders {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(0),
        }
    }

    /// One more; the caller is one of them.
    pub(super) fn add(&self) {
        // Relaxed: S1: the caller keeps the count above zero meanwhile.
        let before = self.strong.fetch_add(1, Ordering::Relaxed);
        assert!(before < isize::MAX as usize, "too many senders");
    }

    /// One less; whether it was the last.
    #[must_use = "the last one ends the channel"]
    pub(super) fn remove(&self) -> bool {
        // AcqRel: S2: what every other sender did happens before the end.
        self.strong.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// One more, unless there is none.
    #[must_use = "there may be none any more"]
    pub(super) fn try_add(&self) -> bool {
        // Relaxed: as in the exchange.
        let mut strong = first_look::usize(&self.strong, Ordering::Relaxed);
        while strong != 0 {
            // Relaxed, both: see the header.
            let raised = self.strong.compare_exchange_weak(
                strong,
                strong + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match raised {
                Ok(_) => return true,
                Err(found) => strong = found,
            }
        }
        false
    }

    pub(super) fn add_weak(&self) {
        // Relaxed: a count for humans.
        self.weak.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_weak(&self) {
        // Relaxed: a count for humans.
        self.weak.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn strong(&self) -> usize {
        // Acquire: who sees a count sees what the senders that are gone have done.
        self.strong.load(Ordering::Acquire)
    }

    pub(super) fn weak(&self) -> usize {
        // Relaxed: a count for humans.
        self.weak.load(Ordering::Relaxed)
    }
}
