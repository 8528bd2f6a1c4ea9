//! The end of a runtime: rule 15.
//!
//! Everyone who works for the runtime is counted as *inside*: its threads, guests in `block_on`,
//! whoever drops it. Steps:
//!
//! 1. `close`: the flag and the word's bit; all sleepers are woken; from now on nobody sleeps for
//!    the runtime.
//! 2. Each of those inside, after its current poll, closes all lists of live tasks and cancels what
//!    is on them. An idle task is dropped by the canceller; a queued one by whoever takes its entry
//!    (queues are emptied too); a running one by its runner when the poll returns.
//! 3. Each leaves. The last one out waits for entries still on their way (a waker between its
//!    `NOTIFIED` and its push), cancels them, and when no task lives: the driver and the wheels are
//!    shut down and their waiters woken, and whoever waits for the end goes on.
//!
//! *Nobody is missed*: whoever runs a task is inside, so the last one out finds no running task; a
//! task that is neither running nor queued was cancelled in step 2, since lists are closed before
//! they are read. Memory goes with the last count on the shared state, later wakers keep only the
//! header of a task.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::shared::Shared;
use crate::park::driver::Alarm as _;

/// How long the last one out sleeps between looks for entries on their way.
const STRAGGLER_PAUSE: Duration = Duration::from_micros(50);

/// Who is inside.
#[derive(Debug, Default)]
pub(super) struct Threads {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    closing: bool,
    ended: bool,
    dedicated: bool,
}

impl Threads {
    /// One more is inside; false if the runtime has ended.
    pub(super) fn enter(&self) -> bool {
        let mut state = self.state.lock();
        if !state.ended {
            state.inside += 1;
        }
        !state.ended
    }

    /// Whether the caller is to start the dedicated sitter.
    pub(super) fn claim_dedicated(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().dedicated, true)
    }

    pub(super) fn dedicated_refused(&self) {
        self.state.lock().dedicated = false;
    }
}

/// A place inside, given up on drop.
#[derive(Debug)]
pub(crate) struct Inside {
    shared: Arc<Shared>,
    counted: bool,
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.counted {
            if self.shared.is_closing() {
                self.shared.cancel_all();
            }
            self.shared.leave();
        }
    }
}

impl Shared {
    /// The calling thread works for the runtime until the result is dropped.
    pub(crate) fn step_inside(self: &Arc<Self>) -> Inside {
        Inside {
            counted: self.threads.enter(),
            shared: Arc::clone(self),
        }
    }

    /// Steps 1 and 2, by whoever drops the runtime. Does not wait for others.
    pub(crate) fn close(self: &Arc<Self>) {
        let inside = self.step_inside();
        // Release: pairs with `is_closing`.
        self.closing.store(true, Ordering::Release);
        let (sleepers, kick) = self.idle.close();
        for sleeper in sleepers {
            sleeper.unpark();
        }
        if kick {
            self.seat.kick();
        }
        self.alarm().ring();
        self.plain_alarm.ring();
        self.turn.close();
        self.threads.state.lock().closing = true;
        self.blocking().close();
        drop(inside);
    }

    /// Step 2: cancels every task that is neither running nor on its way to a queue.
    pub(super) fn cancel_all(&self) {
        for slot in &self.slots {
            for task in slot.tasks.close() {
                task.shutdown();
            }
        }
        self.drain();
    }

    /// Takes and drops every entry there is.
    fn drain(&self) {
        while let Some(entry) = self.inject.pop() {
            drop(entry);
        }
        for slot in &self.slots {
            while let Some(entry) = slot.steal_one().or_else(|| slot.take_cell()) {
                drop(entry);
            }
        }
    }

    /// Step 3.
    pub(super) fn leave(&self) {
        let last = {
            let mut state = self.threads.state.lock();
            state.inside -= 1;
            state.inside == 0 && state.closing && !state.ended
        };
        if !last {
            return;
        }
        self.cancel_all();
        while self.live_tasks() > 0 {
            std::thread::sleep(STRAGGLER_PAUSE);
            self.drain();
        }
        for slot in &self.slots {
            let report = slot.wheel.close();
            self.stats
                .foreign_panics(usize::from(report.panic.is_some()));
        }
        self.shut_driver_down();
        self.threads.state.lock().ended = true;
        self.threads.ended.notify_all();
    }

    /// Waits until the last one is out, and for started blocking closures; false if `deadline` came
    /// first.
    pub(crate) fn wait_for_end(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.threads.state.lock();
        while !state.ended {
            match deadline {
                None => self.threads.ended.wait(&mut state),
                Some(deadline) => {
                    if self
                        .threads
                        .ended
                        .wait_until(&mut state, deadline)
                        .timed_out()
                    {
                        return state.ended && self.blocking().wait_for_end(Some(deadline));
                    }
                }
            }
        }
        drop(state);
        self.blocking().wait_for_end(deadline)
    }
}
