//! Slots, threads and one seat: how ready tasks find threads, and threads find sleep.
//!
//! Three things are kept apart. A **slot** is the right to run tasks, with a queue, a cell, a wheel
//! and a list of live tasks. A **thread** borrows a slot to run tasks. The **seat** is the right to
//! sleep in the I/O driver; whoever sits is the shared I/O driver thread of the moment and holds no
//! slot.
//!
//! # A task's journey
//!
//! `spawn` makes the task and puts its entry into the spawner's cell; what was in the cell moves to
//! the back of the queue. The holder takes from its cell (three times in a row at most), then its
//! queue, then the shared queue, then from others. A poll that is pending leaves the task idle,
//! known only to its wakers, and to the live list of the slot that had it at its first such poll. A
//! wake makes an entry again. On a thread of the runtime it goes into that thread's cell, else into
//! the shared queue. At its end the task leaves its list, and its output waits for the join handle.
//!
//! # The rules
//!
//! 1. *Word.* One packed atomic in `idle.rs` has the counts of free and held slots, searchers,
//!    parked threads and polling guests, the seat's state, the sentinel's. Every change is one
//!    read-modify-write.
//! 2. *Invariant.* While a slot is held or a guest polls beside tasks, there is a sitter with a cap
//!    of 1 ms, or the sentinel is on. While none is held and a task, timer or source of somebody's
//!    exists, there is a sitter. Whoever would break the first arms the sentinel in the same
//!    change; whoever would break the second wakes or starts a thread for the seat. A refused
//!    thread is counted, and the next change tries again.
//! 3. *Who sits.* A thread without a slot takes the seat only while a slot is free. If all are
//!    held, holders glance at the driver every so many polls and the sentinel does if they do not:
//!    no poller preempts the workers for each packet.
//! 4. *The sentinel* glances, it never sits: see `sentinel.rs`.
//! 5. *Push.* To the shared queue: push, then a read-modify-write of the word. If there is a
//!    searcher or no slot is free, done. Else wake the thread parked last, or else the sitter, or
//!    else start a thread; it is counted as holder and searcher in the same change. A push to the
//!    pusher's own queue looks at the word by a plain load only, and asks nobody while the queue has
//!    a respite: `respite.rs`.
//! 6. *Sleep.* Give the slot back and stop searching in one change, re-check every shared queue,
//!    sleep. A searcher that finds work and was the last one looks once more, and wakes the next if
//!    there is more. Where events come fast, a look into the driver comes before all that: `tempo.rs`.
//! 7. *Seat.* See `park/seat.rs`: claim in the word, re-check, poll; the events leave the lock with
//!    the sitter, who first takes a slot and then wakes tasks: they land in its own queue, and it
//!    runs them. One context switch from packet to task.
//! 8. *Timers.* Each wheel publishes its first deadline. An inserter that holds a slot never kicks.
//!    Who inserts without one, or gives the last held slot back without sitting down, compares with
//!    the deadline that the sitter published, and kicks if it is earlier.
//! 9. *Stall*: see `sentinel.rs`.
//! 10. *Spare*: see `sentinel.rs`.
//! 11. *Guest*: see `guest.rs`.
//! 12. *Blocking in place.* The thread gives its slot back with its queue, an orphan from then on
//!     (`respite.rs`), wakes somebody for what is in it, and is without slot and queue; afterwards
//!     it takes a free slot, or finishes its poll without one (what it wakes goes to the shared
//!     queue) and then looks for a rest.
//! 13. *Current-thread*: see `current_thread.rs`.
//! 14. *Auto-advance* of a paused clock: by the sitter only, when no slot is held, no guest polls
//!     or is woken, and the queues and the blocking pool are empty. Guests that the word does not
//!     count, and those that are woken, are known by a hold on the clock: `own_wake.rs`.
//! 15. *Shutdown*: see `shutdown.rs`.
//!
//! # No task waits for ever
//!
//! Let an entry be pushed by step P (push; change the word) and a thread go to sleep by step S
//! (change the word; re-check; sleep). Both changes are in one order.
//!
//! *Shared queue, S before P.* P's change sees the sleeper's count. Either it wakes somebody, who
//! searches until it has looked into every shard after P; or there is a searcher, who has yet to
//! make its own S or its stop, each a change after P's, followed by a look into the shared queue
//! (rule 6): it finds the entry, or somebody else took it; or no slot is free: each holder looks
//! into the shared queue every `global_queue_interval` polls and before its S, which comes after P.
//!
//! *Shared queue, P before S.* S's re-check acquires P's push through the word, finds the shard not
//! empty, and wakes somebody (perhaps itself).
//!
//! *Own queue.* The pusher holds the slot and runs the entry after its present poll, or gives the
//! slot back with the entry (rule 12, which counts as a shared push), or spills it. If its present
//! poll does not return, or a waker that it calls between polls, the look finds a queue that is not
//! empty within 1 ms (the guard of rule 2 stands while a slot is held) and wakes a helper if a slot is
//! free; if none is, all are held, and rule 10 opens a spare once all are stuck.
//!
//! *Guest's queue.* A guest parks or sits only with its queue empty, or spilled, which counts as a
//! shared push. While it polls it is guarded as a holder is. Kicked out of the seat to help, it gives
//! the reservation back and then pushes again, as it were: whoever counted on it is served by whom
//! that wakes.
//!
//! *A thread to wake does not exist and is refused*: the reservation is cancelled, the entry stays
//! queued, and any thread that comes by takes it: a guest in `block_on`, which is told, and from then
//! on runs tasks (`guest.rs`), the next push, or the next look.
//!
//! # No event, timer or kick is lost
//!
//! While a slot is held: a look at least each millisecond polls the driver unless somebody else
//! has, and fires the wheels. While none is held: the sitter is in the driver until the first
//! deadline it knows. An earlier one is inserted without a slot (rule 8: the word orders the
//! sitter's claim and the inserter's look; whoever is second sees the other) or by a holder, who
//! looks at all wheels before it rests: it sits down with the new deadline, or compares (rule 8)
//! when it parks.
//!
//! The models of these arguments are in `loom_tests.rs`.

