//! A slot: the right to run tasks, and what goes with it. Made once, reused, freed with the
//! runtime.
//!
//! **Invariants**
//! 1. The owner's end of the deque is used only by the slot's holder. Holding is handed from thread
//!    to thread through the word and its free list (regular and spare slots) or through the guest
//!    list, each a lock or a read-modify-write.
//! 2. Everything else may be used by any thread at any time: the stealing end, the cell (swapped),
//!    the wheel and the list of live tasks (a lock each, uncontended in the usual case), the
//!    counters.
//! 3. `polls` is odd exactly while the holder polls a task, `turns` while somebody holds the slot. Only
//!    the holder writes them; a look tells by both whether it goes on.
#![allow(
    unsafe_code,
    reason = "the deque's owner end is handed over with the slot; entries travel as pointers"
)]

use std::panic::Location;
use std::ptr::{NonNull, null_mut};
use std::time::Duration;

use super::respite::Respite;
use crate::loom::Arc;
use crate::loom::atomic::{AtomicPtr, AtomicU64, Ordering};
use crate::loom::deque::{Steal, Stealer, Worker};
use crate::task::owned::OwnedTasks;
use crate::task::{Header, Id, Notified};
use crate::timer::clock::nanos;
use crate::timer::timers::Shard;

/// How many entries a thief takes at most.
const STEAL_LIMIT: usize = 32;

/// A local queue never grows beyond this: half of it is spilled to the injector. crossbeam's buffer
/// grows by doubling and shrinks again; see `docs/decisions.md` for the figures behind the number.
pub(crate) const LOCAL_LIMIT: usize = 4096;

/// Polls begun or ended, turns begun or ended: something of it moves while the holder goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pulse {
    polls: u64,
    turns: u64,
}

impl Pulse {
    /// Whether somebody polls a task, or holds the slot for something else.
    pub(crate) fn is_busy(self) -> bool {
        self.polls % 2 == 1 || self.turns % 2 == 1
    }
}

/// See the module's header.
pub(crate) struct Slot {
    deque: Worker<Notified>,
    stealer: Stealer<Notified>,
    /// The entry to run next: what a running task has just woken. Null if none.
    cell: AtomicPtr<Header>,
    polls: AtomicU64,
    polled_id: AtomicU64,
    polled_at: AtomicPtr<Location<'static>>,
    /// How often it was taken and given back; odd while it is held.
    turns: AtomicU64,
    busy_ns: AtomicU64,
    /// How many tasks were spawned and ended by whoever had this slot's queue at the time.
    spawned: AtomicU64,
    ended: AtomicU64,
    /// From thieves.
    pub(crate) respite: Respite,
    pub(crate) wheel: Arc<Shard>,
    pub(crate) tasks: OwnedTasks,
}

// SAFETY: invariant 1 guards the deque's owner end; the entries may run on any thread or are
// cancelled where they belong.
unsafe impl Sync for Slot {}

// SAFETY: as above.
unsafe impl Send for Slot {}

impl Slot {
    pub(crate) fn new(wheel: Arc<Shard>) -> Slot {
        let deque = Worker::new_fifo();
        Slot {
            stealer: deque.stealer(),
            deque,
            cell: AtomicPtr::new(null_mut()),
            polls: AtomicU64::new(0),
            polled_id: AtomicU64::new(0),
            polled_at: AtomicPtr::new(null_mut()),
            turns: AtomicU64::new(0),
            busy_ns: AtomicU64::new(0),
            spawned: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            respite: Respite::new(),
            wheel,
            tasks: OwnedTasks::new(),
        }
    }

    // ---- the holder's ----

    /// Behind all others. Invariant 1: the caller holds the slot.
    pub(crate) fn push_back(&self, entry: Notified) {
        self.deque.push(entry);
    }

    pub(crate) fn pop(&self) -> Option<Notified> {
        self.deque.pop()
    }

    pub(crate) fn len(&self) -> usize {
        self.deque.len()
    }

    /// The owner's end, as a place for stolen batches. Invariant 1.
    pub(crate) fn deque(&self) -> &Worker<Notified> {
        &self.deque
    }

    /// Puts an entry into the cell; gives back what was there.
    pub(crate) fn swap_cell(&self, entry: Notified) -> Option<Notified> {
        let new = entry.into_raw().as_ptr();
        // Release: hands the entry to whoever takes it. No Acquire: only holders put entries here, so
        // the old one comes from this thread, or from who had the slot before (invariant 1).
        entry_of(self.cell.swap(new, Ordering::Release))
    }

    /// Takes the cell's entry; holder and thieves alike.
    pub(crate) fn take_cell(&self) -> Option<Notified> {
        // Relaxed: a hint that saves the swap of an empty cell.
        if self.cell.load(Ordering::Relaxed).is_null() {
            return None;
        }
        // Acquire: pairs with `swap_cell`.
        entry_of(self.cell.swap(null_mut(), Ordering::Acquire))
    }

    /// A poll begins: invariant 3, and what a stall report will name.
    pub(crate) fn begin_poll(&self, id: Id, spawned_at: &'static Location<'static>) {
        // Relaxed, all three: the looker reads `polls` before and after the others.
        let polls = self.polls.load(Ordering::Relaxed);
        self.polled_id.store(id.as_u64(), Ordering::Relaxed);
        let at = std::ptr::from_ref(spawned_at).cast_mut();
        // Relaxed: see above.
        self.polled_at.store(at, Ordering::Relaxed);
        // Release: a looker that sees the new count sees the names.
        self.polls.store(polls + 1, Ordering::Release);
    }

