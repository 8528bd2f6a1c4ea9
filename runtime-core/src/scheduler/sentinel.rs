//! The sentinel, the look, and what it finds: rules 4, 9 and 10.
//!
//! **The post.** One thread stands outside the slots and sleeps on an alarm that others set. While
//! the sentinel is on, the alarm rings each millisecond and the thread takes a look; while it is
//! off, it sleeps. It never sits and never runs tasks. On Linux the alarm is a timerfd, on Windows
//! a waitable timer, so arming it wakes nobody. No arming is lost: `post.rs`.
//!
//! **Thrift.** A runtime that does a little now and then must not pay for its guard with a second
//! thread's wake-up each time. So at low rates the sitter turns the sentinel off as it sits down,
//! before the alarm has rung (by the same steps as the sentinel itself, so the models cover both).
//! At high rates that would cost two system calls an event, and a wake-up a millisecond is nothing:
//! there the alarm is left alone. The rate is measured where it costs nothing: the sitter looks at
//! the clock when it arms, the sentinel counts how often somebody stood up in a millisecond.
//! And while threads go on, the alarm need not ring at all: who glances, or at a high rate stands up
//! from the seat, [`WATCH_INTERVAL`] after the last such look takes one itself and puts the alarm
//! off. A ring costs two switches of threads, the more the busier the machine is; and to set a timer
//! for the next millisecond is dear by itself (`post.rs`), before a task is polled most of all.
//!
//! **So the alarm is lazy**: who sets it or puts it off has it ring after 5 ms. If all threads are
//! stuck then, it rings 5 ms after the last that went on, and from there on each millisecond: for who
//! blocks now and then, a delay. Whoever blocks for longer is found out, and for a second after that the
//! alarm is set to a millisecond, so that those whom he holds up next are helped as soon as ever. So
//! it is in a runtime's first moments.
//!
//! Between alarm and word the alarm is off for as long as the sitter takes for two steps: as late
//! as any thread of the runtime may be.
//!
//! **The look** (by the sentinel, a sitter with a cap, or who goes on): fire due wheels; repair a
//! missed helper; ask again for a closure's thread that was refused; find stalls. Who goes on counts
//! its own entries as work that waits only where it would ask for help if it pushed them now: what it
//! has just taken from the driver it runs next.
//! A slot that is held and whose counters have not moved for `stall_policy`, counted only over looks
//! that were in time, is stuck: in a poll, or in a waker that blocks whoever dispatches events or fires
//! timers. A poll with work waiting is reported once, and one that lasts is worth a line on standard
//! error (`notice.rs`); between polls there is no task to name. If all held slots are stuck and work
//! waits, a spare slot is opened. A waker that blocks may also meet the sentinel, where nobody else has
//! looked: then nobody looks until it returns.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::config::Stall;
use super::notice::NOTICE_AFTER;
use super::post::{Post, WATCH_INTERVAL};
use super::runner::Runner;
use super::shared::Shared;
use super::slot::{Pulse, Slot};
use crate::loom::{self, Alarm};
use crate::timer::clock::nanos;
use crate::util::wide::AtomicU64;

/// A look later than this says nothing of the slots: the machine was starved, or the process
/// stopped.
const LATE_LOOK: Duration = Duration::from_millis(7);

/// A sitter that rests for less is at a high rate: two settings of the alarm for each event would cost as
/// much as its ring each millisecond, and stand before the task that the event is for.
const SHORT_REST: Duration = Duration::from_micros(600);

/// So many short rests in a row begin a high rate.
const RATE_HIGH: u64 = 8;

/// More are not counted: two long rests end it.
const RATE_MAX: u64 = 2 * RATE_HIGH;

/// Who holds a slot for so long without going on may hold others up.
const HELD_UP: Duration = Duration::from_millis(10);

/// For so long after that the alarm is not set any later than it must be.
const WARY: Duration = Duration::from_secs(1);

/// And for so long from the start: what a program does first often blocks.
const WARY_AT_FIRST: Duration = Duration::from_millis(100);

/// Whether a sitter turns the sentinel off, and how far its alarm is put off; see the header.
#[derive(Debug)]
pub(super) struct Thrift {
    /// One more for each short rest, and half of it after a long one; written by whoever sits.
    rate: AtomicU64,
    /// Nanoseconds since `origin` at the last look of who went on.
    watched: AtomicU64,
    /// Until when to be wary, in such nanoseconds.
    wary_until: AtomicU64,
    origin: Instant,
}

impl Thrift {
    pub(super) fn new() -> Thrift {
        Thrift {
            rate: AtomicU64::new(0),
            watched: AtomicU64::new(0),
            wary_until: AtomicU64::new(nanos(WARY_AT_FIRST)),
            origin: loom::now(),
        }
    }