mod config;

mod respite;

mod slot;

mod inject;

mod countdown;
mod idle;
mod linger;

mod stats;
mod tempo;

mod entered;

mod runner;

mod search;

mod shared;

mod worker;

mod post;

mod sentinel;

mod notice;

mod own_wake;

mod guest;

mod current_thread;

mod census;

mod shutdown;

#[cfg(all(test, loom))]
mod loom_tests;

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

pub(crate) use config::{Config, Flavor};
pub use config::{IoMode, Stall};
pub(crate) use entered::{Entered, enter, entered, entered_local, with_timer_shard};
pub(crate) use idle::MAX_SLOTS;
pub(crate) use runner::{
    is_current_thread, is_in_cancelled_task, stay_on_thread, suspend, worker_index,
};
pub(crate) use shared::Shared;
pub(crate) use slot::Slot;

use crate::task::{Header, Id, JoinHandle, Kind, Notified, Schedule, new_task};

/// Through what a thread came into `block_on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Handle,
    /// On a current-thread runtime it holds the slot from the first poll on, if that is free.
    Runtime,
}

/// Starts a task on the current runtime; `None`, and the future is dropped, if there is none.
///
/// On a thread of the runtime this touches no count of the runtime's.
#[inline]
pub(crate) fn spawn_here<F>(
    future: F,
    spawned_at: &'static Location<'static>,
) -> Option<JoinHandle<F::Output>>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    runner::with_current_entered(|runner| match runner {
        Some(here) => Some(here.shared.spawn_from(runner, future, spawned_at)),
        None => Some(entered()?.spawn_from(None, future, spawned_at)),
    })
}

impl Shared {
    /// Runs `future` to its end on this thread.
    pub(crate) fn block_on<F: Future>(self: &Arc<Self>, future: F, caller: Caller) -> F::Output {
        let _entered = entered::enter_on_stack(self);
        let _passed = runner::pass_copy(self);
        let _suspended = suspend();
        let _stays = stay_on_thread(false);
        match self.config().flavor() {
            Flavor::CurrentThread => current_thread::block_on(self, future, caller),
            Flavor::MultiThread => guest::block_on(self, future),
        }
    }

    /// Runs `closure` on a thread of the blocking pool.
    pub(crate) fn spawn_blocking<F, R>(
        self: &Arc<Self>,
        closure: F,
        spawned_at: &'static Location<'static>,
    ) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let mut closure = Some(closure);
        let future = std::future::poll_fn(move |_cx| {
            let closure = closure.take().expect("a blocking task is polled once");
            std::task::Poll::Ready(closure())
        });
        // Nobody lists blocking tasks: the pool has them in its queue or runs them.
        let (entry, handle) = new_task(future, BlockingPool, Id::next(), spawned_at);
        self.blocking().submit(entry);
        if self.blocking().is_starved() {
            // Its thread was refused. Who goes on tries again, and so does who sits, but that one may be
            // asleep without a limit, having looked before: the nudge changes the word, so that it is
            // seen now or at its next claim.
            self.nudge();
            // If there is nobody at all, a thread is started to sit.
            self.ensure_sitter();
        }
        handle
    }
}

/// The scheduler of tasks that carry a closure: they run once, in the pool, and never wait.
struct BlockingPool;

impl Schedule for BlockingPool {
    const KIND: Kind = Kind::Blocking;

    fn schedule(&self, entry: Notified) {
        // Nothing but an abort of a task that was never queued could come here.
        drop(entry);
    }

    fn requeue(&self, entry: Notified) {
        drop(entry);
    }

    fn unlink(&self, _header: &Header, _list: u32) -> bool {
        false
    }
}

/// Runs `closure` on this thread, after handing the thread's slot to others.
///
/// # Panics
/// On the thread that runs a current-thread runtime, and among tasks that stay on their thread:
/// nobody could take over.
#[track_caller]
pub(crate) fn block_in_place<R>(closure: impl FnOnce() -> R) -> R {
    assert!(
        !is_current_thread() && !runner::stays_on_thread(),
        "can call blocking only when running on the multi-threaded runtime: block_in_place on a \
         current-thread runtime, or in a local task, would stop all the others; use spawn_blocking"
    );
    let _suspended = suspend();
    closure()
}
