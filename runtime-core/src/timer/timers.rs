//! One wheel behind one lock, and the word by which a sleeper knows when to wake.
//!
//! Each slot of the scheduler has a [`Shard`]. The thread that holds the slot registers and cancels
//! there, almost always alone; any thread may fire it, cancel in it, or move an entry.
//!
//! **Invariants.**
//! - T1 While the lock is free, `next` is no later than the wheel's earliest deadline. Insertion
//!   and reset lower it, firing makes it what the wheel says; both under the lock.
//! - T2 A registration ends exactly once: its waker is moved out either by firing, by closing (both
//!   wake it), or by a cancellation (which returns it). All three take the entry out under the
//!   lock, and a key never names a later entry.
//! - T3 No waker is cloned, woken or dropped under the lock. A hook is not called under it either.
//! - T4 After `close` the wheel stays empty: an insertion is refused, and every registration was
//!   woken.
//!
//! **The sleeper's protocol.** `word` is the scheduler's, with a read-modify-write by either side;
//! D is the sleeper's published deadline, `u64::MAX` (unknown) whenever nobody sleeps. The sleeper's
//! side stands in `park/seat.rs`.
//!
//! Sleeper: (1) RMW word: asleep; (2) read `next_deadline()`; (3) D := that; (4) sleep until D, or
//! a kick; (5) D := unknown, before the next RMW. Inserter: (a) under the lock, link the entry and
//! lower `next`; (b) if it was lowered, after the lock, the hook: RMW word; asleep and the new
//! deadline before D: kick.
//!
//! *No insertion is missed.* The RMWs of (1) and (b) are ordered. Is (b) first, (1) acquires what
//! (a) stored and (2) sees it. Is (1) first, (b) sees the sleeper and reads unknown, and kicks, or
//! what (3) stored: if (2) has not seen (a), that is later than the new deadline, and it kicks. Was
//! `next` not lowered by an insertion, then by T1 an earlier or equal value stood there, whose own
//! inserter went through (a) and (b), or which is due for the sleeper's wake-up, after which it
//! reads `next` afresh. Firing raises `next` only: a sleeper that missed that wakes early. Model:
//! `loom_timer_insert_earlier_vs_sleep`.
//!
//! **Orderings.** `next` is written under the lock, and Relaxed: the entry behind it is read under
//! the lock, and the sleeper gets the value by the word's order.
//!
//! Rejected: exact `next` after each cancellation (the usual life of a timeout is insert, cancel;
//! raising `next` each time would make the next insertion lower it again and call the hook, while a
//! value left early costs one idle look).

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::task::Waker;

use crate::loom::atomic::{AtomicU64, Ordering};
use crate::loom::{Arc, Mutex};
use crate::timer::clock::Clock;
use crate::timer::wheel::{Advance, Key, NEVER, Wheel};
use crate::util::foreign::Panic;
use crate::util::wake_list::WakeList;

/// How many wakers are collected under the lock before it is let go to wake them.
const BATCH: usize = 32;

/// The timers of one slot.
pub struct Shard {
    core: Mutex<Core>,
    /// A time no later than the earliest deadline; `NEVER` if there is none.
    next: AtomicU64,
    clock: Arc<Clock>,
    on_earlier: Box<dyn Fn(u64) + Send + Sync>,
}

struct Core {
    wheel: Wheel,
    closed: bool,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// It waits, with the waker that was given.
    Waiting,
    /// It has fired.
    Fired,
    /// The runtime was shut down; it may have fired before.
    Closed,
}

/// The runtime was shut down: no timer would ever fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// What one call of [`Shard::fire`] did.
#[derive(Debug, Default)]
#[must_use = "a waker's panic is either resumed or counted"]
pub struct Fired {
    /// How many wakers were woken.
    pub count: usize,
    /// Of the first waker that panicked.
    pub panic: Option<Panic>,
}

impl Shard {
    /// No timers yet, on the runtime's `clock`. `on_earlier` is called with the new deadline each
    /// time that an insertion or a reset lowers [`Shard::next_deadline`], on the thread that did it
    /// and under no lock.
    pub fn new(clock: Arc<Clock>, on_earlier: Box<dyn Fn(u64) + Send + Sync>) -> Shard {
        let core = Mutex::new(Core {
            wheel: Wheel::new(),
            closed: false,
        });
        Shard {
            core,
            next: AtomicU64::new(NEVER),
            clock,
            on_earlier,
        }
    }

    /// The clock on which the deadlines are measured.
    #[inline]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether both belong to the same runtime, so that a timer may move from one to the other.
    #[inline]
    pub fn is_sibling(&self, other: &Shard) -> bool {
        std::ptr::eq(self.clock(), other.clock())
    }

    /// The time at which [`Shard::fire`] is to be called, in nanoseconds of the clock; `u64::MAX`
    /// for never.
    ///
    /// Never late. Early at most once for each slot of the wheel whose earliest timer was
    /// cancelled.
    #[inline]
    pub fn next_deadline(&self) -> u64 {
        // Relaxed: see the header.
        self.next.load(Ordering::Relaxed)
    }

    /// Orders the caller after whoever took the timers that [`Shard::next_deadline`] no longer counts.
    pub fn see_fired(&self) {
        drop(self.core.lock());
    }

    /// How many timers wait.
    pub fn len(&self) -> usize {
        self.core.lock().wheel.len()
    }

