//! The way of a thread: run, search, rest, sit.
//!
//! ```text
//!        reserved            out of work              seat taken
//!  start ────────► searching ◄──────────► running ─────────────► parked
//!                     ▲                    ▲   │ seat empty        │ woken: reserved
//!                     │                    │   ▼                   │
//!                     └──── events ─────── sitting ◄───────────────┘
//! ```

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::config::{Flavor, Hook};
use super::entered;
use super::idle::{Guard, Rest, Up};
use super::post::LOOK_INTERVAL;
use super::runner::{self, Kind, Runner};
use super::search::Victims;
use super::shared::{Shared, time_left};
use crate::loom;
use crate::park::seat::Room;
use crate::park::{self, driver::Event};
use crate::task::Notified;

/// What a thread is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// To run tasks; it has a reservation.
    Worker,
    /// To stand at the sentinel's post.
    Sentinel,
    /// To sit for good (`IoMode::Dedicated`).
    Driver,
}

/// What a worker does next.
enum Duty {
    /// It holds a slot; `true`: and is counted as a searcher.
    Run(bool),
    /// It is in the seat.
    Sit {
        capped: bool,
        room: Room,
    },
    /// It is among the parked.
    Park,
    /// It holds nothing and looks for a rest.
    Rest,
    End,
}

/// Starts a thread of the runtime.
///
/// # Errors
/// If the operating system refuses it; nothing is lost then, and it is counted.
pub(super) fn start(shared: &Arc<Shared>, role: Role) -> io::Result<()> {
    let name = match role {
        Role::Worker => "runtime-worker",
        Role::Sentinel => "runtime-sentinel",
        Role::Driver => "runtime-driver",
    };
    if !shared.threads.enter() {
        return Err(io::Error::other("the runtime has shut down"));
    }
    let for_thread = Arc::clone(shared);
    let started = shared
        .config
        .thread(name)
        .spawn(move || main(&for_thread, role));
    match started {
        Ok(handle) => {
            shared.threads.started(handle);
            shared.stats.thread_started();
            Ok(())
        }
        Err(error) => {
            shared.stats.thread_refused();
            shared.threads.begin();
            shared.leave();
            Err(error)
        }
    }
}

pub(super) fn call(hook: Option<&Hook>) {
    if let Some(hook) = hook {
        hook();
    }
}

fn main(shared: &Arc<Shared>, role: Role) {
    shared.threads.begin();
    let _leave = Leave(shared);
    let _entered = entered::enter_on_stack(shared);
    // A runtime that is dropped on a thread of its own, by a waker or a hook, must not wait for it.
    park::set_async_context(true);
    call(shared.config.on_thread_start.as_ref());
    match role {
        Role::Worker => work(shared),
        Role::Sentinel => shared.stand_at_post(),
        Role::Driver => sit_for_good(shared),
    }
    shared.try_finish();
    call(shared.config.on_thread_stop.as_ref());
}

/// The thread counts as inside until it has gone.
struct Leave<'a>(&'a Arc<Shared>);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

fn work(shared: &Arc<Shared>) {
    let runner = Runner::new(shared, Kind::Worker, None);
    let _current = runner::make_current(&runner);
    runner.hold(shared.idle.redeem());
    let mut duty = Duty::Run(true);
    loop {
        duty = match duty {
            Duty::Run(searching) => runner.run(searching),
            Duty::Sit { capped, room } => runner.sit(capped, room),
            Duty::Park => runner.park(),
            Duty::Rest => runner.rest(false),
            Duty::End => break,
        }
    }
    debug_assert!(!runner.holds_slot(), "a thread ends without a slot");
}

impl Runner {
    /// Runs tasks until there is none.
    fn run(&self, mut searching: bool) -> Duty {
        while !self.shared.is_closing() {
            let Some(entry) = self.next(&mut searching) else {
                break;
            };
            if std::mem::take(&mut searching) && self.shared.idle.stop_searching() {
                // The last searcher has something to do: what came meanwhile relied on it.
                self.shared.notify_if_work();
            }
            self.poll(entry);
            if self.queue().is_none() {
                // The poll gave the slot back for blocking code and found no other afterwards.
                return Duty::Rest;
            }
            if self.shared.closes_spare(self) {
                return Duty::Rest;
            }
        }
        self.rest(searching)
    }