    /// The poll is over.
    pub(crate) fn end_poll(&self) {
        // Relaxed: only the holder writes it.
        let polls = self.polls.load(Ordering::Relaxed);
        // Release: orders the poll before.
        self.polls.store(polls + 1, Ordering::Release);
    }

    /// It was taken, or it is given back.
    pub(crate) fn count_turn(&self) {
        // Relaxed, both: a statistic that only the holder writes.
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns + 1, Ordering::Relaxed);
    }

    /// It was held for so long.
    pub(crate) fn count_busy(&self, span: Duration) {
        // Relaxed, both: as above.
        let busy = self.busy_ns.load(Ordering::Relaxed);
        let busy = busy.saturating_add(nanos(span));
        // Relaxed: as above.
        self.busy_ns.store(busy, Ordering::Relaxed);
    }

    /// A task was spawned from here.
    pub(crate) fn count_spawn(&self) {
        // Relaxed, both: only the holder writes it, and the task's own way orders it before its end.
        let spawned = self.spawned.load(Ordering::Relaxed);
        self.spawned.store(spawned + 1, Ordering::Relaxed);
    }

    /// A task is about to end here.
    pub(crate) fn count_end(&self) {
        // Relaxed: only the holder writes it.
        let ended = self.ended.load(Ordering::Relaxed);
        // Release: whoever counts it counts its spawn as well.
        self.ended.store(ended + 1, Ordering::Release);
    }

    // ---- anybody's ----

    /// See [`Slot::count_spawn`].
    pub(crate) fn spawned(&self) -> u64 {
        // Relaxed: see `Shared::live_tasks`, which reads the ends before.
        self.spawned.load(Ordering::Relaxed)
    }

    /// See [`Slot::count_end`].
    pub(crate) fn ended(&self) -> u64 {
        // Acquire: pairs with `count_end`.
        self.ended.load(Ordering::Acquire)
    }

    /// How often it was taken and given back.
    pub(crate) fn turns(&self) -> u64 {
        // Relaxed: a statistic, and for a look a hint that the next one corrects.
        self.turns.load(Ordering::Relaxed)
    }

    /// For how long it was held, up to its holder's last glance.
    pub(crate) fn busy(&self) -> Duration {
        // Relaxed: a statistic.
        Duration::from_nanos(self.busy_ns.load(Ordering::Relaxed))
    }

    /// Takes a batch: one entry to run, the rest into `to`.
    pub(crate) fn steal_into(&self, to: &Slot) -> Option<Notified> {
        if std::ptr::eq(self, to) {
            return None;
        }
        loop {
            match self
                .stealer
                .steal_batch_with_limit_and_pop(&to.deque, STEAL_LIMIT)
            {
                Steal::Success(entry) => return Some(entry),
                Steal::Empty => return None,
                // Bounded: a retry means that another thread took something.
                Steal::Retry => std::hint::spin_loop(),
            }
        }
    }

    /// Takes one entry.
    pub(crate) fn steal_one(&self) -> Option<Notified> {
        loop {
            match self.stealer.steal() {
                Steal::Success(entry) => return Some(entry),
                Steal::Empty => return None,
                // Bounded: see `steal_into`.
                Steal::Retry => std::hint::spin_loop(),
            }
        }
    }

    /// Whether thieves pass by, unless they were woken to help.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.respite.covers(|| self.stealer.len())
    }

    /// Whether the deque holds anything.
    pub(crate) fn has_queued(&self) -> bool {
        !self.stealer.is_empty()
    }

    /// Whether the cell holds anything.
    pub(crate) fn has_cell(&self) -> bool {
        // Relaxed: a hint.
        !self.cell.load(Ordering::Relaxed).is_null()
    }

    /// The poll counter; odd while a poll is under way.
    pub(crate) fn polls(&self) -> u64 {
        // Acquire: pairs with `begin_poll`.
        self.polls.load(Ordering::Acquire)
    }

    /// How far its holder is.
    pub(crate) fn pulse(&self) -> Pulse {
        Pulse {
            polls: self.polls(),
            turns: self.turns(),
        }
    }

    /// What is being polled at `pulse`, if anything, and if that is still so.
    pub(crate) fn polled(&self, pulse: Pulse) -> Option<(Id, &'static Location<'static>)> {
        // Relaxed: valid only if the counter has not moved, which the last line checks.
        let id = self.polled_id.load(Ordering::Relaxed);
        let at = self.polled_at.load(Ordering::Relaxed);
        // SAFETY: only addresses of `'static` locations are stored, or null.
        let at = unsafe { at.cast_const().as_ref() };
        let is_so = pulse.polls % 2 == 1 && self.polls() == pulse.polls;
        is_so.then_some((Id::from_u64(id)?, at?))
    }
}

fn entry_of(raw: *mut Header) -> Option<Notified> {
    NonNull::new(raw).map(|raw| {
        // SAFETY: the cell holds what `into_raw` gave, and a swap takes it out once.
        unsafe { Notified::from_raw(raw) }
    })
}

impl Drop for Slot {
    fn drop(&mut self) {
        // What is still queued is cancelled by its own destructor.
        drop(self.take_cell());
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("polls", &self.polls())
            .field("tasks", &self.tasks)
            .finish_non_exhaustive()
    }
}
