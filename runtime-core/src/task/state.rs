//! The task's word: life-cycle bits and reference count, and the only verbs that change them.
//!
//! **Bits.** `RUNNING`: a thread polls, cancels or completes the task. `NOTIFIED`: it is to be
//! polled. `COMPLETE`: the output is stored, for good. `CANCELLED`: the future is to be dropped
//! instead of polled. `JOIN`: a join handle exists. `JOIN_WAKER`: the join waker is set and may be
//! read by the completer. The rest of the word counts references.
//!
//! ```text
//!            wake/abort                start                 complete
//!    idle ───────────────► NOTIFIED ───────────► RUNNING ───────────────► COMPLETE
//!      ▲                       ▲                  │   │ wake: + NOTIFIED
//!      └────── pause ──────────│──────────────────┘   │
//!                              └── pause (was woken) ─┘
//! ```
//!
//! **Invariants**
//! 1. *Entry*: a queue entry ([`super::Notified`]) exists if and only if `NOTIFIED ∧ ¬RUNNING ∧
//!    ¬COMPLETE`, and then exactly one: it is made by the change that brought that about, and used
//!    up by [`State::start`].
//! 2. *Stage*: while `RUNNING` the stage belongs to the runner; after `COMPLETE` to the join handle
//!    if `JOIN` was set in the completing change, else to the completer. Nobody else touches it
//!    before the last reference.
//! 3. *One end*: `COMPLETE` is set once, by the runner, and never cleared. Cancelling goes the same
//!    way: who holds the entry starts the task, sees `CANCELLED` and drops the future.
//! 4. *Pin*: hence a task with an entry cannot complete before that entry has been taken from a
//!    queue. A waker that turned idle into `NOTIFIED` may use the task's scheduler until it has
//!    handed the entry over.
//! 5. *Join waker*: the cell belongs to the join handle while `JOIN_WAKER` is clear, and is empty
//!    then but within an operation of the handle. Setting the bit lends the waker in it: the handle
//!    may still compare it. If the bit is set in the completing change, the waker is the
//!    completer's, who moves it out and leaves the bits as they are, since the handle may be
//!    comparing them; whoever compares looks for `COMPLETE` afterwards, and nobody reads or drops
//!    the cell again.
//!
//! 6. *Listed*: a task is on a live list before it is idle for the first time, so that a shutdown finds
//!    it while only wakers know it. Which list is written by whoever holds the entry or runs the task.
//!    A runner links it before [`State::pause`], uncounted: until then the runner's reference is the
//!    list's as well, and the pausing change leaves it to the list (or adds one, if the task stays
//!    with its runner or becomes an entry). A closer that finds it in between takes a reference of
//!    its own and finds it running; a runner that finds the list closed cancels.
//!
//! **No wake-up is lost.** A wake is one `fetch_or` of `NOTIFIED`, so it is ordered against `start`
//! and `pause`, which are read-modify-writes of the same word. Before `start`: the poll that
//! follows has acquired what the waker released. Between `start` and `pause`: `pause` sees the bit
//! and makes an entry. After `pause`: the waker sees an idle task and makes the entry itself. A
//! wake of a task that is already `NOTIFIED` still writes the word, so the next poll sees its data
//! too.
//!
//! **Orderings.** Every change is AcqRel unless said otherwise: it hands the stage, or what belongs to
//! who holds the entry, from one owner to the next. A change after a look is Release: the look before
//! it, or the exchange that failed, has acquired what it decides on. A new reference is Relaxed (it is
//! made from one that exists); giving one up is AcqRel, so that the last sees all that the others did.
//! Who sees by an Acquire load that the rest of the count is its own need not give it up: references
//! are made from references, so nobody else can come by one.

use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::first_look;

const RUNNING: usize = 1;
const NOTIFIED: usize = 1 << 1;
const COMPLETE: usize = 1 << 2;
const CANCELLED: usize = 1 << 3;
const JOIN: usize = 1 << 4;
const JOIN_WAKER: usize = 1 << 5;
const REFERENCE: usize = 1 << 6;

/// The references that every task is born with: first queue entry, join handle.
const AT_BIRTH: usize = 2 * REFERENCE;

/// See the module's header.
#[derive(Debug)]
pub(super) struct State(AtomicUsize);

/// What the holder of an entry does after [`State::start`].
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    Poll,
    /// Drop the future and complete.
    Cancel,
}

/// What the runner does after a poll that was pending.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// The task is idle and somebody else has a reference.
    Idle,
    /// The task is idle for ever: nobody can wake it. Free it.
    Free,
    /// It was woken during the poll: the runner's reference is now an entry to be queued.
    Requeue,
    /// Still running: drop the future and complete.
    Cancel,
}

