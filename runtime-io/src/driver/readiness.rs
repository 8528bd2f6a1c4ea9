//! One source's word: what it is ready for, who waits for it, and whose it is.
//!
//! A source is an entry of the reactor's table. Its *owner* is one socket at a time; a *dispatcher*
//! is any thread that carries an event to it. Everything that must change together stands in one
//! word:
//!
//! ```text
//! bits 63..40  generation: which owner, mod 2^24
//! bits 39..12  tick: events so far, mod 2^28
//! bits 11..6   W_HELD  W_WAKER  R_HELD  R_WAKER  LISTED  SHUTDOWN
//! bits  5..0   what is ready
//! ```
//!
//! **Waiters.** A direction has one fast slot, a cell for the waker of whoever polled it last (the
//! `poll_*` methods), and all directions share one list behind a lock (the futures of `ready()`, of
//! which any number may wait). `WAKER` says that a waker stands in the cell; `HELD` that one thread
//! has the cell to itself; `LISTED` that the list is not empty.
//!
//! **Invariants.**
//! 1. Who set `HELD` has the direction's cell to itself until it clears `HELD`. No foreign code
//!    runs in between.
//! 2. While `HELD` is clear, `WAKER` is set if and only if a waker stands in the cell.
//! 3. `LISTED` is set while the list holds a waiter; it changes under the list's lock only.
//! 4. An event sets its bits and advances the tick in one change of the word, and only if the
//!    generation is its own.
//! 5. Readiness is cleared only by who read it, and only if the tick has not moved since. A closed
//!    bit is cleared only by an operation of its own direction that would block; `SHUTDOWN` never
//!    before the entry is vacated.
//!
//! **Poll** (fast slot): (P0) ready: done. (P1) set `HELD`, clear `WAKER`, unless ready or held.
//! Held: wake oneself and try again at the next poll. (P2) exchange the waker in the cell. (P3)
//! clear `HELD` and set `WAKER`, unless ready by now: then empty the cell, clear `HELD`, and report
//! readiness instead of waiting.
//!
//! **Wait** (list): (L1) take the lock. (L2) set `LISTED` and look at the bits of that very change.
//! (L3) ready: undo; else put the waker into the list, unlock.
//!
//! **Dispatch**: (D1) in one change: bits, tick, and for each direction concerned that has `WAKER`
//! and not `HELD`, set `HELD` and clear `WAKER`. (D2) move those wakers out of their cells, clear
//! `HELD`. (D3) if D1 saw `LISTED`: lock, and move out the wakers of the waiters concerned, if the
//! generation is still the event's. The caller wakes them, outside every lock.
//!
//! **No wake-up is lost.** The changes of the word are totally ordered. *Fast slot*: if D1 comes
//! before P1, then P0 or P1 sees the bits, or they were cleared in between by the owner, who has
//! then seen them. If D1 comes between P1 and P3 it sees `HELD` and leaves the matter to P3, which
//! sees the bits. If D1 comes after P3 it sees `WAKER` and takes the waker; or it sees `HELD`, and
//! then its holder is an earlier dispatcher, whose wake is yet to come and finds the bits, or
//! another poller, whose P3 finds them. *List*: if D1 comes before L2, L2 sees the bits. If after,
//! D1 sees `LISTED`, and D3 waits for the lock until L3 is done. *An event between a read's
//! WouldBlock and the clearing* advances the tick, so the clearing does nothing (invariant 5). A
//! tick that wraps would have to pass 2^28 events between the two.
//!
//! **No end is lost, and none is tried for ever.** An end says itself: who reads there gets zero
//! bytes, who writes an error. So an operation that would block has found that there is none, though
//! the bit stands: a FIFO that somebody has opened again, a datagram socket that was shut down and
//! receives all the same, a socket whose error another call has taken. Were the bit to stay, the
//! next try would follow at once, and the poll never return. Waiting instead is safe with edges: the
//! kernel tells of each later end, and of each later byte. If that event is dispatched before the
//! operation's P0 (or L2) the operation, which comes after, meets the end; if after, the tick moves
//! and the clearing does nothing, or the bits are set after it and the waiter is woken. Who has only
//! used readiness up, by a short read, has not met the end: it keeps the closed bits, and so does a
//! wait for urgent data, which an end concerns although its operation does not look for one. Model:
//! `loom_readiness_closed_again_after_would_block`.
//!
//! **A stale event wakes nobody else's task.** D1 of an older generation changes nothing. D1 that came before the
//! vacating holds its cells, and vacating waits for them (a few instructions, no foreign code); D3 asks for the
//! generation again under the lock, and vacating empties the list under it. The generation wraps after 2^24 owners of
//! one entry, all within the life of one batch of events.
//!
//! **Orderings.** D1 is Release and P0, P1, P3, L2 are Acquire: what the dispatcher knew is known
//! to who is told ready. `HELD` is a lock bit: set with Acquire, cleared with Release, but by vacating:
//! the lock of the table hands the entry to its next owner. Every change is a read-modify-write, so
//! release sequences are never broken.
//!
//! **Rejected.** An atomic waker beside the word: three more words, and a taker can meet the next
//! owner's waker. A lock around both waiters: it is taken for every event. One tick a direction:
//! saves a rare second WouldBlock, costs half the bits of both ticks. Moving a displaced waker from
//! the fast slot to the list: a socket that wanders from task to task would collect the wakers of
//! all.
#![allow(unsafe_code, reason = "the waker cells are guarded by the HELD bits")]