    fn since_origin(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.origin))
    }

    /// Whether it is time that somebody looks, and who asks is the first.
    fn is_watch_due(&self, now: Instant) -> bool {
        let now = self.since_origin(now);
        // Relaxed, both: a hint; two who look at a time do no harm.
        let watched = self.watched.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(watched) >= nanos(WATCH_INTERVAL);
        if is_due {
            // Relaxed: as above.
            self.watched.store(now, Ordering::Relaxed);
        }
        is_due
    }

    /// The sitter is about to stand up, after so long.
    pub(super) fn rested(&self, rest: Duration) {
        // Relaxed, both: a statistic that only the sitter writes.
        let rate = self.rate.load(Ordering::Relaxed);
        let rate = if rest < SHORT_REST {
            RATE_MAX.min(rate + 1)
        } else {
            rate / 2
        };
        // Relaxed: as above.
        self.rate.store(rate, Ordering::Relaxed);
    }

    /// Somebody does not go on, and has not for [`HELD_UP`].
    fn be_wary(&self, now: Instant) {
        let until = self.since_origin(now).saturating_add(nanos(WARY));
        // Relaxed: a hint.
        self.wary_until.store(until, Ordering::Relaxed);
    }

    fn is_wary(&self, now: Instant) -> bool {
        // Relaxed: a hint.
        self.since_origin(now) < self.wary_until.load(Ordering::Relaxed)
    }

    pub(super) fn is_at_high_rate(&self) -> bool {
        // Relaxed: a hint.
        self.rate.load(Ordering::Relaxed) >= RATE_HIGH
    }
}

/// What the last look saw; behind a lock that only lookers try.
#[derive(Debug, Default)]
pub(super) struct Looker {
    last: Option<Instant>,
    seen: Vec<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    pulse: Pulse,
    since: Instant,
    reported: bool,
    noticed: bool,
}

impl Seen {
    /// A counter moved, or is seen for the first time.
    fn at(pulse: Pulse, now: Instant) -> Seen {
        Seen {
            pulse,
            since: now,
            reported: false,
            noticed: false,
        }
    }
}

/// What a look found of the slots.
struct Found {
    stuck: usize,
    stalls: Vec<Stall>,
    /// Reported by an earlier look, and worth a notice by now.
    long_stalls: Vec<Stall>,
}

