//! The shared queue: sharded, so that threads that push do not meet on one line. A slot's inbox is
//! one of its shards.
//!
//! Unbounded, as spawning is. A push is complete when it returns: whoever changes the word after
//! it, and whoever comes later in the word's order, sees the shard as not empty.

use std::cell::Cell;

use crossbeam_utils::CachePadded;

use super::slot::Slot;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::deque::{Injector, Steal};
use crate::task::Notified;

/// More shards than this help nobody: every sleeper looks through all of them.
const MAX_SHARDS: usize = 16;

/// How many entries a slot takes at once.
const BATCH: usize = 32;

crate::loom::thread_local! {
    /// The shard that this thread pushes to, modulo their number.
    static STICKY: Cell<Option<usize>> = const { Cell::new(None) };
}

/// See the module's header.
pub(crate) struct Inject {
    shards: Box<[CachePadded<Injector<Notified>>]>,
    next_sticky: AtomicUsize,
}

impl Inject {
    pub(crate) fn new(slots: usize) -> Inject {
        let shards = slots.clamp(1, MAX_SHARDS);
        Inject {
            shards: (0..shards)
                .map(|_| CachePadded::new(Injector::new()))
                .collect(),
            next_sticky: AtomicUsize::new(0),
        }
    }

    pub(crate) fn push(&self, entry: Notified) {
        self.shards[self.sticky() % self.shards.len()].push(entry);
    }

    /// Takes a batch for `slot`, its own shard first: one entry to run, the rest into its deque.
    pub(crate) fn pop_into(&self, slot: &Slot, index: usize) -> Option<Notified> {
        let count = self.shards.len();
        (0..count).find_map(|turn| {
            let shard = &self.shards[(index + turn) % count];
            // The look spares the fences of a steal.
            if shard.is_empty() {
                return None;
            }
            loop {
                match shard.steal_batch_with_limit_and_pop(slot.deque(), BATCH) {
                    Steal::Success(entry) => return Some(entry),
                    Steal::Empty => return None,
                    // Bounded: a retry means that another thread took something.
                    Steal::Retry => std::hint::spin_loop(),
                }
            }
        })
    }

    /// Takes one entry.
    pub(crate) fn pop(&self) -> Option<Notified> {
        self.shards.iter().find_map(|shard| {
            loop {
                match shard.steal() {
                    Steal::Success(entry) => return Some(entry),
                    Steal::Empty => return None,
                    // Bounded: see `pop_into`.
                    Steal::Retry => std::hint::spin_loop(),
                }
            }
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.is_empty())
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    fn sticky(&self) -> usize {
        let sticky = STICKY.try_with(|sticky| match sticky.get() {
            Some(shard) => shard,
            None => {
                // Relaxed: it only spreads threads over shards.
                let shard = self.next_sticky.fetch_add(1, Ordering::Relaxed);
                sticky.set(Some(shard));
                shard
            }
        });
        sticky.unwrap_or(0)
    }
}

impl std::fmt::Debug for Inject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inject")
            .field("shards", &self.shards.len())
            .finish_non_exhaustive()
    }
}