use std::fmt;
use std::mem;
use std::task::{Context, Poll, Waker};

use runtime_core::loom::atomic::{AtomicU64, Ordering};
use runtime_core::loom::{Mutex, UnsafeCell, first_look, thread};
use runtime_core::util::wake_list::WakeList;

use crate::io::{Interest, Ready};

const READY: u64 = 0x3f;
const SHUTDOWN: u64 = 1 << 6;
const LISTED: u64 = 1 << 7;
const READS: Ready = Ready::READABLE.union(Ready::READ_CLOSED);
const WRITES: Ready = Ready::WRITABLE.union(Ready::WRITE_CLOSED);
const READ_LANE: Lane = Lane {
    cell: 0,
    concerns: READS.bits() as u64,
    waker: 1 << 8,
    held: 1 << 9,
};
const WRITE_LANE: Lane = Lane {
    cell: 1,
    concerns: WRITES.bits() as u64,
    waker: 1 << 10,
    held: 1 << 11,
};
const LANES: [Lane; 2] = [READ_LANE, WRITE_LANE];
const ANY_HELD: u64 = READ_LANE.held | WRITE_LANE.held;
const TICK_SHIFT: u32 = 12;
const TICK: u64 = ((1 << 28) - 1) << TICK_SHIFT;
const GENERATION_SHIFT: u32 = 40;
const CLOSED: Ready = Ready::READ_CLOSED.union(Ready::WRITE_CLOSED);

/// How many bits of the word, and at most of a token, tell owners apart.
pub(super) const GENERATION_BITS: u32 = 24;

/// Which way bytes flow: names a source's fast slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// The bits and the cell of one direction.
struct Lane {
    cell: usize,
    concerns: u64,
    waker: u64,
    held: u64,
}

impl Direction {
    pub(super) fn interest(self) -> Interest {
        match self {
            Direction::Read => Interest::READABLE,
            Direction::Write => Interest::WRITABLE,
        }
    }

    fn lane(self) -> &'static Lane {
        match self {
            Direction::Read => &LANES[0],
            Direction::Write => &LANES[1],
        }
    }
}

/// Readiness as somebody read it; what [`Source::clear`] wants to see again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "readiness that was used up has to be cleared"]
pub(crate) struct ReadyEvent {
    pub(crate) ready: Ready,
    pub(crate) shutdown: bool,
    /// Whether there is urgent data, asked for or not: it ends reads early, so that a short read does
    /// not mean an empty socket. Who did not ask for it does not use it up: another may wait for it.
    pub(super) urgent: bool,
    tick: u64,
    /// The closed bits that stand for an end of what was asked for.
    ends: Ready,
    /// What [`Source::clear`] takes back.
    used_up: Ready,
}

