//! The wake-up of a guest's own future: whether it is awake, asleep (and where), or woken. Steps
//! and proof in `guest.rs`.
//!
//! **A paused clock** must not jump past a guest that was woken and has not polled yet: the word of
//! the scheduler knows nothing of it. So who wakes a guest leaves it a hold on the clock, which the
//! guest gives back after its poll. Both do that under one lock, the waker together with its change
//! of the word: a guest that has taken the wake-up finds the hold that belongs to it. None is left
//! behind: a guest that leaves is `WOKEN` for good, and who finds it so leaves nothing. Only a clock
//! that was ever paused costs that. Model: `loom_idle_quiet_a_woken_guest_is_seen`.
//!
//! **Orderings.** The waker's data go from its swap to `take`, by which alone a guest comes to its
//! poll: what else the guest reads only leads it there. Nothing else hangs on the order of this word: a
//! sleep in the driver is ordered against wake-ups by the scheduler's word, which the guest changes
//! after `will_sit` and a waker after its swap; a sleep on the parker has the parker's own order.

use crate::loom::atomic::{AtomicU8, Ordering};
use crate::loom::{Arc, Mutex};
use crate::timer::clock::{AutoAdvanceHold, Clock};

const AWAKE: u8 = 0;
const PARKED: u8 = 1;
const SITTING: u8 = 2;
const WOKEN: u8 = 3;

/// The word.
pub(super) struct OwnWake {
    word: AtomicU8,
    /// See the header.
    held: Mutex<Option<AutoAdvanceHold>>,
}

/// What a waker does.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rouse {
    Unpark,
    Nudge,
    Nothing,
}

impl OwnWake {
    /// Born woken: the first poll is due.
    pub(super) fn new() -> OwnWake {
        OwnWake {
            word: AtomicU8::new(WOKEN),
            held: Mutex::new(None),
        }
    }

    /// Step (a), for a guest of a runtime with this clock.
    pub(super) fn wake_at(&self, clock: &Arc<Clock>) -> Rouse {
        if !clock.is_warped() {
            return self.wake();
        }
        let mut held = self.held.lock();
        let before = self.become_woken();
        if before != WOKEN {
            *held = Some(Clock::hold(clock));
        }
        rouse(before)
    }

    /// The guest leaves; late wakers find it woken.
    pub(super) fn leave(&self) {
        let left = {
            let mut held = self.held.lock();
            self.become_woken();
            held.take()
        };
        // Dropped with the lock open: the last hold makes a sitter look around.
        drop(left);
    }

    /// While a guest polls, or from its wake-up on, a paused clock stands: the hold that its waker
    /// left, or a new one. After [`OwnWake::take`].
    pub(super) fn take_hold(&self, clock: &Arc<Clock>) -> Option<AutoAdvanceHold> {
        if !clock.is_warped() {
            return None;
        }
        let left = self.held.lock().take();
        Some(left.unwrap_or_else(|| Clock::hold(clock)))
    }

    /// Step (a).
    pub(super) fn wake(&self) -> Rouse {
        rouse(self.become_woken())
    }

    /// What it was before.
    fn become_woken(&self) -> u8 {
        // Release: the waker's data. What is found is bits alone.
        self.word.swap(WOKEN, Ordering::Release)
    }

    /// Takes the wake-up, if there is one.
    pub(super) fn take(&self) -> bool {
        // Acquire: pairs with `wake`; the poll that follows sees its data. Relaxed: in vain.
        self.word
            .compare_exchange(WOKEN, AWAKE, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Step (1): announces a sleep in the driver; false if there is a wake-up.
    pub(super) fn will_sit(&self) -> bool {
        // Relaxed, both: the claim of the seat, which follows, is AcqRel and keeps this before it;
        // otherwise `take` comes next.
        self.word
            .compare_exchange(AWAKE, SITTING, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Step (3'): a sleep on the parker instead; false if there is a wake-up.
    pub(super) fn will_park(&self) -> bool {
        // Relaxed, both: the parker orders its sleep, and otherwise `take` comes next.
        self.word
            .compare_exchange(SITTING, PARKED, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    pub(super) fn is_woken(&self) -> bool {
        // Relaxed: `take` comes next.
        self.word.load(Ordering::Relaxed) == WOKEN
    }

    /// Awake again; a wake-up stays for [`OwnWake::take`].
    pub(super) fn is_up(&self) {
        // Relaxed, all: only this thread leaves the two sleeping states, other than by a wake-up,
        // which stays for `take`. No look first: see `loom::first_look`.
        let up = |from| {
            self.word
                .compare_exchange(from, AWAKE, Ordering::Relaxed, Ordering::Relaxed)
        };
        if up(SITTING).is_err() {
            let _ = up(PARKED);
        }
    }
}

fn rouse(before: u8) -> Rouse {
    match before {
        PARKED => Rouse::Unpark,
        SITTING => Rouse::Nudge,
        _ => Rouse::Nothing,
    }
}