    /// Whether no timer waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Registers `waker` for a deadline in nanoseconds of the clock; `u64::MAX` waits until the
    /// shutdown.
    ///
    /// # Errors
    /// The runtime was shut down.
    #[inline]
    pub fn insert(&self, deadline_ns: u64, waker: Waker) -> Result<Key, Closed> {
        let mut core = self.core.lock();
        if core.closed {
            drop(core);
            drop(waker);
            return Err(Closed);
        }
        let key = core.wheel.insert(deadline_ns, waker);
        let lowered = self.lower(deadline_ns);
        drop(core);
        if lowered {
            (self.on_earlier)(deadline_ns);
        }
        Ok(key)
    }

    /// Whether the registration still waits; if so, `waker` is the one that it will wake.
    #[inline]
    pub fn poll(&self, key: Key, waker: &Waker) -> Registered {
        let mut core = self.core.lock();
        match core.wheel.waker_mut(key) {
            Some(known) if known.will_wake(waker) => Registered::Waiting,
            Some(_) => {
                drop(core);
                self.replace_waker(key, waker)
            }
            None => core.ended(),
        }
    }

    /// Whether the registration no longer waits.
    pub fn is_fired(&self, key: Key) -> bool {
        self.core.lock().wheel.is_fired(key)
    }

    /// Takes a registration back, and its waker with it; `None` if it was woken before.
    #[inline]
    #[must_use = "a waker is foreign code: drop it outside of any lock"]
    pub fn cancel(&self, key: Key) -> Option<Waker> {
        self.core.lock().wheel.cancel(key)
    }

    /// Moves a registration to another deadline and keeps its waker, if it still waits.
    pub fn reset(&self, key: Key, deadline_ns: u64) -> Registered {
        let mut core = self.core.lock();
        if !core.wheel.reset(key, deadline_ns) {
            return core.ended();
        }
        let lowered = self.lower(deadline_ns);
        drop(core);
        if lowered {
            (self.on_earlier)(deadline_ns);
        }
        Registered::Waiting
    }

    /// Wakes everything that is due at `now_ns`, earliest first, in batches collected into the
    /// empty `batch`.
    ///
    /// Bounded: wakes no more timers than there were at the beginning, so that wakers which
    /// register timers anew do not keep it going. The caller decides about a panic of a waker; all
    /// others were woken.
    #[inline]
    pub fn fire(&self, now_ns: u64, batch: &mut WakeList) -> Fired {
        if self.next_deadline() > now_ns {
            Fired::default()
        } else {
            self.fire_due(now_ns, batch)
        }
    }

    /// Makes [`Shard::next_deadline`] what the wheel says, and returns it: it may be early after
    /// cancellations.
    pub fn refresh_next_deadline(&self) -> u64 {
        let core = self.core.lock();
        self.publish(&core.wheel)
    }

    /// Shuts the timers down: everything that waits is woken, and no insertion is taken any more.
    pub fn close(&self) -> Fired {
        let mut core = self.core.lock();
        core.closed = true;
        let wheel = std::mem::take(&mut core.wheel);
        self.publish(&core.wheel);
        drop(core);
        let mut batch = WakeList::new();
        wheel.into_wakers().for_each(|waker| batch.push(waker));
        let count = batch.len();
        Fired {
            count,
            panic: batch.wake_all_caught().err(),
        }
    }

    #[cold]
    fn fire_due(&self, now_ns: u64, batch: &mut WakeList) -> Fired {
        debug_assert!(batch.is_empty(), "a batch starts empty");
        let mut fired = Fired::default();
        let mut bound = None;
        loop {
            let mut core = self.core.lock();
            let bound = *bound.get_or_insert(core.wheel.len());
            let advance = core.wheel.advance(now_ns, batch, BATCH);
            self.publish(&core.wheel);
            drop(core);
            fired.count += batch.len();
            let outcome = batch.wake_all_caught();
            fired.panic = fired.panic.or(outcome.err());
            if advance == Advance::Done || fired.count >= bound {
                return fired;
            }
        }
    }

    #[cold]
    fn replace_waker(&self, key: Key, waker: &Waker) -> Registered {
        let mut waker = waker.clone();
        let mut core = self.core.lock();
        let outcome = match core.wheel.waker_mut(key) {
            Some(known) => {
                std::mem::swap(known, &mut waker);
                Registered::Waiting
            }
            None => core.ended(),
        };
        drop(core);
        drop(waker);
        outcome
    }

    /// Lowers `next` under the lock; true if it was later.
    #[inline(always)]
    fn lower(&self, deadline_ns: u64) -> bool {
        // Relaxed, both: only the lock's holder writes; see the header.
        let lowered = deadline_ns < self.next.load(Ordering::Relaxed);
        if lowered {
            self.next.store(deadline_ns, Ordering::Relaxed);
        }
        lowered
    }

    /// Sets `next` under the lock to what the wheel says.
    fn publish(&self, wheel: &Wheel) -> u64 {
        let next = wheel.next_deadline().unwrap_or(NEVER);
        // Relaxed: see the header.
        self.next.store(next, Ordering::Relaxed);
        next
    }
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = self.next_deadline();
        f.debug_struct("Shard")
            .field("next_deadline", &next)
            .finish_non_exhaustive()
    }
}

impl Core {
    /// What a key means that the wheel does not know any more.
    fn ended(&self) -> Registered {
        if self.closed {
            Registered::Closed
        } else {
            Registered::Fired
        }
    }
}
