//! The word: who holds a slot, who searches, who sleeps where. Rules 1–7 of the parent's header
//! live here.
//!
//! One packed atomic; every change is one read-modify-write, made by a verb that says in its result
//! what the caller does next. *Which* slot is free and *who* is parked stand in lists behind a
//! lock, touched only by threads that go to sleep, wake one, or change slots.
//!
//! **Invariants**
//! 1. `free + held` is the number of open slots. A slot on the free list is held by nobody.
//! 2. `searching ≤ held`: a searcher holds a slot, or has one reserved.
//! 3. *Counts lead, lists follow*: whoever lowers `free` or `parked` takes an entry from the list
//!    afterwards, under the lock; whoever raises them does so under the lock, together with the
//!    list. So at each release of the lock a list is at least as long as its count, and an entry
//!    that is owed is there.
//! 4. *Guard*: a word in which a slot is held, or a guest polls beside tasks, has a capped sitter
//!    or the sentinel on, or the thread for that was refused. [`settle`] is the only place that
//!    decides it, and every verb that can make a guard necessary goes through it. The others
//!    ([`Idle::ease`]) do not: a refused guard is asked for by who can start its thread.
//! 5. `seat` is not `EMPTY` exactly while one thread is in the seat; only that thread makes it
//!    `EMPTY` again.
//!
//! **Reservation.** Who wakes a thread to help makes it a holder and a searcher in the same change,
//! so that the next pusher sees the helper at once and wakes no second one. Reservations are
//! counts: which slot it is, the woken thread finds out by [`Idle::redeem`].
//!
//! **Orderings.** All changes of the word are AcqRel (but those of [`Idle::is_quiet`] and
//! [`Idle::post_refused`], which hand nothing on) and all looks that decide anything are changes too
//! (or retried as one): the word is the one place where sleepers and wakers meet, so whoever comes
//! second in its order sees all that the first wrote before. Plain loads are hints. A change that
//! alters nothing is used for what it read: one whose result is dropped compiles to nothing on x86-64,
//! so that the push before it may become visible after the load that follows.

use crossbeam_utils::CachePadded;

use crate::loom::atomic::{AtomicU64, Ordering};
use crate::loom::{Mutex, first_look};
use crate::park::parker::Unparker;

/// A field of the word.
#[derive(Clone, Copy)]
struct Field {
    shift: u32,
    bits: u32,
}

impl Field {
    const fn after(previous: Field, bits: u32) -> Field {
        Field {
            shift: previous.shift + previous.bits,
            bits,
        }
    }

    const fn one(self) -> u64 {
        1 << self.shift
    }

    const fn get(self, word: u64) -> u64 {
        (word >> self.shift) & ((1 << self.bits) - 1)
    }

    fn add(self, word: u64) -> u64 {
        debug_assert!(self.get(word) < (1 << self.bits) - 1, "a count overflows");
        word + self.one()
    }

    fn sub(self, word: u64) -> u64 {
        debug_assert!(self.get(word) > 0, "a count below zero");
        word - self.one()
    }

    const fn set(self, word: u64, value: u64) -> u64 {
        (word & !(((1 << self.bits) - 1) << self.shift)) | (value << self.shift)
    }
}

const FREE: Field = Field { shift: 0, bits: 12 };
const HELD: Field = Field::after(FREE, 12);
const SEARCHING: Field = Field::after(HELD, 12);
const PARKED: Field = Field::after(SEARCHING, 12);
/// Guests that poll, beside tasks: see [`Idle::guest_polls`].
const GUESTS: Field = Field::after(PARKED, 10);
const SEAT: Field = Field::after(GUESTS, 3);
const SENTINEL: Field = Field::after(SEAT, 1);
const POST: Field = Field::after(SENTINEL, 1);
const CLOSING: Field = Field::after(POST, 1);

/// The most regular slots a runtime can have; as many spares fit into the word besides.
pub(crate) const MAX_SLOTS: usize = 1024;

/// The most guests with a queue of their own.
pub(crate) const MAX_GUESTS: usize = 1000;

