//! A thread in `block_on` on a multi-thread runtime: rule 11.
//!
//! It polls its own future and nothing else: a task that blocks, in `block_in_place` or without it,
//! would lie on top of that future, which no other thread can poll, and the two might wait for each
//! other. It has a queue and a wheel of its own: what it spawns and wakes is pushed there, where others
//! steal it, and what is left when its future waits goes to the shared queue.
//!
//! **Where it rests.** While tasks are alive it parks, and a worker sits: who is woken by the events
//! then also runs the tasks. While none are, it sits itself, if the seat is empty: a program that
//! spawns nothing needs no other thread. Kicked there to help, it gives the reservation back and then
//! calls for a helper, as if it had pushed: whoever pushed in between relied on that reservation, and
//! did so before it was given back, in the word's order. Model: `loom_guest_hands_its_reservation_on`.
//! A future that is never at rest gives the driver its turn by glances.
//!
//! **Alone.** Where a thread was refused the guests do it all: each borrows a free regular slot, one
//! poll at a time, and checks its own future after each; and one of them sits. No guest is among those
//! whom the scheduler's word knows how to wake, so who is refused tells them all: it (r1) counts the
//! refusal, (r2) cancels the reservation, (r3) unparks all that are inside. A guest (g1) enters the
//! list, (g2) looks for a refusal and for work, (g3) tries the seat, (g4) parks. *None sleeps beside an
//! empty seat, or beside what was pushed*: one that is on the list at (r3) comes to (g2) again, by its
//! token; one that enters it later comes to (g2) for the first time after that, by the list's lock.
//! Either way (r1) and (r2) are over: it takes what is there, and the seat, unless others have both;
//! and they do as much when they give them up. Model: `loom_guest_is_told_of_a_refused_thread`.
//!
//! **Its own wake-up.** One word: `AWAKE`, `PARKED`, `SITTING`, `WOKEN`. Guest: (1) `AWAKE →
//! SITTING`, fails if `WOKEN`; (2) claim the seat in the scheduler's word; got it: (3) look at the
//! own word once more, sleep in the driver; not: (3') `SITTING → PARKED`, fails if `WOKEN`, park.
//! Waker: (a) `swap WOKEN`; (b) was `PARKED`: unpark; was `SITTING`: nudge the sitter.
//!
//! *No wake-up is lost*: (a) before (1) or (3'): they fail. (a) after (3'): the thread is unparked.
//! (a) between (1) and (2): the nudge is a read-modify-write of the scheduler's word and comes
//! before the claim (2), so (3) sees `WOKEN`; or it comes after and finds the seat asleep, and
//! kicks. A nudge may hit another sitter if the guest has just stood up: it looks around and sleeps
//! on.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use super::idle::Up;
use super::own_wake::{OwnWake, Rouse};
use super::runner::{self, Kind, Runner};
use super::search::Victims;
use super::shared::Shared;
use super::worker::call;
use crate::coop;
use crate::loom;
use crate::park::parker::Unparker;
use crate::park::seat::Room;
use crate::timer::clock::Clock;

/// The waker of a guest's own future. One that is kept keeps no runtime.
pub(super) struct OwnWaker {
    word: OwnWake,
    unparker: Unparker,
    clock: loom::Arc<Clock>,
    shared: Weak<Shared>,
}

impl OwnWaker {
    pub(super) fn new(shared: &Arc<Shared>, unparker: Unparker) -> Arc<OwnWaker> {
        Arc::new(OwnWaker {
            word: OwnWake::new(),
            unparker,
            clock: loom::Arc::clone(shared.clock()),
            shared: Arc::downgrade(shared),
        })
    }

    /// The word that says where the guest sleeps.
    pub(super) fn word(&self) -> &OwnWake {
        &self.word
    }
}

impl Wake for OwnWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match self.word.wake_at(&self.clock) {
            Rouse::Unpark => self.unparker.unpark(),
            Rouse::Nudge => {
                if let Some(shared) = self.shared.upgrade() {
                    shared.nudge();
                }
            }
            Rouse::Nothing => {}
        }
    }
}