    /// The next entry: local, shared, stolen; now and then in another order.
    fn next(&self, searching: &mut bool) -> Option<Notified> {
        self.glance_in_time();
        let early = self.shared_in_time();
        let entry = early.or_else(|| self.next_local());
        if let Some(entry) = entry.or_else(|| self.next_shared()) {
            return Some(entry);
        }
        self.end_visit();
        if *searching {
            // Woken to help.
            return self.steal(Victims::All);
        }
        if self.tempo.is_quick() {
            if let Some(entry) = self.next_event() {
                return Some(entry);
            }
        }
        let sees_work = self.sees_work(Victims::Worthwhile);
        *searching = (sees_work || self.linger.is_worth_it()) && self.shared.idle.start_searching();
        if !*searching {
            return None;
        }
        if sees_work || self.linger.until(|| !self.shared.inject.is_empty()) {
            self.steal(Victims::Worthwhile)
        } else {
            None
        }
    }

    /// Events come fast: looks for more, and lets those run who may send them. See `tempo.rs`.
    fn next_event(&self) -> Option<Notified> {
        self.glance();
        let entry = self.next_local().or_else(|| self.next_shared());
        if entry.is_some() || self.sees_work(Victims::Worthwhile) {
            return entry;
        }
        let turns = self.shared.seat.turns();
        let given = self.tempo.give_way()?;
        let turns = self.shared.seat.turns().wrapping_sub(turns);
        self.glance();
        // What a timer has woken, or a thief has left, counts as well: it was worth waking up for.
        let woken = self
            .local()
            .map_or(0, |local| local.len() + usize::from(local.has_cell()));
        self.tempo.gave_way(given, woken, turns);
        self.next_local().or_else(|| self.next_shared())
    }

    /// Rule 6: gives the slot back, then sits or parks, after one more look at every queue.
    fn rest(&self, searching: bool) -> Duty {
        let shared = &self.shared;
        let room = shared.seat.choose();
        let (rest, guard) = shared
            .idle
            .rest(self.let_go(), searching, &self.parker.unparker());
        shared.guard(guard);
        match rest {
            Rest::Sit { capped } => {
                shared.dismiss_sentinel(capped);
                self.look_again(searching);
                Duty::Sit { capped, room }
            }
            Rest::Park => {
                shared.check_deadline();
                self.look_again(searching);
                Duty::Park
            }
            Rest::Surplus => {
                shared.check_deadline();
                Duty::End
            }
            Rest::Closing => Duty::End,
        }
    }

    /// Rule 6: who counted on this thread's search, or pushed to all, before it went to rest?
    fn look_again(&self, searching: bool) {
        if !self.shared.inject.is_empty() || (searching && self.sees_work(Victims::Worthwhile)) {
            self.shared.notify();
        }
    }

    fn park(&self) -> Duty {
        call(self.shared.config.on_thread_park.as_ref());
        self.parker.park();
        call(self.shared.config.on_thread_unpark.as_ref());
        if self.shared.is_closing() {
            return Duty::End;
        }
        self.hold(self.shared.idle.redeem());
        Duty::Run(true)
    }

    /// Sleeps in the driver, and stands up with what came.
    fn sit(&self, mut capped: bool, mut room: Room) -> Duty {
        let shared = &self.shared;
        let since = loom::now();
        let mut events = self.events.take();
        loop {
            let may_sleep = shared.inject.is_empty() && !shared.is_closing();
            let due = shared.sleep_in_seat(may_sleep, capped, room, &mut events);
            if may_sleep && events.is_empty() && !due {
                if let Some(stays) = shared.stay(capped) {
                    (capped, room) = stays;
                    continue;
                }
            }
            break;
        }
        let rest = loom::now().saturating_duration_since(since);
        shared.thrift.rested(rest);
        self.tempo.rested(rest, !events.is_empty());
        let (up, guard) = shared.idle.stand_up(!shared.is_closing());
        let duty = match up {
            Up::Reserved => {
                self.hold(shared.idle.redeem());
                Duty::Run(true)
            }
            Up::Slot => {
                self.hold(shared.idle.redeem());
                Duty::Run(false)
            }
            Up::NoSlot => Duty::Rest,
        };
        shared.guard(guard);
        shared.dispatch(&mut events);
        self.events.replace(events);
        shared.fire_timers();
        // At low rates the alarm has just been set.
        if shared.thrift.is_at_high_rate() {
            shared.watch(self.slot());
        }
        duty
    }
}