impl Shared {
    fn post(&self) -> Post<'_, Alarm> {
        Post {
            idle: &self.idle,
            alarm: self.alarm(),
        }
    }

    /// The word has turned the sentinel on: its alarm has to ring.
    pub(super) fn arm_sentinel(&self) {
        self.post().begin(!self.thrift.is_wary(loom::now()));
    }

    /// A thread of the runtime goes on, with the slot `own`: it looks in the sentinel's stead, and puts
    /// its alarm off.
    pub(super) fn watch(self: &Arc<Self>, own: Option<u32>) {
        if !self.idle.snapshot().sentinel_is_on() || self.alarm().wakes_when_set() {
            return;
        }
        let now = loom::now();
        if self.thrift.is_watch_due(now) {
            self.look(own);
            let lazily = !self.thrift.is_wary(now);
            self.post().put_off(lazily, || self.is_closing());
        }
    }

    /// The sitter sits, with or without a cap: at low rates it turns the sentinel off, if nothing
    /// else needs it.
    pub(super) fn dismiss_sentinel(&self, capped: bool) {
        let needless = capped || self.thrift.is_at_high_rate() || self.alarm().wakes_when_set();
        if !needless && self.idle.snapshot().sentinel_is_on() {
            self.post().turn_off(|| self.is_closing());
        }
    }

    /// The sentinel's duty.
    pub(super) fn stand_at_post(self: &Arc<Self>) {
        let post = self.post();
        if !post.come(|| self.is_closing()) {
            return;
        }
        let mut last_turn = self.seat.turns();
        loop {
            post.alarm.wait();
            if self.is_closing() {
                return;
            }
            self.look_for_events(&mut last_turn);
            self.look(None);
            post.looked(|| self.is_closing());
        }
    }

    /// Looks into the driver if nobody else has since the last time, and at the wheels.
    pub(super) fn look_for_events(&self, last_turn: &mut u64) {
        if *last_turn == self.seat.turns() {
            let mut events = Vec::new();
            if self.seat.glance(&mut events).is_err() {
                self.stats.driver_error();
            }
            self.dispatch(&mut events);
        }
        *last_turn = self.seat.turns();
        self.fire_timers();
    }

    /// One look at the slots, by who goes on with `own`, or by somebody else.
    pub(super) fn look(self: &Arc<Self>, own: Option<u32>) {
        // The lock guards what the last look saw; nothing foreign runs under it.
        let Some(mut looker) = self.looker.try_lock() else {
            return;
        };
        self.stats.look();
        let found = self.look_at_slots(&mut looker);
        drop(looker);
        self.repair(&found, own);
        self.blocking().retry();
        self.report(found);
    }

    fn look_at_slots(&self, looker: &mut Looker) -> Found {
        let now = loom::now();
        let gap = looker
            .last
            .map_or(Duration::ZERO, |last| now.duration_since(last));
        looker.last = Some(now);
        let late = if gap > LATE_LOOK { gap } else { Duration::ZERO };
        let work_waits = self.work_waits(None);
        let policy = self.config.stall_policy;
        let mut found = Found {
            stuck: 0,
            stalls: Vec::new(),
            long_stalls: Vec::new(),
        };
        for (index, slot) in self.used_slots() {
            if looker.seen.len() <= index {
                looker
                    .seen
                    .resize(index + 1, Seen::at(Pulse::default(), now));
            }
            let seen = &mut looker.seen[index];
            let pulse = slot.pulse();
            if pulse != seen.pulse {
                *seen = Seen::at(pulse, now);
                continue;
            }
            seen.since += late;
            let duration = now.saturating_duration_since(seen.since);
            if pulse.is_busy() && duration >= HELD_UP {
                self.thrift.be_wary(now);
            }
            let is_stuck = pulse.is_busy() && policy.is_some_and(|policy| duration >= policy);
            if !is_stuck {
                continue;
            }
            found.stuck += 1;
            let reports = work_waits && !seen.reported;
            // Work has waited for this poll, if only until a spare took it.
            let notices = seen.reported && !seen.noticed && duration >= NOTICE_AFTER;
            if !reports && !notices {
                continue;
            }
            let Some((task, spawned_at)) = slot.polled(pulse) else {
                continue;
            };
            let stall = Stall {
                task,
                spawned_at,
                slot: index,
                duration,
            };
            if reports {
                seen.reported = true;
                found.stalls.push(stall);
            } else {
                seen.noticed = true;
                found.long_stalls.push(stall);
            }
        }
        found
    }

    /// Whether anything waits for a thread; see the header for the slot `own`.
    fn work_waits(&self, own: Option<u32>) -> bool {
        let waits_in = |(index, slot): (usize, &Slot)| match own {
            Some(own) if own as usize == index => slot.has_queued() && !slot.is_left_alone(),
            _ => slot.has_queued() || slot.has_cell(),
        };
        !self.inject.is_empty() || self.used_slots().any(waits_in)
    }

    /// A helper that a hint missed; a spare for slots that are all stuck; an end to spares that are
    /// not needed any more.
    fn repair(self: &Arc<Self>, found: &Found, own: Option<u32>) {
        let now = self.idle.snapshot();
        if now.closing() {
            return;
        }
        let work_waits = self.work_waits(own);
        if work_waits && now.free() > 0 && now.searching() == 0 {
            self.notify();
        }
        let open = now.free() + now.held();
        let moving = open.saturating_sub(found.stuck);
        let regular = self.config.slots();
        if work_waits && now.free() == 0 && now.searching() == 0 && moving == 0 {
            if let Some(spare) = self.free_spares.lock().pop() {
                self.stats.spare_opened();
                self.idle.open(spare);
                self.notify();
            }
        } else if open > regular && moving > regular {
            let excess = (open - regular).min(moving - regular);
            // Relaxed: a request; the counts that matter are in the word.
            self.excess_spares.store(excess, Ordering::Relaxed);
        }
    }

    fn report(&self, found: Found) {
        for _ in &found.stalls {
            self.stats.stall();
        }
        let Some(on_stall) = &self.config.on_stall else {
            for stall in &found.long_stalls {
                self.notices.tell(stall);
            }
            return;
        };
        for stall in &found.stalls {
            on_stall(stall);
        }
    }

    /// After a poll in a spare slot: closes it if there are more open slots than needed. True if it
    /// was closed.
    #[inline]
    pub(super) fn closes_spare(self: &Arc<Self>, runner: &Runner) -> bool {
        // Relaxed: see `repair`. Nearly always zero, on a line that is only read.
        self.excess_spares.load(Ordering::Relaxed) != 0 && self.close_spare(runner)
    }

    #[cold]
    fn close_spare(self: &Arc<Self>, runner: &Runner) -> bool {
        let is_spare = runner
            .slot()
            .is_some_and(|slot| slot as usize >= self.spare_index());
        let closes = is_spare
            && self
                .excess_spares
                // Relaxed: see above.
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |excess| {
                    excess.checked_sub(1)
                })
                .is_ok();
        if !closes {
            return false;
        }
        let had_work = runner.spill();
        if let Some(spare) = runner.let_go() {
            self.idle.close_held();
            self.free_spares.lock().push(spare);
        }
        if had_work {
            self.notify();
        }
        true
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