// Values of SEAT.
const EMPTY: u64 = 0;
/// Somebody sleeps in the driver until an event, a deadline or a kick.
const ASLEEP: u64 = 1;
/// The same, for a millisecond at most.
const CAPPED: u64 = 2;
/// The sleep was ended from outside, with a reservation for the sitter.
const KICKED: u64 = 3;
/// The sleep was ended from outside, to make the sitter look around; or the dedicated sitter is awake.
const NUDGED: u64 = 4;

/// What the invariant asks of the caller of a verb; see [`settle`].
#[must_use = "an unguarded slot can stall the whole runtime"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    Stands,
    /// The sentinel went on: set its alarm.
    Arm,
    /// The sentinel went on and nobody is at its post: start a thread for it.
    StartPost,
}

/// Whom a pusher wakes.
#[must_use]
#[derive(Debug)]
pub(crate) enum Helper {
    /// Nobody: a searcher exists, or no slot is free, or the runtime is closing.
    None,
    /// This thread has a reservation; unpark it.
    Parked(Unparker),
    /// The sitter has a reservation; end its sleep if `true`, else that is done already.
    Sitter(bool),
    /// Start a thread, it has a reservation; if that is refused: [`Idle::cancel_reservation`].
    Start,
}

/// How a thread without work rests.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is in the seat now; with a cap, or not.
    Sit { capped: bool },
    /// It is on the list of parked threads now.
    Park,
    /// More threads are parked than there are slots: the thread may end.
    Surplus,
    /// The runtime is closing: nothing was changed but the slot given back.
    Closing,
}

/// How the sitter stands up.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Up {
    /// With a reservation that a pusher made: a slot to redeem, counted as a searcher.
    Reserved,
    /// With a slot to redeem.
    Slot,
    /// All slots are held by others.
    NoSlot,
}

struct Lists {
    free: Vec<u32>,
    parked: Vec<Unparker>,
}

/// See the module's header.
pub(crate) struct Idle {
    word: CachePadded<AtomicU64>,
    lists: Mutex<Lists>,
    /// `IoMode::Dedicated`: the seat is taken from the beginning, and who sits is kicked for no task.
    dedicated: bool,
}

/// The guard rule (invariant 4), in one place.
fn settle(word: u64) -> (u64, Guard) {
    if !needs_guard(word) || SENTINEL.get(word) == 1 || CLOSING.get(word) == 1 {
        return (word, Guard::Stands);
    }
    let armed = SENTINEL.set(word, 1);
    match POST.get(word) {
        1 => (armed, Guard::Arm),
        _ => (POST.set(armed, 1), Guard::StartPost),
    }
}

fn needs_guard(word: u64) -> bool {
    (HELD.get(word) > 0 || GUESTS.get(word) > 0) && SEAT.get(word) != CAPPED
}

/// The cap a sitter needs: beside a held slot or a polling guest it sleeps a millisecond at most.
fn asleep_value(word: u64) -> u64 {
    if HELD.get(word) > 0 || GUESTS.get(word) > 0 {
        CAPPED
    } else {
        ASLEEP
    }
}

fn take_one(word: u64) -> u64 {
    HELD.add(FREE.sub(word))
}

fn give_one(word: u64) -> u64 {
    FREE.add(HELD.sub(word))
}

impl Idle {
    /// Slots `0..slots` are open and free.
    pub(crate) fn new(slots: usize, dedicated: bool) -> Idle {
        debug_assert!((1..=MAX_SLOTS).contains(&slots));
        // The last entry is taken first: slot 0.
        let free = (0..slots as u32).rev().collect();
        let seat = if dedicated { NUDGED } else { EMPTY };
        Idle {
            word: CachePadded::new(AtomicU64::new(SEAT.set(FREE.set(0, slots as u64), seat))),
            lists: Mutex::new(Lists {
                free,
                parked: Vec::new(),
            }),
            dedicated,
        }
    }

    /// Changes the word by `change` (then settled), unless that gives `None`.
    fn change<R>(&self, change: impl FnMut(u64) -> Option<(u64, R)>) -> Option<(R, Guard)> {
        self.change_from(self.look(), change)
    }

    /// As [`Idle::change`], by who has read the word already.
    fn change_from<R>(
        &self,
        seen: u64,
        mut change: impl FnMut(u64) -> Option<(u64, R)>,
    ) -> Option<(R, Guard)> {
        self.exchange(seen, |now| {
            let (next, result) = change(now)?;
            let (next, guard) = settle(next);
            Some((next, (result, guard)))
        })
    }

