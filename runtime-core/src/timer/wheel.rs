//! A hierarchical wheel: many timers, each registered and cancelled in constant time, fired in the
//! order of their deadlines.
//!
//! Pure data: it has no clock, no lock, and never runs a waker. Time is a `u64` of nanoseconds from
//! some origin, and exact: an entry fires when it is told a `now` that is at least its deadline,
//! not a nanosecond earlier.
//!
//! **Shape.** Eleven levels of 64 slots. A slot of level k is `64^k` ns wide: 1 ns, 64 ns, 4 µs,
//! 262 µs, 17 ms, 1.1 s, 69 s, 73 min, 3 days, 208 days, 37 years. An entry stands at the level of
//! the highest of its 6-bit digits that differs from `elapsed`'s, in the slot that this digit
//! names. A slot is a ring of entries, closed by the slot itself, and keeps a `min` no later than
//! its earliest deadline. Levels are allocated when first used.
//!
//! **Invariants.**
//! - W1 All digits of an entry above its level equal `elapsed`'s, and its own digit is not smaller:
//!   the slots of a level are disjoint spans of time, none lies in the past, and the first occupied
//!   slot holds the level's earliest deadline.
//! - W2 `slot.min` is never later than any deadline in the slot, and is `NEVER` in an empty one.
//!   Insertion lowers it; a removal leaves it, so it may be early, at the cost of one look that
//!   fires nothing and makes it exact.
//! - W3 `elapsed` never falls, and no entry in a slot had its deadline passed when it last rose: it
//!   is at most the smallest `min` until everything before was fired.
//! - W4 A deadline that is already past stands in `elapsed`'s own slot of level 0, thus is next in
//!   line.
//! - W5 An entry whose deadline is [`NEVER`] stands in no slot. It can be cancelled and moved; no
//!   time reaches it.
//!
//! **Firing.** Take the slot with the smallest `min`. Later than `now`: done. Else raise `elapsed`
//! to that `min`. At level 0 all of the slot is due. Above, its entries move to lower levels (by W1
//! and the raised `elapsed` strictly lower), except that an entry alone in its slot is fired from
//! where it stands. So a timer with no near neighbour never moves, and no timer wakes the owner for
//! a move: moves happen only when a deadline of that very slot is due. Work between two returns is
//! bounded, so that whoever holds a lock around the wheel holds it shortly; a slot left half moved
//! stays valid (W1 allows it) and keeps its `min`.
//!
//! **Order.** Everything fired has the smallest deadline in the wheel at that moment, whatever the
//! batches.
//!
//! Rejected: a binary heap (a cancelled timeout, the usual fate, costs O(log n), and so does each
//! insertion); slots of a millisecond (late by half of one on average, and unordered within); a
//! last level for "far" (a second code path for 2^36 ms).

mod pages;

#[cfg(all(test, not(loom)))]
mod tests;

use std::task::Waker;

use crate::util::wake_list::WakeList;

use pages::{Link, Pages, Released};

pub use pages::Key;

/// The deadline that no time reaches.
pub const NEVER: u64 = u64::MAX;

/// Bits of a deadline that one level decides.
const DIGIT_BITS: u32 = 6;
/// Slots a level.
const SLOTS: usize = 1 << DIGIT_BITS;
/// Levels, so that all 64 bits are covered.
const LEVELS: usize = 64usize.div_ceil(DIGIT_BITS as usize);
/// How many entries one call of [`Wheel::advance`] moves down before it returns.
const MOVES_MAX: usize = 256;

/// Many deadlines, each with a waker.
#[derive(Debug)]
pub struct Wheel {
    pages: Pages,
    elapsed: u64,
    /// Bit k is set while a slot of level k is occupied.
    occupied: u16,
    levels: [Option<Box<Level>>; LEVELS],
}

/// What a bounded advance left undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "`More` asks for another call"]
pub enum Advance {
    /// Nothing in the wheel is due.
    Done,
    /// The limit was reached; call again.
    More,
}

#[derive(Debug)]
struct Level {
    /// Bit n is set while slot n is occupied.
    occupied: u64,
    slots: [Slot; SLOTS],
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    min: u64,
    head: Link,
    tail: Link,
}

/// Where a slot is: `level * 64 + digit`.
type Place = u16;

impl Wheel {
    /// An empty wheel at time zero; allocates at the first insertion.
    pub const fn new() -> Wheel {
        Wheel {
            pages: Pages::new(),
            elapsed: 0,
            occupied: 0,
            levels: [const { None }; LEVELS],
        }
    }

    /// How many timers wait, those that never fire among them.
    pub fn len(&self) -> usize {
        self.pages.live()
    }

    /// Whether no timer waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many pages of entries are allocated: what the timers cost in memory, in units of 2.6 KB.
    pub fn allocated_pages(&self) -> usize {
        self.pages.allocated()
    }

