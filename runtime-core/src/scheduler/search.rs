//! Where a thread's next entry comes from: its own queue, the shared one, those of others.

use std::cell::Cell;

use super::respite::{Polls, Visit};
use super::runner::Runner;
use super::slot::Slot;
use crate::task::Notified;

/// After so many polls from the cell in a row the queue has its turn.
const CELL_STREAK: u32 = 3;

/// Whom a thief goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victims {
    All,
    /// Those that have no respite.
    Worthwhile,
}

/// What a runner remembers of its searches.
pub(super) struct Search {
    cell_streak: Cell<u32>,
    /// Whose queue it took its work from; until there is nothing left of it.
    visit: Cell<Option<(u32, Visit)>>,
    random: Cell<u32>,
}

impl Search {
    /// Any odd seed will do.
    pub(super) fn new(seed: u32) -> Search {
        Search {
            cell_streak: Cell::new(0),
            visit: Cell::new(None),
            random: Cell::new(seed),
        }
    }

    fn random(&self, below: u32) -> u32 {
        // xorshift32: fast, and no worse than needed for choosing a victim.
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        ((u64::from(x) * u64::from(below)) >> 32) as u32
    }
}

impl Runner {
    /// The next entry of the local queue; the cell first, but not for ever.
    pub(super) fn next_local(&self) -> Option<Notified> {
        let local = self.local()?;
        let streak = &self.search.cell_streak;
        if streak.get() < CELL_STREAK {
            if let Some(entry) = local.take_cell() {
                streak.set(streak.get() + 1);
                return Some(entry);
            }
        }
        streak.set(0);
        local.pop().or_else(|| local.take_cell())
    }

    /// A batch from the shared queue.
    pub(super) fn next_shared(&self) -> Option<Notified> {
        let queue = self.queue()?;
        self.shared.inject.pop_into(self.local()?, queue as usize)
    }

    /// From the other slots' queues, starting at a random one; at last from their cells.
    pub(super) fn steal(&self, from: Victims) -> Option<Notified> {
        let local = self.local()?;
        let used = || self.shared.used_slots();
        let start = self.search.random(used().count() as u32) as usize;
        let around = || used().skip(start).chain(used().take(start));
        let others = || around().filter(|(index, slot)| self.visits(*index, slot, from));
        let visit = |(index, slot): (usize, &Slot)| {
            let entry = slot.steal_into(local)?;
            let polls = Polls {
                holder: slot.polls(),
                thief: local.polls(),
            };
            let visit = slot.respite.arrive(polls);
            self.search.visit.set(Some((index as u32, visit)));
            Some(entry)
        };
        others()
            .find_map(visit)
            .or_else(|| self.next_shared())
            .or_else(|| others().find_map(|(_, slot)| slot.take_cell()))
    }

    /// Whether there is anything to steal.
    pub(super) fn sees_work(&self, at: Victims) -> bool {
        self.shared.used_slots().any(|(index, slot)| {
            (slot.has_queued() || slot.has_cell()) && self.visits(index, slot, at)
        })
    }

    fn visits(&self, index: usize, slot: &Slot, from: Victims) -> bool {
        self.queue() != Some(index as u32) && (from == Victims::All || !slot.is_left_alone())
    }

    /// Nothing is left of what was stolen.
    pub(super) fn end_visit(&self) {
        let Some((victim, visit)) = self.search.visit.take() else {
            return;
        };
        let Some(local) = self.local() else { return };
        let victim = &self.shared.slots[victim as usize];
        let polls = Polls {
            holder: victim.polls(),
            thief: local.polls(),
        };
        victim.respite.leave(&visit, polls);
    }
}