    fn look(&self) -> u64 {
        // Acquire: what is decided on it has happened.
        first_look::u64(&self.word, Ordering::Acquire)
    }

    fn exchange<R>(&self, seen: u64, mut change: impl FnMut(u64) -> Option<(u64, R)>) -> Option<R> {
        let mut now = seen;
        loop {
            let (next, result) = change(now)?;
            // AcqRel: see the header. Acquire on failure, as by the look: it may be the last word.
            match self
                .word
                .compare_exchange_weak(now, next, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Some(result),
                Err(found) => now = found,
            }
        }
    }

    /// As [`Idle::change`], for changes that always happen.
    fn always<R>(&self, mut change: impl FnMut(u64) -> (u64, R)) -> (R, Guard) {
        self.change(|now| Some(change(now)))
            .expect("the change always happens")
    }

    /// As [`Idle::change`], for changes after which no guard is needed that was not needed before.
    fn ease<R>(&self, mut change: impl FnMut(u64) -> Option<(u64, R)>) -> Option<R> {
        self.exchange(self.look(), |now| {
            let changed = change(now)?;
            let needs = needs_guard(changed.0) && !needs_guard(now);
            debug_assert!(!needs, "a guard is needed");
            Some(changed)
        })
    }

    /// As [`Idle::ease`], for changes that always happen.
    fn always_ease<R>(&self, mut change: impl FnMut(u64) -> (u64, R)) -> R {
        self.ease(|now| Some(change(now)))
            .expect("the change always happens")
    }

    // ---- pushers ----

    /// A hint: would a helper be woken for a push now? For pushes to the holder's own queue, which
    /// it will run anyway.
    pub(crate) fn wants_helper(&self) -> bool {
        // Relaxed: a hint only; the look repairs what it misses.
        let now = self.word.load(Ordering::Relaxed);
        SEARCHING.get(now) == 0 && FREE.get(now) > 0
    }

    /// Rule 5, after a push that others must see: whom to wake for it.
    pub(crate) fn claim_helper(&self) -> (Helper, Guard) {
        // AcqRel: orders the push before whatever goes to sleep after this, and what somebody wrote
        // who closed before this; a plain load would not.
        let seen = self.word.fetch_or(0, Ordering::AcqRel);
        enum Who {
            Parked,
            Sitter(bool),
            Start,
        }
        let claimed = self.change_from(seen, |now| {
            if SEARCHING.get(now) > 0 || FREE.get(now) == 0 || CLOSING.get(now) == 1 {
                return None;
            }
            let next = SEARCHING.add(take_one(now));
            let seat = SEAT.get(now);
            Some(if PARKED.get(now) > 0 {
                (PARKED.sub(next), Who::Parked)
            } else if !self.dedicated && matches!(seat, ASLEEP | CAPPED | NUDGED) {
                (SEAT.set(next, KICKED), Who::Sitter(seat != NUDGED))
            } else {
                (next, Who::Start)
            })
        });
        match claimed {
            None => (Helper::None, Guard::Stands),
            Some((Who::Parked, guard)) => (self.pop_parked(), guard),
            Some((Who::Sitter(kick), guard)) => (Helper::Sitter(kick), guard),
            Some((Who::Start, guard)) => (Helper::Start, guard),
        }
    }

    /// Rule 2: if nobody is in the seat and nobody will come by it, a thread to sit there is woken
    /// or started.
    pub(crate) fn claim_sitter(&self) -> (Helper, Guard) {
        let claimed = self.change(|now| {
            if SEAT.get(now) != EMPTY || HELD.get(now) > 0 || CLOSING.get(now) == 1 {
                return None;
            }
            let next = SEARCHING.add(take_one(now));
            let parked = PARKED.get(now) > 0;
            Some((if parked { PARKED.sub(next) } else { next }, parked))
        });
        match claimed {
            None => (Helper::None, Guard::Stands),
            Some((true, guard)) => (self.pop_parked(), guard),
            Some((false, guard)) => (Helper::Start, guard),
        }
    }