impl ReadyEvent {
    /// The event that `word` holds for whoever waits for one of `concerns`.
    fn of(word: u64, concerns: u64) -> Option<ReadyEvent> {
        let ready = word & concerns & READY;
        let shutdown = word & SHUTDOWN != 0;
        (ready != 0 || shutdown).then(|| ReadyEvent::exactly(word, concerns))
    }

    /// The part of it that is in `ready`.
    #[cfg(unix)]
    pub(crate) fn only(self, ready: Ready) -> ReadyEvent {
        ReadyEvent {
            ready: self.ready & ready,
            used_up: self.used_up & ready,
            ..self
        }
    }

    /// The same as known to an operation that would block: nothing of it is there, nor an end of
    /// what it asked for.
    pub(crate) fn disproved(self) -> ReadyEvent {
        ReadyEvent {
            used_up: self.used_up | self.ready & self.ends,
            ..self
        }
    }

    fn exactly(word: u64, concerns: u64) -> ReadyEvent {
        let ready = Ready::from_bits((word & concerns & READY) as u8);
        ReadyEvent {
            ready,
            shutdown: word & SHUTDOWN != 0,
            urgent: word & u64::from(Ready::PRIORITY.bits()) != 0,
            tick: word & TICK,
            ends: ends_of(Ready::from_bits((concerns & READY) as u8)),
            used_up: ready - CLOSED,
        }
    }
}

/// What a waiter of the list holds between its polls: its place there, if it has one.
#[derive(Debug, Default)]
pub(crate) struct Place(Option<u64>);

struct Waiter {
    place: u64,
    concerns: u64,
    waker: Waker,
}

#[derive(Default)]
struct List {
    last_place: u64,
    waiters: Vec<Waiter>,
}

/// One entry of the reactor's table, with a cache line to itself: none that another one's worker writes.
#[repr(align(64))]
pub(crate) struct Source {
    word: AtomicU64,
    cells: [UnsafeCell<Option<Waker>>; 2],
    list: Mutex<Option<Box<List>>>,
}

// SAFETY: the cells are the only part that is not `Sync`; invariant 1 gives them to one thread at a
// time.
unsafe impl Sync for Source {}

impl Source {
    /// A vacant entry.
    pub(crate) fn new() -> Source {
        Source {
            word: AtomicU64::new(0),
            cells: [UnsafeCell::new(None), UnsafeCell::new(None)],
            list: Mutex::new(None),
        }
    }

    /// Whose the entry is now, or will be.
    pub(crate) fn generation(&self) -> u32 {
        // Relaxed: only the owner asks, and only vacating, which it does itself, changes it.
        generation_of(self.word.load(Ordering::Relaxed))
    }

    /// Lets the source begin with what its owner expects. Only for an owner that nobody waits for
    /// yet.
    pub(super) fn expect(&self, ready: Ready) {
        // Relaxed: it tells of nothing that happened elsewhere; the tick stays, as nobody has read it.
        self.word
            .fetch_or(u64::from(ready.bits()), Ordering::Relaxed);
    }

    /// What of `interest` is ready, if anything.
    pub(crate) fn readiness(&self, interest: Interest) -> Option<ReadyEvent> {
        // Acquire: pairs with D1's Release.
        ReadyEvent::of(self.word.load(Ordering::Acquire), concerns_of(interest))
    }

