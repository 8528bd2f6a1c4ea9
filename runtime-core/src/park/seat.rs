//! The seat: the right to sleep inside the driver, and the glance of those who only look in.
//!
//! Who may sleep here is decided in the scheduler's word (empty → asleep → kicked → empty); this
//! file is the room itself: a lock around the poller and its events, a counter of turns, and the
//! deadline until which the sitter means to sleep.
//!
//! A runtime starts with a plain sleeper, so that programs without I/O make no descriptor. The
//! first I/O object publishes the reactor, then ends the plain sleep; which of the two to sleep in
//! is chosen anew at each sit-down.
//!
//! **Steps.** Sitter: (1) choose the room; (2) claim the seat in the word; (3) read the wheels;
//! (4) publish the deadline; (5) re-check the queues; (6) sleep; (7) take the deadline back: it is
//! `u64::MAX`, unknown, whenever nobody sleeps. Kicker: (a) change the word from asleep to kicked;
//! (b) kick the reactor if it is published, else the plain sleeper. Publisher: (i) publish the
//! reactor; (ii) kick the plain sleeper. Inserter of an earlier deadline: (A) publish it at its
//! wheel; (B) a read-modify-write of the word; (C) is somebody asleep without a cap, and the
//! deadline earlier than the published one: kick.
//!
//! **No deadline is missed.** (B) before (2) in the word's order: (3) sees the wheel. (B) after (2):
//! it sees the sleeper, and (C) reads either unknown, and kicks, or what (4) published, and kicks
//! if (3) has not seen the wheel and it is earlier. A sitter that stays in the seat goes through a
//! read-modify-write between (7) and the next (3), so the same holds for each of its sleeps.
//!
//! **No kick is lost.** (a) follows (2) in the word's order, so the kicker sees at least what the
//! sitter chose from. If the sitter chose the reactor, so does the kicker. If it chose the plain
//! room and so does the kicker, fine. If it chose the plain room and the kicker the reactor, then
//! (i) came in between and (ii) ends the plain sleep: the sitter leaves it and sees the kick in the
//! word. A kick is a token: it ends the sleep that is under way or else the next one, unless a glance
//! that got the lock before the sitter has taken it. So (6) is: lock, read the word once more, and
//! do not wait if it says kicked. Such a glance came after (b), so after (a), and before this lock.
//! Model: `loom_seat_a_kick_that_a_glance_took_ends_the_sleep`.
//!
//! **A look finds what there is.** A turn is counted before its poll. The sentinel that finds the
//! count moved since its last look knows of a poll that began after that look; else it polls itself,
//! unless somebody is in there. So after a look that follows the end of all other polls, the driver
//! has been polled since the look before. Model: `loom_seat_a_look_finds_what_there_is`.
//!
//! **Events** leave the lock with the thread that polled; wakers are called after it. Two batches
//! may be dispatched in either order: readiness bits are only OR-ed, the tick guards clearing,
//! generations guard reuse.

#[cfg(all(test, loom))]
mod loom_tests;

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::loom::Mutex;
use crate::loom::atomic::{AtomicU64, Ordering};

use super::driver::{Driver, Event, Poller};
use super::plain::PlainSleeper;

struct Reactor {
    poller: Mutex<Box<dyn Poller>>,
    driver: std::sync::Arc<dyn Driver>,
}

/// Where the sitter will sleep: chosen before it claims the seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Plain,
    Reactor,
}

/// See the module's header.
pub(crate) struct Seat {
    plain: PlainSleeper,
    reactor: OnceLock<Reactor>,
    /// Taken to publish the reactor once.
    publishing: Mutex<()>,
    /// How often anybody has polled: the sentinel looks only if nobody else did.
    turns: CachePadded<AtomicU64>,
    /// When the sitter means to wake by itself, in the clock's nanoseconds.
    deadline: AtomicU64,
}

impl Seat {
    pub(crate) fn new() -> Seat {
        Seat {
            plain: PlainSleeper::default(),
            reactor: OnceLock::new(),
            publishing: Mutex::new(()),
            turns: CachePadded::new(AtomicU64::new(0)),
            deadline: AtomicU64::new(u64::MAX),
        }
    }