    fn pop_parked(&self) -> Helper {
        // Invariant 3: the count was lowered first, so an entry is owed, unless `close` has woken
        // all in between.
        self.lists
            .lock()
            .parked
            .pop()
            .map_or(Helper::None, Helper::Parked)
    }

    /// A reservation for a thread that is started before there is work; `None` if no slot is free.
    pub(crate) fn reserve(&self) -> Option<Guard> {
        let ((), guard) =
            self.change(|now| (FREE.get(now) > 0).then(|| (SEARCHING.add(take_one(now)), ())))?;
        Some(guard)
    }

    /// The thread that was to have the reservation could not be started.
    pub(crate) fn cancel_reservation(&self) {
        self.always_ease(|now| (give_one(SEARCHING.sub(now)), ()));
    }

    // ---- slots ----

    /// The slot behind a reservation, or behind a count that was lowered.
    pub(crate) fn redeem(&self) -> u32 {
        // Invariant 3.
        self.lists
            .lock()
            .free
            .pop()
            .expect("a free slot that was counted is listed")
    }

    /// A free slot, for a thread that is awake and has none.
    pub(crate) fn take(&self) -> Option<(u32, Guard)> {
        let ((), guard) = self.change(|now| (FREE.get(now) > 0).then(|| (take_one(now), ())))?;
        Some((self.redeem(), guard))
    }

    /// Gives a slot back and stays awake.
    pub(crate) fn give(&self, slot: u32) {
        let mut lists = self.lists.lock();
        self.always_ease(|now| (give_one(now), ()));
        lists.free.push(slot);
    }

    /// A spare slot is open and free.
    pub(crate) fn open(&self, slot: u32) {
        let mut lists = self.lists.lock();
        self.always_ease(|now| (FREE.add(now), ()));
        lists.free.push(slot);
    }

    /// A spare that its holder closes instead of giving it back.
    pub(crate) fn close_held(&self) {
        self.always_ease(|now| (HELD.sub(now), ()));
    }

    // ---- searchers ----

    /// A holder wants to search; false if enough do.
    pub(crate) fn start_searching(&self) -> bool {
        let allowed = |now| 2 * SEARCHING.get(now) < HELD.get(now) + 1;
        let started = self.ease(|now| allowed(now).then(|| (SEARCHING.add(now), ())));
        started.is_some()
    }

    /// A searcher has found something; true if it was the last one (rule 6: it looks once more).
    #[must_use]
    pub(crate) fn stop_searching(&self) -> bool {
        self.always_ease(|now| (SEARCHING.sub(now), SEARCHING.get(now) == 1))
    }

    // ---- sleepers ----

    /// Rule 6, one change: gives the slot back if there is one, stops searching, and takes the seat
    /// or a place among the parked.
    ///
    /// The caller re-checks every queue after this and before it sleeps.
    pub(crate) fn rest(&self, slot: Option<u32>, searching: bool, me: &Unparker) -> (Rest, Guard) {
        let mut lists = self.lists.lock();
        let (rest, guard) = self.always(|now| {
            let mut next = now;
            if searching {
                next = SEARCHING.sub(next);
            }
            if slot.is_some() {
                next = give_one(next);
            }
            let seat = SEAT.get(next);
            if CLOSING.get(now) == 1 {
                (next, Rest::Closing)
            } else if seat == EMPTY && FREE.get(next) > 0 {
                let asleep = asleep_value(next);
                (
                    SEAT.set(next, asleep),
                    Rest::Sit {
                        capped: asleep == CAPPED,
                    },
                )
            } else if PARKED.get(next) > FREE.get(next) + HELD.get(next) {
                (next, Rest::Surplus)
            } else {
                (PARKED.add(next), Rest::Park)
            }
        });
        lists.free.extend(slot);
        if rest == Rest::Park {
            lists.parked.push(me.clone());
        }
        (rest, guard)
    }

    /// The sitter has looked around and found nothing to do: it stays, with a cap or without.
    /// `None`: it was kicked, or the runtime is closing.
    pub(crate) fn stay(&self) -> Option<bool> {
        self.ease(|now| {
            let asleep = asleep_value(now);
            (SEAT.get(now) != KICKED && CLOSING.get(now) == 0)
                .then(|| (SEAT.set(now, asleep), asleep == CAPPED))
        })
    }

