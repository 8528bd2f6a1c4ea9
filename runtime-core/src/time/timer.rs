//! One deadline that a task may wait for: what [`Sleep`](super::Sleep) and
//! [`Interval`](super::Interval) are made of.
//!
//! **States.** *Fresh*: as idle, and the first poll gives way in any case. *Idle*: nobody waits;
//! nothing is registered. *Reset*: as idle, and who asks is told whether the deadline has passed.
//! *Waiting*: the shard knows the last poll's waker under a key. *Elapsed*: a poll has seen the
//! deadline passed; stays so until a reset.
//!
//! **Home.** The shard is that of the slot on which the timer was made. A registration goes to the
//! shard of the slot that polls, if it is of the same runtime: the registering thread is then most
//! likely alone with its lock. Nothing is counted anywhere, and no two slots share a word on this
//! path.
//!
//! **A poll at or after the deadline is ready**, whether or not a thread has fired the shard yet:
//! the poll reads the clock itself. So a time-out strikes even if the task that holds it never lets
//! the scheduler look.
//!
//! **A wake-up is not lost**: the waker is registered before `Pending` is returned, on condition
//! that the clock had not reached the deadline; a later arrival of the deadline is the shard's
//! business (its T1 and T2).

use std::fmt;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::context;
use crate::coop;
use crate::loom::Arc;
use crate::time::Instant;
use crate::timer::timers::{Closed, Registered, Shard};
use crate::timer::wheel::Key;

/// A deadline, and the registration of whoever waits for it.
pub(super) struct Timer {
    deadline: Instant,
    shard: Arc<Shard>,
    state: State,
}

enum State {
    Fresh,
    Idle,
    Reset,
    Waiting(Key),
    Elapsed,
}

/// The timers of the current runtime.
///
/// # Panics
/// Outside of any.
#[track_caller]
#[inline]
pub(super) fn current_shard() -> Arc<Shard> {
    match context::with_timer_shard(|shard| shard.cloned()) {
        Some(shard) => shard,
        None => no_runtime(),
    }
}

#[cold]
#[track_caller]
fn no_runtime() -> ! {
    panic!(
        "there is no runtime running on this thread: a timer is made inside `block_on`, inside a \
         task, or while a guard of `Handle::enter` is held"
    )
}

impl Timer {
    /// A timer of the current runtime.
    #[track_caller]
    #[inline]
    pub(super) fn at(deadline: Instant) -> Timer {
        Timer {
            deadline,
            shard: current_shard(),
            state: State::Idle,
        }
    }

    /// A timer of the current runtime, due after a while.
    #[track_caller]
    #[inline]
    pub(super) fn after(duration: Duration) -> Timer {
        let shard = current_shard();
        let deadline = Instant::from_std(shard.clock().now()).add_or_far(duration);
        Timer {
            deadline,
            shard,
            state: State::Idle,
        }
    }

    /// The same, never ready at its first poll.
    #[inline]
    pub(super) fn that_gives_way(mut self) -> Timer {
        self.state = State::Fresh;
        self
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The present on the timer's own clock.
    pub(super) fn now(&self) -> Instant {
        Instant::from_std(self.shard.clock().now())
    }

    /// Whether the deadline was seen to pass, by a poll or by the shard, or has passed since a reset.
    /// A timer that was neither polled nor reset has seen nothing.
    pub(super) fn is_elapsed(&self) -> bool {
        match self.state {
            State::Fresh | State::Idle => false,
            State::Reset => self.is_due(),
            State::Waiting(key) => self.shard.is_fired(key),
            State::Elapsed => true,
        }
    }

    /// Sets another deadline. Whoever waits goes on waiting, for that one; if it has passed already,
    /// they are woken before this returns. The clock is only read if it is the earlier one: past a
    /// later one the shard fires anyway.
    pub(super) fn reset(&mut self, deadline: Instant) {
        let is_earlier = deadline < self.deadline;
        self.deadline = deadline;
        self.state = match self.state {
            State::Waiting(key) if is_earlier && self.is_due() => {
                self.state = State::Elapsed;
                if let Some(waker) = self.shard.cancel(key) {
                    waker.wake();
                }
                return;
            }
            State::Waiting(key) => match self.shard.reset(key, self.deadline_ns()) {
                Registered::Waiting => State::Waiting(key),
                Registered::Fired | Registered::Closed => State::Reset,
            },
            State::Fresh | State::Idle | State::Reset | State::Elapsed => State::Reset,
        };
    }

    /// Ready from the deadline on; before, the task of `cx` is registered.
    #[inline]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let unit = ready!(coop::poll_proceed(cx));
        let elapsed = match self.state {
            State::Elapsed => true,
            State::Fresh if self.is_due() => {
                self.state = State::Elapsed;
                cx.waker().wake_by_ref();
                false
            }
            State::Fresh | State::Idle | State::Reset => self.is_due() || self.register(cx),
            State::Waiting(key) => self.look(key, cx),
        };
        if !elapsed {
            return Poll::Pending;
        }
        self.state = State::Elapsed;
        unit.made();
        Poll::Ready(())
    }

    /// Goes to the home of the polling thread and waits there; never elapsed yet.
    #[inline]
    fn register(&mut self, cx: &mut Context<'_>) -> bool {
        let elsewhere = context::with_timer_shard(|here| {
            let is_other = |here: &&Arc<Shard>| {
                !Arc::ptr_eq(here, &self.shard) && here.is_sibling(&self.shard)
            };
            here.filter(is_other).cloned()
        });
        if let Some(here) = elsewhere {
            self.shard = here;
        }
        match self.shard.insert(self.deadline_ns(), cx.waker().clone()) {
            Ok(key) => self.state = State::Waiting(key),
            Err(Closed) => shut_down_unless_cancelled(),
        }
        false
    }

    /// Whether a registered deadline has passed; if not, the task of `cx` is the one that waits.
    fn look(&mut self, key: Key, cx: &mut Context<'_>) -> bool {
        match self.shard.poll(key, cx.waker()) {
            Registered::Fired => true,
            Registered::Waiting if self.is_due() => {
                drop(self.shard.cancel(key));
                true
            }
            Registered::Waiting => false,
            Registered::Closed => {
                self.state = State::Idle;
                let is_due = self.is_due();
                if !is_due {
                    shut_down_unless_cancelled();
                }
                is_due
            }
        }
    }

    #[inline]
    fn is_due(&self) -> bool {
        self.shard.clock().has_reached(self.deadline.into_std())
    }

    #[inline]
    fn deadline_ns(&self) -> u64 {
        self.shard.clock().ns_of(self.deadline.into_std())
    }
}

impl Drop for Timer {
    #[inline]
    fn drop(&mut self) {
        if let State::Waiting(key) = self.state {
            drop(self.shard.cancel(key));
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A task that is about to be cancelled may wait for ever.
#[cold]
fn shut_down_unless_cancelled() {
    assert!(
        context::is_in_cancelled_task(),
        "the runtime of this timer was shut down: the wait would never end"
    );
}