    /// The driver, once the first I/O object has brought it.
    pub(crate) fn driver(&self) -> Option<&std::sync::Arc<dyn Driver>> {
        self.reactor.get().map(|reactor| &reactor.driver)
    }

    /// The driver, made and published by `make` if there is none; `true` if it is new.
    pub(crate) fn driver_or_publish(
        &self,
        make: impl FnOnce() -> io::Result<(Box<dyn Poller>, std::sync::Arc<dyn Driver>)>,
    ) -> io::Result<(std::sync::Arc<dyn Driver>, bool)> {
        if let Some(driver) = self.driver() {
            return Ok((driver.clone(), false));
        }
        let _one_at_a_time = self.publishing.lock();
        if let Some(driver) = self.driver() {
            return Ok((driver.clone(), false));
        }
        let (poller, driver) = make()?;
        let reactor = Reactor {
            poller: Mutex::new(poller),
            driver: driver.clone(),
        };
        let first = self.reactor.set(reactor).is_ok();
        debug_assert!(first, "published under the lock");
        self.plain.kick();
        Ok((driver, true))
    }

    /// Step (4): when the sitter will wake by itself; unknown again when the result is dropped.
    pub(crate) fn publish_deadline(&self, deadline: u64) -> PublishedDeadline<'_> {
        // Relaxed: the word orders it, see the header.
        self.deadline.store(deadline, Ordering::Relaxed);
        PublishedDeadline(&self.deadline)
    }

    /// What the sitter published, or `u64::MAX` if it has not yet; to be read after the word said
    /// that somebody sleeps.
    pub(crate) fn deadline(&self) -> u64 {
        // Relaxed: ordered by the word, see the header.
        self.deadline.load(Ordering::Relaxed)
    }

    /// Step (1).
    pub(crate) fn choose(&self) -> Room {
        if self.reactor.get().is_some() {
            Room::Reactor
        } else {
            Room::Plain
        }
    }

    /// The sitter's sleep, step (6); `is_kicked` asks the word. Errors of the operating system are
    /// the caller's to count.
    pub(crate) fn sleep(
        &self,
        room: Room,
        timeout: Option<Duration>,
        is_kicked: impl FnOnce() -> bool,
        events: &mut Vec<Event>,
    ) -> io::Result<()> {
        match (room, self.reactor.get()) {
            (Room::Reactor, Some(reactor)) => {
                let mut poller = reactor.poller.lock();
                let timeout = if is_kicked() {
                    Some(Duration::ZERO)
                } else {
                    timeout
                };
                self.count_turn();
                poller.poll(timeout, events)
            }
            _ => {
                self.plain.sleep(timeout);
                Ok(())
            }
        }
    }

    /// A look into the driver without waiting; false if somebody else is in there, or there is
    /// none.
    pub(crate) fn glance(&self, events: &mut Vec<Event>) -> io::Result<bool> {
        let Some(reactor) = self.reactor.get() else {
            return Ok(false);
        };
        let Some(mut poller) = reactor.poller.try_lock() else {
            return Ok(false);
        };
        self.count_turn();
        poller.poll(Some(Duration::ZERO), events).map(|()| true)
    }

    /// Before the poll, under its lock: a turn that the sentinel sees has its poll still to come, or
    /// under way. Counted after it, an old poll would pass for a new one.
    fn count_turn(&self) {
        // Relaxed: the lock keeps it behind the polls before; the sentinel compares it with what it saw.
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn turns(&self) -> u64 {
        // Relaxed: see `count_turn`. Seen late, it costs a turn too many.
        self.turns.load(Ordering::Relaxed)
    }

    /// Ends the sitter's sleep, step (b); called by whoever changed the word from asleep.
    pub(crate) fn kick(&self) {
        match self.reactor.get() {
            Some(reactor) => reactor.driver.kick(),
            None => self.plain.kick(),
        }
    }
}

/// The sitter's deadline, while it stands.
#[must_use = "taken back at once, it is not published"]
pub(crate) struct PublishedDeadline<'a>(&'a AtomicU64);

impl Drop for PublishedDeadline<'_> {
    fn drop(&mut self) {
        // Relaxed: the change of the word by which the sitter stays or stands up comes after it.
        self.0.store(u64::MAX, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat")
            .field("driver", &self.driver())
            .finish_non_exhaustive()
    }
}