    /// Readiness of one direction, or its fast slot now holds the caller's waker.
    pub(crate) fn poll_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<ReadyEvent> {
        let lane = direction.lane();
        // Acquire (P0): pairs with D1's Release.
        if let Some(event) = ReadyEvent::of(self.word.load(Ordering::Acquire), lane.concerns) {
            return Poll::Ready(event);
        }
        // Cloning is foreign code: before P1.
        let waker = cx.waker().clone();
        match self.hold(lane) {
            Held::Mine => {}
            Held::Ready(event) => return Poll::Ready(event),
            Held::Other => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        let displaced = self.exchange(lane, Some(waker));
        let (mine, outcome) = self.let_go(lane);
        // Dropping is foreign code: after P3.
        drop((displaced, mine));
        outcome
    }

    /// P1.
    fn hold(&self, lane: &Lane) -> Held {
        // Acquire: pairs with D1's Release.
        let mut seen = first_look::u64(&self.word, Ordering::Acquire);
        loop {
            if let Some(event) = ReadyEvent::of(seen, lane.concerns) {
                return Held::Ready(event);
            }
            if seen & lane.held != 0 {
                return Held::Other;
            }
            let next = (seen | lane.held) & !lane.waker;
            // Acquire: pairs with the Release of who held the cell before; on failure as above.
            let outcome =
                self.word
                    .compare_exchange_weak(seen, next, Ordering::Acquire, Ordering::Acquire);
            match outcome {
                Ok(_) => return Held::Mine,
                Err(found) => seen = found,
            }
        }
    }

    /// P3; gives back the caller's own waker if it is not needed after all.
    fn let_go(&self, lane: &Lane) -> (Option<Waker>, Poll<ReadyEvent>) {
        // Acquire: pairs with D1's Release.
        let mut seen = first_look::u64(&self.word, Ordering::Acquire);
        loop {
            if let Some(event) = ReadyEvent::of(seen, lane.concerns) {
                let mine = self.exchange(lane, None);
                // Release: hands the cell on.
                self.word.fetch_and(!lane.held, Ordering::Release);
                return (mine, Poll::Ready(event));
            }
            let next = (seen | lane.waker) & !lane.held;
            // Release hands the cell on; Acquire on failure: pairs with D1's Release.
            let outcome =
                self.word
                    .compare_exchange_weak(seen, next, Ordering::Release, Ordering::Acquire);
            match outcome {
                Ok(_) => return (None, Poll::Pending),
                Err(found) => seen = found,
            }
        }
    }

    /// Exchanges the waker in a cell that the caller holds.
    fn exchange(&self, lane: &Lane, waker: Option<Waker>) -> Option<Waker> {
        self.cells[lane.cell].with_mut(|cell| {
            // SAFETY: invariant 1: the caller has set HELD, so no other thread looks into the cell.
            let cell = unsafe { &mut *cell };
            mem::replace(cell, waker)
        })
    }

    /// Readiness for `interest`, or the list now holds `waker` at `place`.
    pub(crate) fn poll_listed(
        &self,
        place: &mut Place,
        interest: Interest,
        waker: &Waker,
    ) -> Poll<ReadyEvent> {
        let concerns = concerns_of(interest);
        // Acquire: pairs with D1's Release.
        if let Some(event) = ReadyEvent::of(self.word.load(Ordering::Acquire), concerns) {
            return Poll::Ready(event);
        }
        let waker = waker.clone();
        let mut list = self.list.lock();
        // Acquire (L2): pairs with D1's Release.
        let seen = self.word.fetch_or(LISTED, Ordering::Acquire);
        if let Some(event) = ReadyEvent::of(seen, concerns) {
            self.unlist_if_empty(&list);
            return Poll::Ready(event);
        }
        let displaced = list.get_or_insert_default().put(place, concerns, waker);
        drop(list);
        drop(displaced);
        Poll::Pending
    }

    /// Leaves the list; whoever was at `place` is woken no more.
    pub(crate) fn leave_list(&self, place: &mut Place) {
        let Some(place) = place.0.take() else { return };
        let mut list = self.list.lock();
        let left = list.as_deref_mut().and_then(|list| list.remove(place));
        self.unlist_if_empty(&list);
        drop(list);
        drop(left);
    }

    /// Invariant 3, after a removal and still under the lock.
    fn unlist_if_empty(&self, list: &Option<Box<List>>) {
        if list.as_deref().is_none_or(|list| list.waiters.is_empty()) {
            // Relaxed: the bit belongs to the lock's holder.
            self.word.fetch_and(!LISTED, Ordering::Relaxed);
        }
    }

    /// Forgets the readiness that `event` reported, unless something has happened since; that it is
    /// closed only if it was [`disproved`](ReadyEvent::disproved).
    pub(crate) fn clear(&self, event: ReadyEvent) {
        let used_up = u64::from(event.used_up.bits());
        // Relaxed: as in the exchange.
        let mut seen = first_look::u64(&self.word, Ordering::Relaxed);
        while seen & TICK == event.tick && seen & used_up != 0 {
            let next = seen & !used_up;
            // Relaxed: nothing is published, and the tick alone decides (invariant 5).
            let outcome =
                self.word
                    .compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed);
            match outcome {
                Ok(_) => return,
                Err(found) => seen = found,
            }
        }
    }