    /// Registers `waker` for `deadline`. A deadline in the past fires at the next advance.
    #[inline]
    pub fn insert(&mut self, deadline: u64, waker: Waker) -> Key {
        let key = self.pages.take(deadline, waker);
        self.link(key.index(), deadline);
        key
    }

    /// Takes a registration back; `None` if it has fired or was cancelled before.
    ///
    /// The waker is handed out so that it is dropped where no lock is held.
    #[inline]
    #[must_use = "a waker is foreign code: drop it outside of any lock"]
    pub fn cancel(&mut self, key: Key) -> Option<Waker> {
        self.pages.find(key)?;
        Some(self.remove(key.index()))
    }

    /// Moves a registration to another deadline and keeps its waker; false if it has fired or was
    /// cancelled before.
    pub fn reset(&mut self, key: Key, deadline: u64) -> bool {
        let Some(entry) = self.pages.find(key) else {
            return false;
        };
        if entry.deadline == deadline {
            return true;
        }
        entry.deadline = deadline;
        self.unlink(key.index());
        self.link(key.index(), deadline);
        true
    }

    /// The waker that waits under `key`; `None` if it has fired or was cancelled. To be swapped for
    /// another, whose predecessor is then dropped where no lock is held.
    #[inline]
    pub fn waker_mut(&mut self, key: Key) -> Option<&mut Waker> {
        self.pages.find(key)?.waker.as_mut()
    }

    /// Whether the timer has fired, or was cancelled.
    pub fn is_fired(&mut self, key: Key) -> bool {
        self.pages.find(key).is_none()
    }

    /// A time no later than any deadline in the wheel, at which the next advance is useful; `None`
    /// if no time is.
    ///
    /// Exact, except after a cancellation or reset of a slot's earliest entry: then early.
    pub fn next_deadline(&self) -> Option<u64> {
        self.earliest().map(|(_, min)| min)
    }

    /// Moves the wakers of what is due at `now` into `sink`, earliest deadline first, at most
    /// `limit` of them.
    ///
    /// A `now` before an earlier one counts as the earlier one, if that one came to its end
    /// ([`Advance::Done`]).
    pub fn advance(&mut self, now: u64, sink: &mut WakeList, limit: usize) -> Advance {
        let now = now.max(self.elapsed);
        let mut budget = Budget {
            wakes: limit,
            moves: MOVES_MAX,
        };
        loop {
            match self.earliest() {
                Some((place, min)) if min <= now => {
                    self.elapsed = self.elapsed.max(min);
                    let drained = match place / SLOTS as u16 {
                        0 => self.fire_all(place, sink, &mut budget),
                        _ => self.cascade(place, sink, &mut budget),
                    };
                    if !drained {
                        return Advance::More;
                    }
                }
                _ => {
                    self.elapsed = now;
                    return Advance::Done;
                }
            }
        }
    }

    /// Every waker in the wheel, due or not.
    pub fn into_wakers(self) -> impl Iterator<Item = Waker> {
        self.pages.into_wakers()
    }

    /// The slot with the smallest `min`. Within a level that is the first one (W1).
    #[inline]
    fn earliest(&self) -> Option<(Place, u64)> {
        let mut best = None;
        let mut levels = self.occupied;
        while levels != 0 {
            let level = levels.trailing_zeros() as usize;
            levels &= levels - 1;
            let row = self.levels[level]
                .as_ref()
                .expect("an occupied level is allocated");
            let digit = row.occupied.trailing_zeros() as usize;
            let min = row.slots[digit].min;
            if best.is_none_or(|(_, least)| min < least) {
                best = Some(((level * SLOTS + digit) as Place, min));
            }
        }
        best
    }

    /// Fires a slot of level 0, all of which is due; false if the budget ended it.
    fn fire_all(&mut self, place: Place, sink: &mut WakeList, budget: &mut Budget) -> bool {
        while let Ok(index) = self.slot_mut(place).head.split() {
            if budget.wakes == 0 {
                return false;
            }
            debug_assert!(
                self.pages.entry(index).deadline <= self.elapsed,
                "never early"
            );
            self.fire(index, sink, budget);
        }
        true
    }

    /// Moves the entries of a slot above level 0 down; false if the budget ended it.
    fn cascade(&mut self, place: Place, sink: &mut WakeList, budget: &mut Budget) -> bool {
        let Slot { min, head, tail } = *self.slot_mut(place);
        if head == tail {
            return self.settle_single(place, min, head, sink, budget);
        }
        while let Ok(index) = self.slot_mut(place).head.split() {
            if budget.moves == 0 {
                return false;
            }
            budget.moves -= 1;
            let deadline = self.pages.entry(index).deadline;
            self.unlink(index);
            let to = self.link(index, deadline);
            debug_assert!(to / (SLOTS as u16) < place / SLOTS as u16, "moves go down");
        }
        true
    }