    /// The one thread that may sit goes to sleep, with a cap or without; `None` if the runtime is
    /// closing.
    pub(crate) fn sit_dedicated(&self) -> Option<bool> {
        self.ease(|now| {
            debug_assert!(matches!(SEAT.get(now), EMPTY | NUDGED), "nobody else sits");
            let asleep = asleep_value(now);
            (CLOSING.get(now) == 0).then(|| (SEAT.set(now, asleep), asleep == CAPPED))
        })
    }

    /// `IoMode::Dedicated`: its thread is awake, and keeps the seat.
    pub(crate) fn stay_awake(&self) -> Guard {
        self.always(|now| (SEAT.set(now, NUDGED), ())).1
    }

    /// The sitter leaves the seat, with a slot if it can have one and `wants_slot`.
    pub(crate) fn stand_up(&self, wants_slot: bool) -> (Up, Guard) {
        self.always(|now| {
            debug_assert_ne!(SEAT.get(now), EMPTY, "only the sitter stands up");
            let next = SEAT.set(now, EMPTY);
            if SEAT.get(now) == KICKED {
                (next, Up::Reserved)
            } else if wants_slot && FREE.get(now) > 0 {
                (take_one(next), Up::Slot)
            } else {
                (next, Up::NoSlot)
            }
        })
    }

    /// Makes the sitter look around; true if its sleep is to be ended by the caller. A capped
    /// sitter that is nudged is a guard no more: the sentinel may have to be armed.
    pub(crate) fn nudge(&self) -> (bool, Guard) {
        // AcqRel: orders what the sitter is to see before its next re-check, and what somebody wrote
        // who closed before this.
        let seen = self.word.fetch_or(0, Ordering::AcqRel);
        let changed = self.change_from(seen, |now| {
            matches!(SEAT.get(now), ASLEEP | CAPPED).then(|| (SEAT.set(now, NUDGED), ()))
        });
        match changed {
            Some(((), guard)) => (true, guard),
            None => (false, Guard::Stands),
        }
    }

    /// Whether somebody sleeps in the driver without a cap, after ordering the caller's writes
    /// before the look.
    pub(crate) fn sleeps_uncapped(&self) -> bool {
        // AcqRel: pairs with the sitter's claim; see rule 8. Acquire: the deadline that is compared
        // afterwards is none of an earlier sleep.
        SEAT.get(self.word.fetch_or(0, Ordering::AcqRel)) == ASLEEP
    }

    /// Rule 14, asked by the sitter: nobody holds a slot or polls as a guest, and nobody has told
    /// the sitter to look around since it sat down.
    pub(crate) fn is_quiet(&self) -> bool {
        // Acquire: what holders did who are gone is seen by the looks that follow. It releases
        // nothing: a sitter that asks has written nothing that others look for. A change, not a look,
        // so that it reads the last value: a holder that woke the sitter's own future has nudged
        // before it gave its slot back.
        let now = self.word.fetch_or(0, Ordering::Acquire);
        HELD.get(now) == 0 && GUESTS.get(now) == 0 && SEAT.get(now) == ASLEEP
    }

    // ---- guests ----

    /// A guest starts to poll its own future (`beside_tasks`: tasks are alive, so it must be
    /// guarded).
    pub(crate) fn guest_polls(&self) -> Guard {
        self.always(|now| (GUESTS.add(now), ())).1
    }

    /// A guest has stopped polling and stays awake.
    pub(crate) fn guest_stops(&self) {
        self.always_ease(|now| (GUESTS.sub(now), ()));
    }

    /// A guest without work: gives back its slot, and takes the seat if it is empty; true if it
    /// sits now, with the cap.
    pub(crate) fn guest_rests(&self, slot: Option<u32>, polls: bool) -> (Option<bool>, Guard) {
        let mut lists = self.lists.lock();
        let (sits, guard) = self.always(|now| {
            let mut next = now;
            if slot.is_some() {
                next = give_one(next);
            }
            if polls {
                next = GUESTS.sub(next);
            }
            let may_sit = FREE.get(next) > 0 && CLOSING.get(next) == 0;
            if SEAT.get(next) == EMPTY && may_sit {
                let asleep = asleep_value(next);
                (SEAT.set(next, asleep), Some(asleep == CAPPED))
            } else {
                (next, None)
            }
        });
        lists.free.extend(slot);
        (sits, guard)
    }