    /// Records an event of owner `generation` (its low bits, under `mask`) and collects who waited
    /// for it.
    pub(crate) fn dispatch(&self, generation: u32, mask: u32, ready: Ready, wakers: &mut WakeList) {
        let ready = u64::from(ready.bits());
        // Relaxed: who turns back has looked at the generation only; else the exchange acquires.
        let mut seen = first_look::u64(&self.word, Ordering::Relaxed);
        let next = loop {
            if (generation_of(seen) ^ generation) & mask != 0 {
                return;
            }
            let tick = seen.wrapping_add(1 << TICK_SHIFT) & TICK;
            let next = take_lanes(seen & !TICK | tick | ready, ready);
            // AcqRel (D1): Release pairs with P0, P1, P3, L2; Acquire with who held the cells.
            let outcome =
                self.word
                    .compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed);
            match outcome {
                Ok(_) => break next,
                Err(found) => seen = found,
            }
        };
        self.collect(seen, next, ready, wakers);
    }

    /// Marks the source as shut down and collects everybody who waits.
    pub(crate) fn shutdown(&self, wakers: &mut WakeList) {
        // Relaxed: the exchange acquires, and always comes.
        let mut seen = first_look::u64(&self.word, Ordering::Relaxed);
        let next = loop {
            let next = take_lanes(seen | SHUTDOWN, READY);
            // AcqRel: a D1 whose event is the shutdown.
            let outcome =
                self.word
                    .compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed);
            match outcome {
                Ok(_) => break next,
                Err(found) => seen = found,
            }
        };
        self.collect(seen, next, READY, wakers);
    }

    /// D2 and D3, after a D1 that changed `seen` to `next`.
    fn collect(&self, seen: u64, next: u64, concerns: u64, wakers: &mut WakeList) {
        let mut held = 0;
        for lane in &LANES {
            if (seen ^ next) & lane.held != 0 {
                held |= lane.held;
                if let Some(waker) = self.exchange(lane, None) {
                    wakers.push(waker);
                } else {
                    debug_assert!(false, "invariant 2: WAKER was set over an empty cell");
                }
            }
        }
        if held != 0 {
            // Release: hands the cells on.
            self.word.fetch_and(!held, Ordering::Release);
        }
        if seen & LISTED == 0 {
            return;
        }
        let mut list = self.list.lock();
        // Relaxed: vacating takes this lock after it has changed the generation.
        let now = self.word.load(Ordering::Relaxed);
        if generation_of(now) != generation_of(seen) {
            return;
        }
        if let Some(list) = list.as_deref_mut() {
            list.move_out(concerns, wakers);
        }
        self.unlist_if_empty(&list);
    }

    /// Ends the owner's time: readiness and waiters go, and events still under way will find another
    /// generation. The owner calls it, once, and does not use the source afterwards.
    pub(crate) fn vacate(&self) {
        // Relaxed, here and in the loop: the exchange decides, and acquires.
        let mut seen = first_look::u64(&self.word, Ordering::Relaxed);
        loop {
            if seen & ANY_HELD != 0 {
                // A dispatcher is between D1 and D2: a few instructions.
                thread::yield_now();
                seen = self.word.load(Ordering::Relaxed);
                continue;
            }
            let next = u64::from(generation_of(seen).wrapping_add(1)) << GENERATION_SHIFT;
            // Acquire: pairs with the Release of who held the cells.
            let outcome = self.word.compare_exchange_weak(
                seen,
                next | ANY_HELD,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            match outcome {
                Ok(_) => break,
                Err(found) => seen = found,
            }
        }
        let slots = [
            self.exchange(&READ_LANE, None),
            self.exchange(&WRITE_LANE, None),
        ];
        // Relaxed: the next owner comes by the entry after this, through the table's lock.
        self.word.fetch_and(!ANY_HELD, Ordering::Relaxed);
        let list = self.list.lock().take();
        drop((slots, list));
    }
}

