//! A short wait before a long one: a thread that is about to sleep looks out for a few microseconds
//! for what it would be woken for.
//!
//! To put a thread to sleep and to wake it costs two system calls and, where its processor went idle
//! meanwhile, ten microseconds or more until it runs. Where two threads take turns in less time than
//! that, both are better off awake. Whether that is so is not known but remembered: the wait is tried
//! as long as two of three were worth it, and else once in a while. So what is spent in vain is less
//! than what the sleeps would have cost, or a small part of what they cost anyway.
//!
//! It is no part of any protocol: who lingers is awake, and goes the whole way to sleep afterwards. A
//! worker is a searcher meanwhile; whoever pushes and wakes nobody for that reason relies on the look
//! that follows its going to sleep, as ever (rule 6).

use std::cell::Cell;
use std::time::Duration;

use crate::loom::{self, IS_MODEL};

/// Longer than a thread takes to wake up: of two that sleep in turn one has to find the other awake
/// for both to stay so.
const LIMIT: Duration = Duration::from_micros(20);
/// Pauses of the processor between two looks.
const PAUSES: u32 = 4;

/// What is put on a wait, and what it may win.
const STAKE: u32 = 2;
const GAIN: u32 = 1;
const CREDIT: u32 = 4;
const CREDIT_MAX: u32 = 8;
/// Without credit one wait in so many is tried: meanwhile nobody sleeps in the driver.
const SELDOM: u32 = 1024;

/// What a thread remembers of its waits.
#[derive(Debug)]
pub(super) struct Linger {
    credit: Cell<u32>,
    passed_over: Cell<u32>,
}

impl Linger {
    pub(super) fn new() -> Linger {
        Linger {
            credit: Cell::new(CREDIT),
            passed_over: Cell::new(0),
        }
    }

    /// Whether to try it this time.
    pub(super) fn is_worth_it(&self) -> bool {
        let passed_over = self.passed_over.get() + 1;
        let tries = self.credit.get() > 0 || passed_over == SELDOM;
        self.passed_over.set(if tries { 0 } else { passed_over });
        tries && !IS_MODEL
    }

    /// Whether it `has_come` within the limit.
    pub(super) fn until(&self, has_come: impl Fn() -> bool) -> bool {
        let begun = loom::now();
        let credit = self.credit.get();
        // The look comes first: what has come by now is seen, however long this thread did not run.
        while !has_come() {
            if begun.elapsed() >= LIMIT {
                self.credit.set(credit.saturating_sub(STAKE));
                return false;
            }
            for _ in 0..PAUSES {
                std::hint::spin_loop();
            }
        }
        self.credit.set(CREDIT_MAX.min(credit + GAIN));
        true
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{CREDIT, CREDIT_MAX, Linger, SELDOM, STAKE};

    /// How many of so many chances are taken.
    fn tries(linger: &Linger, chances: u32) -> u32 {
        (0..chances).map(|_| u32::from(linger.is_worth_it())).sum()
    }

    #[test]
    fn what_comes_is_waited_for_again_and_what_does_not_seldom() {
        let linger = Linger::new();
        for _ in 0..CREDIT / STAKE {
            assert!(linger.is_worth_it());
            assert!(!linger.until(|| false));
        }
        assert_eq!(tries(&linger, 10 * SELDOM), 10);
        assert!(linger.until(|| true));
        assert!(linger.is_worth_it());
        assert!(!linger.until(|| false), "one in vain for one that came");
        assert_eq!(tries(&linger, SELDOM), 1);
        for _ in 0..2 * CREDIT_MAX {
            assert!(linger.until(|| true));
        }
        for _ in 0..CREDIT_MAX / STAKE {
            assert!(linger.is_worth_it(), "it was worth it long enough");
            assert!(!linger.until(|| false));
        }
        assert_eq!(tries(&linger, SELDOM), 1);
    }
}
