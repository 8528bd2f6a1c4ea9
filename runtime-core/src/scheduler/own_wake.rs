//! The wake-up of a guest's own future: whether it is awake, asleep (and where), or woken. Steps
//! and proof in `guest.rs`.

use crate::loom::atomic::{AtomicU8, Ordering};

const AWAKE: u8 = 0;
const PARKED: u8 = 1;
const SITTING: u8 = 2;
const WOKEN: u8 = 3;

/// The word.
#[derive(Debug)]
pub(super) struct OwnWake(AtomicU8);

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
        OwnWake(AtomicU8::new(WOKEN))
    }

    /// Step (a).
    pub(super) fn wake(&self) -> Rouse {
        // AcqRel: releases the waker's data, orders it before the nudge.
        match self.0.swap(WOKEN, Ordering::AcqRel) {
            PARKED => Rouse::Unpark,
            SITTING => Rouse::Nudge,
            _ => Rouse::Nothing,
        }
    }

    /// Takes the wake-up, if there is one.
    pub(super) fn take(&self) -> bool {
        // AcqRel: pairs with `wake`; the poll that follows sees its data.
        self.0
            .compare_exchange(WOKEN, AWAKE, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Step (1): announces a sleep in the driver; false if there is a wake-up.
    pub(super) fn will_sit(&self) -> bool {
        // AcqRel: ordered against `wake`, both ways.
        self.0
            .compare_exchange(AWAKE, SITTING, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Step (3'): a sleep on the parker instead; false if there is a wake-up.
    pub(super) fn will_park(&self) -> bool {
        // AcqRel: as above.
        self.0
            .compare_exchange(SITTING, PARKED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    pub(super) fn is_woken(&self) -> bool {
        // Acquire: pairs with `wake`.
        self.0.load(Ordering::Acquire) == WOKEN
    }

    /// Awake again; a wake-up stays for [`OwnWake::take`].
    pub(super) fn is_up(&self) {
        // AcqRel, both: only this thread leaves the two sleeping states, other than by a wake-up,
        // which stays. No look first: see `loom::first_look`.
        let up = |from| {
            self.0
                .compare_exchange(from, AWAKE, Ordering::AcqRel, Ordering::Acquire)
        };
        if up(SITTING).is_err() {
            let _ = up(PARKED);
        }
    }
}