/// Who is inside, and which queues are free for those that come.
pub(super) struct Guests {
    free: Vec<u32>,
    inside: Vec<Arc<OwnWaker>>,
}

impl Guests {
    pub(super) fn new(free: Vec<u32>) -> Guests {
        Guests {
            free,
            inside: Vec::new(),
        }
    }

    /// Whether others are inside.
    pub(super) fn enter(&mut self, guest: &Arc<OwnWaker>) -> bool {
        self.inside.push(Arc::clone(guest));
        self.inside.len() > 1
    }

    /// Whether others are inside: they may be parked, with timers that a sitter must look after.
    pub(super) fn leave(&mut self, guest: &Arc<OwnWaker>) -> bool {
        self.inside.retain(|other| !Arc::ptr_eq(other, guest));
        !self.inside.is_empty()
    }

    /// All of them, who look around when they are woken.
    pub(super) fn inside(&self) -> Vec<Arc<OwnWaker>> {
        self.inside.clone()
    }
}

impl Shared {
    /// All who are inside look around, also those that are about to park; no future is polled for it.
    pub(super) fn stir_guests(&self) {
        let inside = self.guests.lock().inside();
        inside.iter().for_each(|guest| guest.unparker.unpark());
    }
}

/// Polls `future` to its end on this thread.
pub(super) fn block_on<F: Future>(shared: &Arc<Shared>, future: F) -> F::Output {
    let home = shared.guests.lock().free.pop();
    let runner = Runner::new(shared, Kind::Guest, home);
    let own = OwnWaker::new(shared, runner.parker.unparker());
    if shared.guests.lock().enter(&own) {
        shared.needs_guard();
    }
    let _current = runner::make_current(&runner);
    let guest = Guest {
        runner: &runner,
        own: &own,
    };
    let waker = Waker::from(Arc::clone(&own));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if own.word().take() {
            runner.glance_in_time();
            runner.count_guest();
            let _polls = runner.hold_clock(own.word());
            let _budget = coop::budget();
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            continue;
        }
        if shared.is_closing() {
            guest.give_back();
            shared.end_waits();
            shared.try_finish();
        } else if guest.is_alone() && guest.run_one() {
            continue;
        } else {
            guest.hand_over();
        }
        guest.rest();
    }
}

struct Guest<'a> {
    runner: &'a Runner,
    own: &'a Arc<OwnWaker>,
}