    // ---- the sentinel ----

    /// Rule 4: the sentinel goes off where it is not needed; false if it is.
    #[must_use = "a needed sentinel keeps its alarm"]
    pub(crate) fn sentinel_off(&self) -> bool {
        let off = self.change(|now| {
            (!needs_guard(now) || CLOSING.get(now) == 1).then(|| (SENTINEL.set(now, 0), ()))
        });
        off.is_some()
    }

    /// Whether the sentinel is on, for who has made its alarm.
    pub(crate) fn sentinel_is_on(&self) -> bool {
        // AcqRel: who closes after this finds the alarm; who closed before it is seen to.
        SENTINEL.get(self.word.fetch_or(0, Ordering::AcqRel)) == 1
    }

    /// The thread for the post could not be started: the next change that needs a guard tries
    /// again.
    pub(crate) fn post_refused(&self) {
        // Relaxed: this thread has done nothing that others are to see, and looks at nothing after it;
        // what earlier changes released stays released. Not settled: settling would ask for the same
        // thread at once.
        self.word
            .fetch_and(!(POST.one() | SENTINEL.one()), Ordering::Relaxed);
    }

    // ---- looks, closing ----

    /// A snapshot, for hints, looks and metrics.
    pub(crate) fn snapshot(&self) -> Snapshot {
        // Relaxed: a hint; what decides is a change.
        Snapshot(self.word.load(Ordering::Relaxed))
    }

    /// Rule 15: no thread goes to sleep any more; gives those that sleep. True: the sitter's sleep
    /// is to be ended too.
    #[must_use = "the sleepers are to be woken"]
    pub(crate) fn close(&self) -> (Vec<Unparker>, bool) {
        let mut lists = self.lists.lock();
        let (kick, _guard) = self.always(|now| {
            let next = PARKED.set(CLOSING.set(now, 1), 0);
            let asleep = matches!(SEAT.get(now), ASLEEP | CAPPED);
            (if asleep { SEAT.set(next, NUDGED) } else { next }, asleep)
        });
        (std::mem::take(&mut lists.parked), kick)
    }
}

/// The word at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Snapshot(u64);

impl Snapshot {
    pub(crate) fn free(self) -> usize {
        FREE.get(self.0) as usize
    }

    pub(crate) fn held(self) -> usize {
        HELD.get(self.0) as usize
    }

    pub(crate) fn searching(self) -> usize {
        SEARCHING.get(self.0) as usize
    }

    /// Rule 4.
    pub(crate) fn needs_guard(self) -> bool {
        needs_guard(self.0)
    }

    pub(crate) fn seat_is_empty(self) -> bool {
        SEAT.get(self.0) == EMPTY
    }

    /// Whether somebody sleeps in the driver, and was not told to wake.
    pub(crate) fn seat_is_asleep(self) -> bool {
        matches!(SEAT.get(self.0), ASLEEP | CAPPED)
    }

    /// Whether the sitter's sleep is to end.
    pub(crate) fn seat_is_kicked(self) -> bool {
        matches!(SEAT.get(self.0), KICKED | NUDGED)
    }

    pub(crate) fn sentinel_is_on(self) -> bool {
        SENTINEL.get(self.0) == 1
    }

    pub(crate) fn closing(self) -> bool {
        CLOSING.get(self.0) == 1
    }

    /// Invariant 4, for the models.
    #[cfg(all(test, loom))]
    pub(crate) fn is_guarded(self) -> bool {
        !needs_guard(self.0) || SENTINEL.get(self.0) == 1
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let now = self.snapshot().0;
        f.debug_struct("Idle")
            .field("free", &FREE.get(now))
            .field("held", &HELD.get(now))
            .field("searching", &SEARCHING.get(now))
            .field("parked", &PARKED.get(now))
            .field("guests", &GUESTS.get(now))
            .field("seat", &SEAT.get(now))
            .field("sentinel", &SENTINEL.get(now))
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