    /// An entry alone in its slot does not move: it fires, or corrects a `min` that a removal left
    /// early.
    fn settle_single(
        &mut self,
        place: Place,
        min: u64,
        head: Link,
        sink: &mut WakeList,
        budget: &mut Budget,
    ) -> bool {
        let Ok(index) = head.split() else {
            unreachable!("an occupied slot has an entry");
        };
        let deadline = self.pages.entry(index).deadline;
        if deadline != min {
            self.slot_mut(place).min = deadline;
            return true;
        }
        if budget.wakes == 0 {
            return false;
        }
        self.fire(index, sink, budget);
        true
    }

    fn fire(&mut self, index: u32, sink: &mut WakeList, budget: &mut Budget) {
        budget.wakes -= 1;
        sink.push(self.remove(index));
    }

    /// Puts an entry that stands in no slot where its deadline belongs (W1, W4, W5).
    #[inline]
    fn link(&mut self, index: u32, deadline: u64) -> Place {
        if deadline == NEVER {
            let entry = self.pages.entry(index);
            (entry.prev, entry.next) = (Link::NOWHERE, Link::NOWHERE);
            return Place::MAX;
        }
        let at = deadline.max(self.elapsed);
        let level = level_of(self.elapsed ^ at);
        let digit = (at >> (level as u32 * DIGIT_BITS)) as usize % SLOTS;
        let place = (level * SLOTS + digit) as Place;
        let row = self.levels[level].get_or_insert_with(|| Level::new(level));
        row.occupied |= 1 << digit;
        self.occupied |= 1 << level;
        let slot = &mut row.slots[digit];
        slot.min = slot.min.min(deadline);
        let before = std::mem::replace(&mut slot.tail, Link::entry(index));
        match before.split() {
            Ok(last) => self.pages.entry(last).next = Link::entry(index),
            Err(_) => slot.head = Link::entry(index),
        }
        let entry = self.pages.entry(index);
        (entry.prev, entry.next) = (before, Link::slot(place));
        place
    }

    /// Frees an entry, wherever it stands.
    #[inline]
    fn remove(&mut self, index: u32) -> Waker {
        let Released { waker, prev, next } = self.pages.release(index);
        self.close_gap(prev, next);
        waker
    }

    /// Takes an entry out of its slot, if it is in one; its links are stale until it is linked
    /// again.
    #[inline]
    fn unlink(&mut self, index: u32) {
        let entry = self.pages.entry(index);
        let (prev, next) = (entry.prev, entry.next);
        self.close_gap(prev, next);
    }

    /// Makes two neighbours of an entry neighbours of each other.
    #[inline(always)]
    fn close_gap(&mut self, prev: Link, next: Link) {
        match (prev.split(), next.split()) {
            (Ok(before), Ok(after)) => {
                self.pages.entry(before).next = next;
                self.pages.entry(after).prev = prev;
            }
            (Ok(before), Err(place)) => {
                self.pages.entry(before).next = next;
                self.slot_mut(place).tail = prev;
            }
            (Err(place), Ok(after)) => {
                self.slot_mut(place).head = next;
                self.pages.entry(after).prev = prev;
            }
            (Err(_), Err(_)) if prev == Link::NOWHERE => {}
            (Err(place), Err(_)) => self.vacate(place),
        }
    }

    /// A slot loses its last entry.
    #[inline(always)]
    fn vacate(&mut self, place: Place) {
        let (level, digit) = (place as usize / SLOTS, place as usize % SLOTS);
        let row = self.levels[level]
            .as_mut()
            .expect("an occupied level is allocated");
        row.slots[digit] = Slot::empty(place);
        row.occupied &= !(1 << digit);
        if row.occupied == 0 {
            self.occupied &= !(1 << level);
        }
    }

    #[inline(always)]
    fn slot_mut(&mut self, place: Place) -> &mut Slot {
        let row = self.levels[place as usize / SLOTS].as_mut();
        &mut row.expect("an occupied level is allocated").slots[place as usize % SLOTS]
    }
}

impl Default for Wheel {
    fn default() -> Wheel {
        Wheel::new()
    }
}

impl Level {
    #[cold]
    fn new(level: usize) -> Box<Level> {
        let slots = std::array::from_fn(|digit| Slot::empty((level * SLOTS + digit) as Place));
        Box::new(Level { occupied: 0, slots })
    }
}

impl Slot {
    fn empty(place: Place) -> Slot {
        Slot {
            min: NEVER,
            head: Link::slot(place),
            tail: Link::slot(place),
        }
    }
}

/// What one call may still do.
struct Budget {
    wakes: usize,
    moves: usize,
}

/// The level of the highest digit in which two times differ.
#[inline(always)]
fn level_of(difference: u64) -> usize {
    ((63 - (difference | 1).leading_zeros()) / DIGIT_BITS) as usize
}