impl Guest<'_> {
    fn shared(&self) -> &Arc<Shared> {
        &self.runner.shared
    }

    /// Whether there may be no thread that runs tasks.
    fn is_alone(&self) -> bool {
        self.shared().stats.threads_refused() > 0
    }

    /// Whether neither a thread is there that sits or will, nor a task for whose sake one would be
    /// started.
    fn is_needed_to_sit(&self) -> bool {
        let shared = self.shared();
        // A hint, that saves the sums where threads are at work.
        let now = shared.idle.snapshot();
        now.seat_is_empty() && now.held() == 0 && !shared.has_live_tasks()
    }

    /// What it has spawned and woken goes to those who run tasks.
    fn hand_over(&self) {
        if self.runner.spill() {
            self.shared().notify();
        }
    }

    /// Runs one task in a borrowed slot; false if there is none, or no slot.
    fn run_one(&self) -> bool {
        let runner = self.runner;
        let shared = self.shared();
        let has_queued = runner.local().is_some_and(|local| local.len() > 0);
        if !has_queued && shared.inject.is_empty() && !runner.sees_work(Victims::All) {
            return false;
        }
        if !runner.holds_slot() {
            let Some((slot, guard)) = shared.idle.take() else {
                // Others hold all slots: let them have it.
                self.hand_over();
                return false;
            };
            runner.hold(slot);
            shared.guard(guard);
        }
        runner.glance_in_time();
        let entry = runner.shared_in_time();
        let entry = entry
            .or_else(|| runner.next_local())
            .or_else(|| runner.next_shared())
            .or_else(|| runner.steal(Victims::All));
        if let Some(entry) = entry {
            runner.poll(entry);
        }
        if self.own.word.is_woken() {
            self.give_back();
        }
        true
    }

    /// Gives the borrowed slot back; a push that found no slot free meanwhile is made known, and so is a
    /// timer that was inserted beside a held slot (rule 8).
    fn give_back(&self) {
        let shared = self.shared();
        if !self.runner.has_home() {
            // The queue goes with the slot.
            self.runner.spill();
        }
        if let Some(slot) = self.runner.let_go() {
            shared.idle.give(slot);
            shared.check_deadline();
            if !shared.inject.is_empty() {
                shared.notify();
            }
        }
    }

    /// Sits if the seat is empty, else parks, until there may be something to do.
    fn rest(&self) {
        let shared = self.shared();
        let linger = &self.runner.linger;
        let is_woken = || self.own.word.is_woken();
        if linger.is_worth_it() && linger.until(is_woken) || !self.own.word.will_sit() {
            return self.give_back();
        }
        let may_sit = self.is_alone() || self.is_needed_to_sit();
        let room = shared.seat.choose();
        let counted = self.runner.uncount_guest();
        let slot = self.runner.let_go();
        let sits = if may_sit {
            let (sits, guard) = shared.idle.guest_rests(slot, counted);
            shared.guard(guard);
            sits
        } else {
            debug_assert!(slot.is_none(), "who is alone with a slot may sit");
            if counted {
                shared.idle.guest_stops();
            }
            None
        };
        match sits {
            Some(capped) => {
                shared.dismiss_sentinel(capped);
                self.sit(capped, room);
            }
            None => {
                shared.ensure_sitter();
                shared.check_deadline();
                if !shared.inject.is_empty() {
                    shared.notify();
                }
                if self.own.word.will_park() {
                    call(shared.config.on_thread_park.as_ref());
                    self.runner.parker.park();
                    call(shared.config.on_thread_unpark.as_ref());
                }
            }
        }
        self.own.word.is_up();
        self.runner.count_guest();
    }

    fn sit(&self, mut capped: bool, mut room: Room) {
        let shared = self.shared();
        let since = loom::now();
        let mut events = self.runner.events.take();
        loop {
            let has_work = self.is_alone() && !shared.inject.is_empty();
            let may_sleep = !self.own.word.is_woken() && !has_work && !shared.is_closing();
            let due = shared.sleep_in_seat(may_sleep, capped, room, &mut events);
            if may_sleep && events.is_empty() && !due && !self.own.word.is_woken() {
                if let Some(stays) = shared.stay(capped) {
                    (capped, room) = stays;
                    continue;
                }
            }
            break;
        }
        self.own.word.is_up();
        shared
            .thrift
            .rested(loom::now().saturating_duration_since(since));
        let (up, guard) = shared.idle.stand_up(false);
        shared.guard(guard);
        shared.dispatch(&mut events);
        self.runner.events.replace(events);
        shared.fire_timers();
        if up == Up::Reserved {
            // It was kicked to help, and nobody else comes for what is there as long as it has the
            // reservation.
            shared.idle.cancel_reservation();
            if !self.is_alone() {
                shared.notify();
            }
        }
    }
}

impl Drop for Guest<'_> {
    /// The guest leaves: what it has queued is handed over, and somebody else sits if anything
    /// lives.
    fn drop(&mut self) {
        let shared = self.shared();
        self.own.word.leave();
        let had_work = self.runner.spill();
        self.give_back();
        if self.runner.uncount_guest() {
            shared.idle.guest_stops();
        }
        let others = {
            let mut guests = shared.guests.lock();
            guests.free.extend(self.runner.leave_home());
            guests.leave(self.own)
        };
        if had_work {
            shared.notify();
        }
        if shared.is_closing() {
            shared.try_finish();
        } else if others || shared.live_tasks() > 0 {
            shared.ensure_sitter();
        }
    }
}
