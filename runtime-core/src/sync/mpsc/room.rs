//! How many values a channel holds: room that senders take and the receiver gives back.
//!
//! **What it is for**: if both sides changed one word with each value, its cache line would travel
//! with each value. So the receiver counts what it gives back in a word of its own, and a sender
//! that finds no room left collects what has come together.
//!
//! **State**: the permits, a [`RawSemaphore`]. `returned`: bit 0 `STRAIGHT` (the receiver gives
//! room straight to the permits: somebody waits for some), above it what was given back and not
//! collected yet.
//!
//! **Invariants.** B1: what was returned is taken out under the lock `collecting`, and before that lock
//! is free it is a sender's or among the permits: under the lock, free permits and returned room are
//! all the room that there is. B2: only the receiver, which is one, adds to `returned` and clears
//! `STRAIGHT`. B3: once the channel is closed, `STRAIGHT` stays set and nothing is returned any
//! more: the permits alone tell whether all room is back.
//!
//! **Steps.** Sender: (1) take a permit; else (2) lock; try again; take what was returned; is it just
//! enough, and did that find no `STRAIGHT`, keep it; else make it permits, unlock, hand out, and so
//! on; nothing returned: full; (3) queue for a permit; (4) set
//! `STRAIGHT`; did that find something returned, collect it. Receiver: (a) is it `STRAIGHT`, release
//! permits and go to (c); (b) else count; did that find `STRAIGHT`, collect; (c) if nobody is
//! queued, clear `STRAIGHT`; (d) is somebody queued now, set it again.
//!
//! **No wake-up is lost**: (4), (b) and (c) are read-modify-writes of one word. (b) before (4): the
//! sender collects. (b) after (4): the receiver collects, or gives straight by (a), unless (c) came
//! in between. Then (c) has seen what came before (4), which is (3), so (d) finds the sender queued
//! and sets the flag again; if it does not find it, the sender has what it wants, or has given up.
//!
//! **Nobody is overtaken** by (2): who waits has set `STRAIGHT`, and the receiver clears it only by (c)
//! and (d), between which nothing is returned. Nor does (2) open a closed channel: B3, and the lock.
//!
//! **Full is said only of a channel that is full** at one moment: under the lock nobody else
//! collects, so what is not returned at the end of (2) was not when its permits were too few.
//!
//! **Orderings**: (b) is Release, collecting is Acquire: what the receiver did before it gave room
//! back is seen by who takes that room. (4) is Release, (c) is Acquire: (d) does not miss who queued
//! before. All changes of the word are read-modify-writes, one chain, which none of them breaks.
//!
//! Rejected: to give room back in batches of a fixed size (a full channel would seem full with a
//! place free); the count beside the permits (the line would travel again).

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;

use crossbeam_utils::CachePadded;

use crate::loom::Mutex;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::sync::raw_semaphore::{AcquireError, RawSemaphore, TryAcquireError};

/// The flag, and what one value counts above it.
const STRAIGHT: usize = 1;
const ONE: usize = 2;

/// How many values a channel holds.
pub(super) trait Room: Send + Sync {
    /// The receiver's: counts the room of `n` values that were received. Gives what the caller has
    /// to [give straight](Room::give_straight) instead, if anything waits for it.
    fn count(&self, n: usize) -> Option<usize>;

    /// The receiver's: gives room to those who wait.
    fn give_straight(&self, n: usize);

    /// Lets no new sends begin.
    fn close(&self);

    /// Whether the receiver closed it, as far as the room knows.
    fn is_closed(&self) -> bool;

    /// C3: closed, and nothing is on its way.
    fn is_over(&self) -> bool;
}

/// Room for `capacity` values.
pub(super) struct Bounded {
    permits: RawSemaphore,
    collecting: Mutex<()>,
    capacity: usize,
    returned: CachePadded<AtomicUsize>,
}