/// What a waker does.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Queue an entry: for `wake_by_value` the waker's reference became the entry's, else a new one
    /// was made.
    Queue,
    Nothing,
}

/// What the completer owes the join handle.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Complete {
    /// No join handle: the completer drops the output.
    DropOutput,
    WakeJoin,
    Nothing,
}

/// What a join handle does when it is dropped.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DropJoin {
    /// The reference is given up; `true`: it was the last one.
    Released(bool),
    /// The waker cell is the handle's again: empty it, then give the reference up.
    DropWaker,
    /// The task is complete: drop what is left of the output, then give the reference up.
    DropOutput,
}

/// Where the join handle stands.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum JoinState {
    Complete,
    /// No waker is lent: the handle may write the cell, then [`State::lend_join_waker`].
    CellIsMine,
    /// A waker is lent: the handle may compare it, or [`State::reclaim_join_waker`].
    CellIsLent,
}

impl State {
    /// With a reference more if the task is born on a live list.
    pub(super) fn new(is_listed: bool) -> State {
        let references = AT_BIRTH + usize::from(is_listed) * REFERENCE;
        State(AtomicUsize::new(references | NOTIFIED | JOIN))
    }

    /// Invariant 1: the caller holds the entry and uses it up; its reference becomes the runner's.
    pub(super) fn start(&self) -> Start {
        // By invariant 1 this clears the one bit and sets the other; and unlike a logical operation
        // it gives the old word without a loop.
        // Acquire: pairs with every wake (their data) and with the last `pause` (the stage). Nothing is
        // released: whoever finds the task running turns back, until `pause` or `complete`.
        let was = self.0.fetch_sub(NOTIFIED - RUNNING, Ordering::Acquire);
        debug_assert!(was & NOTIFIED != 0, "an entry without NOTIFIED");
        debug_assert!(
            was & (RUNNING | COMPLETE) == 0,
            "an entry of a running or complete task"
        );
        if was & CANCELLED == 0 {
            Start::Poll
        } else {
            Start::Cancel
        }
    }

    /// The runner's poll was pending. Of a task that it `has_listed` just before it leaves its
    /// reference to the list.
    pub(super) fn pause(&self, has_listed: bool) -> Pause {
        let listed = usize::from(has_listed) * REFERENCE;
        // Acquire: what came before a cancelling is seen by the drop of the future.
        let mut now = first_look::usize(&self.0, Ordering::Acquire);
        loop {
            debug_assert!(now & RUNNING != 0 && now & COMPLETE == 0);
            if now & CANCELLED != 0 {
                return Pause::Cancel;
            }
            let (next, act) = if now & NOTIFIED != 0 {
                ((now & !RUNNING) + listed, Pause::Requeue)
            } else {
                let next = (now & !RUNNING) + listed - REFERENCE;
                (
                    next,
                    if next < REFERENCE {
                        Pause::Free
                    } else {
                        Pause::Idle
                    },
                )
            };
            // Release: hands the stage to the next `start`. Acquire on failure, as by the look: what came
            // before a cancellation is seen by the future's destructor, and who frees sees all others
            // (a count that has come to one is changed by nobody else).
            match self
                .0
                .compare_exchange_weak(now, next, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return act,
                Err(found) => now = found,
            }
        }
    }

    /// The runner has stored the output.
    pub(super) fn complete(&self) -> Complete {
        // A sum, as in `start`.
        // AcqRel: hands the output to the join handle, takes the join waker from it.
        let was = self.0.fetch_add(COMPLETE - RUNNING, Ordering::AcqRel);
        debug_assert!(was & RUNNING != 0 && was & COMPLETE == 0, "completed twice");
        match (was & JOIN != 0, was & JOIN_WAKER != 0) {
            (false, _) => Complete::DropOutput,
            (true, true) => Complete::WakeJoin,
            (true, false) => Complete::Nothing,
        }
    }

    /// A wake that uses up the waker; on [`Wake::Nothing`] the waker's reference is still to be
    /// given up.
    pub(super) fn wake_by_value(&self) -> Wake {
        self.notify(NOTIFIED)
    }

    /// A wake that leaves the waker as it is.
    pub(super) fn wake_by_ref(&self) -> Wake {
        let act = self.notify(NOTIFIED);
        if act == Wake::Queue {
            self.reference();
        }
        act
    }