impl Shared {
    /// Starts a thread for every regular slot, and the sentinel's.
    pub(crate) fn start_all(self: &Arc<Self>) -> io::Result<()> {
        if self.config.flavor() == Flavor::CurrentThread {
            return Ok(());
        }
        for _ in 0..self.config.slots() {
            let Some(guard) = self.idle.reserve() else {
                break;
            };
            start(self, Role::Worker).inspect_err(|_| self.idle.cancel_reservation())?;
            match guard {
                Guard::StartPost => {
                    start(self, Role::Sentinel).inspect_err(|_| self.idle.post_refused())?;
                }
                guard => self.guard(guard),
            }
        }
        self.ensure_sitter();
        Ok(())
    }

    /// One sleep of the sitter: until an event, a kick, the first deadline, or the cap. True if a
    /// timer is due now.
    pub(super) fn sleep_in_seat(
        &self,
        may_sleep: bool,
        capped: bool,
        room: Room,
        events: &mut Vec<Event>,
    ) -> bool {
        let deadline = self.next_deadline();
        // Taken back below: an inserter that finds no deadline kicks.
        let _published = self.seat.publish_deadline(deadline);
        let now = if deadline == u64::MAX {
            0
        } else {
            self.clock().now_ns()
        };
        if deadline <= now {
            return true;
        }
        if !may_sleep {
            return false;
        }
        if !capped && self.may_jump(deadline) {
            // What has arrived comes first. A kick that this takes stays in the word: no sleep
            // before that is looked at again.
            let looked = self.seat.sleep(room, Some(Duration::ZERO), || true, events);
            return looked.is_ok() && events.is_empty() && self.auto_advance(deadline);
        }
        let starved = self.blocking().is_starved();
        let cap = (capped || starved).then_some(LOOK_INTERVAL);
        let left = if self.clock().is_paused() {
            None
        } else {
            time_left(now, deadline)
        };
        let timeout = [cap, left].into_iter().flatten().min();
        call(self.config.on_thread_park.as_ref());
        let timeout = match &self.config.on_thread_park {
            // What the hook queued for this very thread kicks nobody.
            Some(_) if runner::has_own_work() => Some(Duration::ZERO),
            _ => timeout,
        };
        let is_kicked = || self.idle.snapshot().seat_is_kicked();
        let slept = self.seat.sleep(room, timeout, is_kicked, events);
        if slept.is_err() {
            self.stats.driver_error();
            // A driver that cannot wait must not become a busy loop.
            loom::thread::sleep(Duration::from_millis(1));
        }
        call(self.config.on_thread_unpark.as_ref());
        self.blocking().retry();
        deadline != u64::MAX && deadline <= self.clock().now_ns()
    }

    /// Rule 14: with a paused clock and nothing else to do, time goes on by itself to the next
    /// deadline.
    fn auto_advance(&self, deadline: u64) -> bool {
        // Who fires timers holds the clock until it has woken.
        self.used_slots()
            .for_each(|(_, slot)| slot.wheel.see_fired());
        // The clock looks once more for holds: who gave a slot back may have woken a parked guest.
        self.may_jump(deadline) && self.clock().advance_to(deadline)
    }

    fn may_jump(&self, deadline: u64) -> bool {
        let clock = self.clock();
        deadline != u64::MAX
            && clock.is_paused()
            && !clock.is_held()
            && self.idle.is_quiet()
            && self.inject.is_empty()
            && !self.stealable()
    }

    /// The sitter found nothing to do; the new cap, or `None` if it has to stand up.
    pub(super) fn stay(self: &Arc<Self>, capped: bool) -> Option<(bool, Room)> {
        if capped {
            self.look(None);
        }
        let room = self.seat.choose();
        self.idle.stay().map(|capped| (capped, room))
    }
}

/// `IoMode::Dedicated`: this thread has the seat for good; what it wakes goes to the shared queue.
fn sit_for_good(shared: &Arc<Shared>) {
    let mut events = Vec::new();
    loop {
        let room = shared.seat.choose();
        let Some(capped) = shared.idle.sit_dedicated() else {
            return;
        };
        shared.sleep_in_seat(!shared.is_closing(), capped, room, &mut events);
        let guard = shared.idle.stay_awake();
        shared.guard(guard);
        shared.dispatch(&mut events);
        shared.fire_timers();
        if capped {
            shared.look(None);
        }
    }
}