/// What P1 found.
enum Held {
    Mine,
    Other,
    Ready(ReadyEvent),
}

impl List {
    /// L3: puts the waiter at its place, or at a new one; gives back the waker that stood there.
    fn put(&mut self, place: &mut Place, concerns: u64, waker: Waker) -> Option<Waker> {
        if let Some(place) = place.0 {
            let found = self.waiters.iter_mut().find(|waiter| waiter.place == place);
            if let Some(waiter) = found {
                waiter.concerns = concerns;
                return Some(mem::replace(&mut waiter.waker, waker));
            }
        }
        self.last_place += 1;
        place.0 = Some(self.last_place);
        self.waiters.push(Waiter {
            place: self.last_place,
            concerns,
            waker,
        });
        None
    }

    fn remove(&mut self, place: u64) -> Option<Waiter> {
        let index = self
            .waiters
            .iter()
            .position(|waiter| waiter.place == place)?;
        Some(self.waiters.swap_remove(index))
    }

    /// Moves the wakers of all whom the event concerns into the batch.
    fn move_out(&mut self, concerns: u64, wakers: &mut WakeList) {
        let mut index = 0;
        while index < self.waiters.len() {
            if self.waiters[index].concerns & concerns == 0 {
                index += 1;
            } else {
                wakers.push(self.waiters.swap_remove(index).waker);
            }
        }
    }
}

/// The part of D1 that takes the wakers of the directions concerned.
fn take_lanes(word: u64, concerns: u64) -> u64 {
    LANES.iter().fold(word, |word, lane| {
        let takes = concerns & lane.concerns != 0 && word & (lane.waker | lane.held) == lane.waker;
        if takes {
            (word | lane.held) & !lane.waker
        } else {
            word
        }
    })
}

fn generation_of(word: u64) -> u32 {
    (word >> GENERATION_SHIFT) as u32
}

/// The readiness that answers an interest.
pub(super) fn answers_to(interest: Interest) -> Ready {
    let mut answers = Ready::EMPTY;
    if interest.is_readable() {
        answers |= READS;
    }
    if interest.is_writable() {
        answers |= WRITES;
    }
    if interest.is_priority() {
        answers |= Ready::PRIORITY | Ready::READ_CLOSED;
    }
    if interest.is_error() {
        answers |= Ready::ERROR;
    }
    answers
}

/// What stands for the end of that of `asked` which has one.
fn ends_of(asked: Ready) -> Ready {
    let ends = [
        (Ready::READABLE, Ready::READ_CLOSED),
        (Ready::WRITABLE, Ready::WRITE_CLOSED),
    ];
    let asked_for = ends
        .into_iter()
        .filter(|(way, _)| !(asked & *way).is_empty());
    asked_for.fold(Ready::EMPTY, |ends, (_, end)| ends | end)
}

fn concerns_of(interest: Interest) -> u64 {
    u64::from(answers_to(interest).bits())
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: for people to read.
        let word = self.word.load(Ordering::Relaxed);
        f.debug_struct("Source")
            .field("generation", &generation_of(word))
            .field("event", &ReadyEvent::exactly(word, READY))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Source {
    /// A vacant entry whose tick stands at `tick`, for the tests of its wrap.
    fn with_tick(tick: u32) -> Source {
        let source = Source::new();
        // Relaxed: nobody else has it yet.
        source
            .word
            .store((u64::from(tick) << TICK_SHIFT) & TICK, Ordering::Relaxed);
        source
    }
}

#[cfg(all(test, not(loom)))]
#[path = "readiness/tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "readiness/loom_tests.rs"]
mod loom_tests;