    /// Asks for the future to be dropped. `Queue`: the task was idle, its new entry is the caller's
    /// to run or queue.
    pub(super) fn cancel(&self) -> Wake {
        let act = self.notify(NOTIFIED | CANCELLED);
        if act == Wake::Queue {
            self.reference();
        }
        act
    }

    fn notify(&self, bits: usize) -> Wake {
        // Release: for the `start` that follows; writes even if nothing changes (see the header).
        // Acquire: who makes an entry may look at what belongs to its holder, before any `start`.
        let was = self.0.fetch_or(bits, Ordering::AcqRel);
        if was & (RUNNING | NOTIFIED | COMPLETE) == 0 {
            Wake::Queue
        } else {
            Wake::Nothing
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        // Acquire: pairs with `complete`.
        self.0.load(Ordering::Acquire) & COMPLETE != 0
    }

    pub(super) fn join_state(&self) -> JoinState {
        // Acquire: pairs with `complete`, so that the output may be read.
        let now = self.0.load(Ordering::Acquire);
        debug_assert!(now & JOIN != 0, "a join handle without JOIN");
        match (now & COMPLETE != 0, now & JOIN_WAKER != 0) {
            (true, _) => JoinState::Complete,
            (false, false) => JoinState::CellIsMine,
            (false, true) => JoinState::CellIsLent,
        }
    }

    /// Invariant 5: lends the written cell to the completer; false if the task completed first.
    pub(super) fn lend_join_waker(&self) -> bool {
        self.change_unless_complete(|now| now | JOIN_WAKER)
    }

    /// Invariant 5: takes the cell back; false if the task completed first (the cell stays lent).
    pub(super) fn reclaim_join_waker(&self) -> bool {
        self.change_unless_complete(|now| now & !JOIN_WAKER)
    }

    fn change_unless_complete(&self, change: impl Fn(usize) -> usize) -> bool {
        // Acquire: so that the output may be read.
        let mut now = first_look::usize(&self.0, Ordering::Acquire);
        while now & COMPLETE == 0 {
            // Release: hands the waker cell over; one that is taken back holds what the handle itself
            // has put there. Acquire on failure, so that the output may be read.
            let next = change(now);
            match self
                .0
                .compare_exchange_weak(now, next, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return true,
                Err(found) => now = found,
            }
        }
        false
    }

    pub(super) fn drop_join(&self) -> DropJoin {
        // Acquire: so that the output may be dropped.
        let mut now = first_look::usize(&self.0, Ordering::Acquire);
        loop {
            if now & COMPLETE != 0 {
                return DropJoin::DropOutput;
            }
            let (next, act) = if now & JOIN_WAKER != 0 {
                (now & !(JOIN | JOIN_WAKER), DropJoin::DropWaker)
            } else {
                let next = (now & !JOIN) - REFERENCE;
                (next, DropJoin::Released(next < REFERENCE))
            };
            // Release: who gives up the last reference sees that the handle has gone. Acquire on failure,
            // as by the look: so that the output may be dropped, and the task be freed (a count that
            // has come to one is changed by nobody else).
            match self
                .0
                .compare_exchange_weak(now, next, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return act,
                Err(found) => now = found,
            }
        }
    }

    /// One more reference, made from one that exists.
    pub(super) fn reference(&self) {
        // Relaxed: the reference it is made from keeps the task alive and orders the rest.
        let was = self.0.fetch_add(REFERENCE, Ordering::Relaxed);
        if was > isize::MAX as usize {
            // As for `Arc`: a count that could wrap would free a task in use.
            std::process::abort();
        }
    }

    /// As if so many references had been made and forgotten.
    #[cfg(all(test, not(loom)))]
    pub(super) fn forget_references(&self, count: usize) {
        // Relaxed: one thread.
        self.0.fetch_add(count * REFERENCE, Ordering::Relaxed);
    }

    /// How many more references may exist than are there.
    #[cfg(all(test, not(loom)))]
    pub(super) fn references_left(&self) -> usize {
        // Relaxed: one thread.
        (isize::MAX as usize - self.0.load(Ordering::Relaxed)) / REFERENCE
    }

    /// Gives `count` references up; true if they were the last.
    #[must_use]
    pub(super) fn release(&self, count: usize) -> bool {
        // Acquire: pairs with those who let go before; the caller's are all that is left.
        if self.0.load(Ordering::Acquire) < (count + 1) * REFERENCE {
            return true;
        }
        // AcqRel: the last one sees what all others did before they let go.
        let was = self.0.fetch_sub(count * REFERENCE, Ordering::AcqRel);
        debug_assert!(
            was >= count * REFERENCE,
            "more references given up than taken"
        );
        was < (count + 1) * REFERENCE
    }
}