impl Bounded {
    pub(super) fn new(capacity: usize) -> Bounded {
        Bounded {
            permits: RawSemaphore::new(capacity),
            collecting: Mutex::new(()),
            capacity,
            returned: CachePadded::new(AtomicUsize::new(0)),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How much room there is now.
    pub(super) fn available(&self) -> usize {
        // B1. What is returned first: room that is taken in between is not counted twice.
        let _collecting = self.collecting.lock();
        // Acquire: pairs with (b): who sees room free sees what came before that.
        let returned = self.returned.load(Ordering::Acquire) / ONE;
        returned + self.permits.available()
    }

    /// Steps (1) and (2).
    #[inline]
    pub(super) fn try_acquire(&self, n: usize) -> Result<(), TryAcquireError> {
        match self.permits.try_acquire(n) {
            Err(TryAcquireError::NoPermits) => self.try_collected(n),
            outcome => outcome,
        }
    }

    /// Step (2).
    #[cold]
    fn try_collected(&self, n: usize) -> Result<(), TryAcquireError> {
        // Bounded: each further turn has collected something.
        loop {
            let somebody_waits = {
                let _collecting = self.collecting.lock();
                let outcome = self.permits.try_acquire(n);
                if !matches!(outcome, Err(TryAcquireError::NoPermits)) {
                    return outcome;
                }
                match self.take_returned() {
                    (0, _) => return outcome,
                    (returned, false) if returned == n => return Ok(()),
                    (returned, _) => self.permits.add(returned),
                }
            };
            if somebody_waits {
                self.permits.hand_out();
            }
        }
    }

    /// Steps (3) and (4), where steps (1) and (2) have found too little.
    ///
    /// Cancel safety: the place in the queue is lost.
    /// Fairness: first in, first out.
    pub(super) async fn acquire(&self, n: usize) -> Result<(), AcquireError> {
        let mut waiting = pin!(self.permits.acquire(n));
        let mut is_expected = false;
        let outcome = poll_fn(|cx| {
            let polled = waiting.as_mut().poll(cx);
            if polled.is_ready() || mem::replace(&mut is_expected, true) || !self.expect() {
                return polled;
            }
            waiting.as_mut().poll(cx)
        });
        outcome.await
    }

    /// Step (4); whether something was collected, which may have gone to others.
    fn expect(&self) -> bool {
        // Release: step (4); gives step (3) to (c). What (b) gives, collecting gets.
        self.returned.fetch_or(STRAIGHT, Ordering::Release) >= ONE && self.collect()
    }

    /// Makes permits of what was returned; whether there was anything.
    fn collect(&self) -> bool {
        let somebody_waits = {
            let _collecting = self.collecting.lock();
            match self.take_returned() {
                (0, _) => return false,
                (returned, _) => self.permits.add(returned),
            }
        };
        if somebody_waits {
            self.permits.hand_out();
        }
        true
    }

    /// B1; the caller holds the lock. Whether it is `STRAIGHT` besides.
    fn take_returned(&self) -> (usize, bool) {
        // Acquire: pairs with (b). The permits give it on.
        let before = self.returned.fetch_and(STRAIGHT, Ordering::Acquire);
        (before / ONE, before & STRAIGHT != 0)
    }

    /// Room that a sender had and does not use.
    pub(super) fn release(&self, n: usize) {
        self.permits.release(n);
    }
}

impl Room for Bounded {
    #[inline]
    fn count(&self, n: usize) -> Option<usize> {
        // Relaxed: step (a), one bit: B2, nobody else clears it, (b) finds out who sets it, and (c)
        // gets what they gave.
        if self.returned.load(Ordering::Relaxed) & STRAIGHT != 0 {
            return Some(n);
        }
        // Release: step (b); gives what was done with the room. Step (3) of who set the flag, (c)
        // gets; before that nothing rests on it.
        let before = self.returned.fetch_add(n * ONE, Ordering::Release);
        (before & STRAIGHT != 0).then_some(0)
    }

    #[cold]
    fn give_straight(&self, n: usize) {
        if n > 0 {
            self.permits.release(n);
        } else {
            let _something = self.collect();
        }
        if self.permits.is_at_rest() {
            // Acquire: step (c); gets step (3) of all whose step (4) it undoes.
            self.returned.fetch_and(!STRAIGHT, Ordering::Acquire);
            if !self.permits.is_at_rest() {
                // Relaxed: step (d); B2, the flag is this side's own to find.
                self.returned.fetch_or(STRAIGHT, Ordering::Relaxed);
            }
        }
    }

    fn close(&self) {
        {
            let _collecting = self.collecting.lock();
            // Relaxed: B3; as in (d): the receiver closes.
            self.returned.fetch_or(STRAIGHT, Ordering::Relaxed);
            // Whoever waits is refused next: nothing is handed out.
            let (returned, _) = self.take_returned();
            let _somebody_waits = self.permits.add(returned);
        }
        self.permits.close();
    }

    fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.permits.is_closed_with(self.capacity)
    }
}

/// Room without end: the queue's own flag tells whether it was closed.
pub(super) struct Unbounded;

impl Room for Unbounded {
    #[inline]
    fn count(&self, _n: usize) -> Option<usize> {
        None
    }

    fn give_straight(&self, _n: usize) {}

    fn close(&self) {}

    fn is_closed(&self) -> bool {
        false
    }

    #[inline]
    fn is_over(&self) -> bool {
        false
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
