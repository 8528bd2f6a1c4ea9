//! The current-thread runtime: rule 13.
//!
//! One slot and no threads. Whoever is in `block_on` and has the *turn* holds the slot, runs all
//! tasks in the order they were queued, and sits in the driver. Other callers only poll their own
//! futures; they park, and one of them has the turn next when the holder leaves. There is no
//! sentinel and no rescue: a poll that does not return stalls everything.
//!
//! **The turn** is a flag behind a lock; who waits for it is on the list of those inside (`Guests`). A
//! waiter (1) enters the list, (2) finds the flag set, (3) parks. Who gives the turn (a) clears the
//! flag, (b) unparks all that are listed. *No waiter sleeps beside a free turn*: if its last (2) came
//! before (a), by the lock, then so did (1), and (b) finds it; the token ends (3), and it is at (2)
//! again. All are unparked, since one that is just leaving would not pass the turn on. Model:
//! `loom_turn_who_waits_is_told_or_finds_it_free`.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::Caller;
use super::guest::OwnWaker;
use super::runner::{self, Kind, Runner};
use super::shared::Shared;
use super::slot::Slot;
use super::worker::call;
use crate::coop;
use crate::loom::Mutex;
use crate::task::Notified;

/// The right to hold the one slot.
pub(super) struct Turn {
    taken: Mutex<bool>,
}

impl Turn {
    pub(super) fn new() -> Turn {
        Turn {
            taken: Mutex::new(false),
        }
    }

    /// Takes the turn, if it is free.
    pub(super) fn take(&self) -> bool {
        !std::mem::replace(&mut *self.taken.lock(), true)
    }

    /// Step (a); (b) is the caller's.
    pub(super) fn give(&self) {
        *self.taken.lock() = false;
    }
}

impl Shared {
    /// Gives the turn to whoever comes first.
    pub(super) fn give_turn(&self) {
        self.turn.give();
        self.stir_guests();
    }
}

/// Polls `future` to its end on this thread; with the turn, all tasks as well.
pub(super) fn block_on<F: Future>(shared: &Arc<Shared>, future: F, caller: Caller) -> F::Output {
    let runner = Runner::new(shared, Kind::Only(caller), None);
    let own = OwnWaker::new(shared, runner.parker.unparker());
    let _current = runner::make_current(&runner);
    shared.guests.lock().enter(&own);
    let holder = Holder {
        runner: &runner,
        own: &own,
    };
    let waker = Waker::from(Arc::clone(&own));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    if caller != Caller::Handle {
        holder.take_turn();
    }
    loop {
        if own.word().take() {
            let _polls = runner.hold_clock(own.word());
            let _budget = coop::budget();
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
        }
        holder.take_turn();
        if !runner.holds_slot() || shared.is_closing() {
            holder.park();
        } else if !holder.run_some() {
            holder.sit();
        }
    }
}

struct Holder<'a> {
    runner: &'a Runner,
    own: &'a Arc<OwnWaker>,
}

impl Holder<'_> {
    /// Holds the slot, if the turn is free.
    fn take_turn(&self) {
        if !self.runner.holds_slot() && self.runner.shared.turn.take() {
            self.runner.hold(0);
        }
    }

    /// Runs tasks until there is none, or it is the own future's turn; false if there was none.
    ///
    /// The own future has its place in the queue: who wakes it, or it itself by giving way, puts it
    /// behind the tasks that wait already. So after one `yield_now` all of them have run once.
    fn run_some(&self) -> bool {
        let shared = &self.runner.shared;
        let mut any = false;
        let mut ahead = self.ahead();
        loop {
            self.runner.glance_in_time();
            let Some(entry) = self.next() else {
                return any;
            };
            self.runner.poll(entry);
            any = true;
            ahead = match ahead {
                None => self.ahead(),
                Some(count) => Some(count.saturating_sub(1)),
            };
            if ahead == Some(0) || shared.is_closing() || !self.runner.holds_slot() {
                return true;
            }
        }
    }

    /// How many tasks are polled before the own future, if that was woken.
    fn ahead(&self) -> Option<usize> {
        if !self.own.word().is_woken() {
            return None;
        }
        let waiting = self.runner.local().map_or(0, Slot::len);
        Some(waiting.min(self.runner.shared.config.event_interval as usize))
    }

    fn next(&self) -> Option<Notified> {
        let early = self.runner.shared_in_time();
        early
            .or_else(|| self.runner.next_local())
            .or_else(|| self.runner.next_shared())
    }

    /// Sleeps in the driver.
    fn sit(&self) {
        let shared = &self.runner.shared;
        if !self.own.word().will_sit() {
            // It only gave way, and nobody else has work: the driver's turn.
            self.runner.glance();
            return;
        }
        self.runner.end_turn();
        let room = shared.seat.choose();
        if shared.idle.sit_dedicated().is_some() {
            let mut events = self.runner.events.take();
            let may_sleep =
                shared.inject.is_empty() && !self.own.word().is_woken() && !shared.is_closing();
            shared.sleep_in_seat(may_sleep, false, room, &mut events);
            let (_, guard) = shared.idle.stand_up(false);
            shared.guard(guard);
            shared.dispatch(&mut events);
            self.runner.events.replace(events);
            shared.fire_timers();
        }
        self.runner.begin_turn();
        self.own.word().is_up();
    }

    /// Without the turn, or when all is over: only the own future counts.
    fn park(&self) {
        let shared = &self.runner.shared;
        if shared.is_closing() {
            shared.end_waits();
            shared.try_finish();
        }
        if self.own.word().will_sit() && self.own.word().will_park() {
            call(shared.config.on_thread_park.as_ref());
            self.runner.parker.park();
            call(shared.config.on_thread_unpark.as_ref());
        }
        self.own.word().is_up();
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        self.own.word().leave();
        self.runner.shared.guests.lock().leave(self.own);
        if self.runner.holds_slot() {
            let slot = self.runner.let_go();
            debug_assert_eq!(slot, Some(0), "there is one slot");
            self.runner.shared.give_turn();
        }
        self.runner.shared.try_finish();
    }
}
