//! Whether a local queue is worth the way: thieves leave it alone for a while after a visit that
//! did not pay.
//!
//! A task that moves takes its cache lines along, and those of all that it shares with tasks that
//! stay; and the thief has to be woken first. Ten tasks of 100 ns each are run sooner by the one
//! thread that has them. How long a task will take nobody knows, but how long the last ones took
//! can be measured where it costs nothing: by the thief, from its catch until it has nothing left
//! to do.
//!
//! **Rule.** A visit that lasted less than [`PAYS`] begins a respite of [`SHORTEST`], and each further
//! one of twice the last, up to [`LONGEST`]: the holder asks for no helper when it pushes, and a
//! thread that has run out of work passes the queue by. A visit that paid ends it, and the next
//! begins short again. Asking begins one too, so that a queue whose entries are gone before the
//! helper has come does not wake it for each of them. Two exceptions: a queue whose entries last
//! [`WORTH`], by what the last visit showed of one, is worth the way; and who was woken to help takes
//! what it finds.
//!
//! **In each other's way.** Where many tasks share one thing, a visit may be long because both threads
//! wait for it. So the thief also compares: how many polls holder and thief have done in the time of
//! its visit with how many the holder did between the last visit and this one. If two do not do
//! [`GAIN`] times as many as one, the visit did not pay, however long it was, nor does a long queue
//! change that: until the respite is over, and then it is tried again. If the holder rested in
//! between, or its polls are long, one alone seems slow, or nobody can tell: then it is as without this
//! rule.
//!
//! **Nothing rests on it.** The pusher's look at the word is a hint to begin with: the holder runs
//! its queue, and if its poll does not return, the look finds the queue within 1 ms and wakes a
//! helper, respite or not (*Own queue* in the parent's header). The shared queue knows no respite.
//!
//! **Nor has an orphan one.** Blocking in place leaves a queue that nobody holds, and perhaps no slot
//! is held any more, so that nobody looks. Then those who search are relied on. Whoever steps out
//! calls the queue an orphan, then changes the word; a searcher who is relied on looks at the queues
//! after a later change of its own (rule 6), so it sees the orphan. It is adopted by its next
//! holder, who runs it.
//!
//! Rejected: that a thief watches the queue's holder for a microsecond before it takes anything (it
//! cannot tell ten tasks that rest from ten that yield, and halves what two threads do with the
//! latter); that a thief looks around for longer before it sleeps (time that somebody else's thread
//! could have). Figures in `docs/decisions.md`.

use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use crate::loom;
use crate::loom::atomic::{AtomicBool, Ordering};
use crate::timer::clock::nanos;
use crate::util::wide::AtomicU64;

/// What a visit has to last: a few times what it costs both sides to wake a thread.
const PAYS: Duration = Duration::from_micros(20);

/// What the entries of a queue have to last, which a thief will halve.
const WORTH: Duration = PAYS.saturating_mul(2);

/// As many entries are worth it before anybody knows how long they take.
const LONG: usize = 256;

/// Two threads that do less than so many times what one did are in each other's way.
const GAIN: f64 = 1.2;

/// Fewer polls say nothing of a rate.
const POLLS: u64 = 32;

/// Waking a helper in vain once in this time is cheap; a queue behind a poll that turns out to be
/// long waits so much longer for help, or a millisecond if nothing more is pushed.
const SHORTEST: Duration = Duration::from_micros(50);

/// Less than what the look takes to find a queue anyway.
const LONGEST: Duration = Duration::from_micros(800);

/// Until when a queue is left alone.
#[derive(Debug)]
pub(crate) struct Respite {
    /// Nanoseconds since `origin`; zero: it is not.
    until: AtomicU64,
    /// Nanoseconds of the next one.
    length: AtomicU64,
    /// How many entries are worth the way all the same.
    long: AtomicUsize,
    /// When the last thief left, and how many polls the holder had begun or ended by then.
    left: (AtomicU64, AtomicU64),
    origin: Instant,
    /// Whether nobody holds the queue, which may hold something. No hint: models see it.
    orphan: AtomicBool,
}

/// What a thief remembers until it has nothing left to do.
#[derive(Debug)]
pub(crate) struct Visit {
    began: Instant,
    polls: Polls,
    /// How many polls a nanosecond the holder did by itself; zero if nobody can tell.
    alone: f64,
}

/// Polls begun or ended by the queue's holder and the thief.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Polls {
    pub(crate) holder: u64,
    pub(crate) thief: u64,
}

impl Respite {
    pub(crate) fn new() -> Respite {
        Respite {
            until: AtomicU64::new(0),
            length: AtomicU64::new(nanos(SHORTEST)),
            long: AtomicUsize::new(LONG),
            left: (AtomicU64::new(0), AtomicU64::new(0)),
            origin: loom::now(),
            orphan: AtomicBool::new(false),
        }
    }

    /// Whether a queue of this length is to be left alone.
    pub(crate) fn covers(&self, len: impl FnOnce() -> usize) -> bool {
        // Relaxed: a hint, like all that follows.
        let until = self.until.load(Ordering::Relaxed);
        // Relaxed: ordered by the word, where it matters.
        if until == 0 || self.orphan.load(Ordering::Relaxed) {
            return false;
        }
        if self.since_origin() >= until {
            // Relaxed: spares the next one the look at the clock. A respite that begins in this
            // very moment may be lost.
            self.until.store(0, Ordering::Relaxed);
            return false;
        }
        // Relaxed: a hint.
        len() < self.long.load(Ordering::Relaxed)
    }

    /// The holder has asked for a helper.
    pub(crate) fn begin(&self) {
        // Relaxed, both: hints.
        let until = self.since_origin() + self.length.load(Ordering::Relaxed);
        self.until.store(until, Ordering::Relaxed);
    }

    /// The same without end, for tests: a clock that goes on would make them differ from run to run.
    #[cfg(test)]
    pub(crate) fn begin_for_good(&self) {
        // Relaxed: as above.
        self.until.store(u64::MAX, Ordering::Relaxed);
    }

    /// A thief has taken something.
    pub(crate) fn arrive(&self, polls: Polls) -> Visit {
        let began = loom::now();
        // Relaxed, both: hints, of two thieves at a time of either.
        let left = self.left.0.load(Ordering::Relaxed);
        let by_then = self.left.1.load(Ordering::Relaxed);
        let took = nanos(began.saturating_duration_since(self.origin)).saturating_sub(left);
        let since = polls.holder.saturating_sub(by_then) / 2;
        let alone = match since {
            POLLS.. => since as f64 / took.max(1) as f64,
            _ => 0.0,
        };
        Visit {
            began,
            polls,
            alone,
        }
    }

    /// The thief has nothing left of it.
    pub(crate) fn leave(&self, visit: &Visit, polls: Polls) {
        let now = loom::now();
        let lasted = now.saturating_duration_since(visit.began);
        self.judge(visit, polls, lasted);
        // Relaxed, both: hints.
        self.left.1.store(polls.holder, Ordering::Relaxed);
        let now = nanos(now.saturating_duration_since(self.origin));
        self.left.0.store(now, Ordering::Relaxed);
    }

    fn judge(&self, visit: &Visit, polls: Polls, lasted: Duration) {
        let thief = polls.thief.saturating_sub(visit.polls.thief) / 2;
        let holder = polls.holder.saturating_sub(visit.polls.holder) / 2;
        let nanos_each = (nanos(lasted) / thief.max(1)).max(1);
        let together = (thief + holder) as f64 / nanos(lasted).max(1) as f64;
        let in_the_way = thief + holder >= POLLS && together < visit.alone * GAIN;
        let long = match in_the_way {
            true => usize::MAX,
            false => LONG.min((nanos(WORTH) / nanos_each) as usize),
        };
        // Relaxed: a hint, like all that follows.
        self.long.store(long, Ordering::Relaxed);
        if lasted < PAYS || in_the_way {
            self.begin();
            // Relaxed, both: hints; of two thieves at a time one may count.
            let longer = (2 * self.length.load(Ordering::Relaxed)).min(nanos(LONGEST));
            self.length.store(longer, Ordering::Relaxed);
        } else {
            // Relaxed, both: hints.
            self.length.store(nanos(SHORTEST), Ordering::Relaxed);
            self.until.store(0, Ordering::Relaxed);
        }
    }

    /// The holder is about to give the slot back as it is.
    pub(crate) fn orphan(&self) {
        // Relaxed: before the change of the word, which releases it.
        self.orphan.store(true, Ordering::Relaxed);
    }

    /// Somebody holds the queue and will run it.
    pub(crate) fn adopt(&self) {
        // Relaxed, both: holders alone write it, one after the other.
        if self.orphan.load(Ordering::Relaxed) {
            self.orphan.store(false, Ordering::Relaxed);
        }
    }

    fn since_origin(&self) -> u64 {
        nanos(loom::now().saturating_duration_since(self.origin))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{LONG, LONGEST, Ordering, PAYS, Polls, Respite, SHORTEST, Visit};
    use std::time::{Duration, Instant};

    /// A visit in which holder and thief polled so often each.
    fn judge(respite: &Respite, alone: f64, polls: u64, lasted: Duration) {
        let visit = Visit {
            began: Instant::now(),
            polls: Polls {
                holder: 7,
                thief: 1_000,
            },
            alone,
        };
        let by_now = Polls {
            holder: 7 + 2 * polls,
            thief: 1_000 + 2 * polls,
        };
        respite.judge(&visit, by_now, lasted);
    }

    fn in_vain(respite: &Respite) {
        judge(respite, 0.0, 100, PAYS - Duration::from_nanos(1));
    }

    fn wait_for_the_end(respite: &Respite) -> Duration {
        let began = Instant::now();
        while respite.covers(|| 1) {
            assert!(began.elapsed() < Duration::from_secs(5));
        }
        began.elapsed()
    }

    /// Its next respite does not end while the test looks.
    fn lasting() -> Respite {
        let respite = Respite::new();
        let hour = super::nanos(Duration::from_secs(3600));
        // Relaxed: nobody else is there.
        respite.length.store(hour, Ordering::Relaxed);
        respite
    }

    #[test]
    fn a_short_visit_begins_a_respite_that_ends_by_itself() {
        let respite = Respite::new();
        assert!(!respite.covers(|| 1));
        in_vain(&respite);
        assert!(wait_for_the_end(&respite) + Duration::from_micros(1) >= SHORTEST / 2);
        assert!(!respite.covers(|| unreachable!("nobody asks for the length outside of one")));
    }

    #[test]
    fn visits_in_vain_make_it_longer_until_one_pays() {
        let respite = Respite::new();
        for _ in 0..10 {
            in_vain(&respite);
        }
        assert!(wait_for_the_end(&respite) >= LONGEST / 2);
        judge(&respite, 0.0, 100, PAYS);
        assert_eq!(respite.length.into_inner(), super::nanos(SHORTEST));
    }

    #[test]
    fn a_visit_that_paid_ends_it() {
        let respite = Respite::new();
        respite.begin();
        judge(&respite, 0.0, 100, PAYS);
        assert!(!respite.covers(|| 1));
    }

    #[test]
    fn an_orphan_has_none_until_it_is_adopted() {
        let respite = Respite::new();
        respite.orphan();
        respite.begin_for_good();
        assert!(!respite.covers(|| 1));
        respite.adopt();
        assert!(respite.covers(|| 1));
    }

    #[test]
    fn a_long_queue_is_worth_the_way() {
        let respite = Respite::new();
        respite.begin_for_good();
        assert!(respite.covers(|| LONG - 1));
        assert!(!respite.covers(|| LONG));
    }

    #[test]
    fn so_is_a_short_one_of_long_polls() {
        let respite = lasting();
        // Three polls of 5 µs; eight last 40 µs.
        judge(&respite, 0.0, 3, Duration::from_micros(15));
        assert!(respite.covers(|| 7));
        assert!(!respite.covers(|| 8));
    }

    #[test]
    fn two_who_do_no_more_than_one_are_in_each_others_way() {
        let respite = lasting();
        // One alone did a poll each 100 ns, two together do one each 95 ns.
        judge(&respite, 0.01, 500, Duration::from_micros(95));
        assert!(respite.covers(|| 10 * LONG));
        // Twice as many.
        judge(&respite, 0.01, 1_000, Duration::from_micros(100));
        assert!(!respite.covers(|| 1));
        // Too few to tell.
        judge(&respite, 0.01, 4, Duration::from_micros(95));
        assert!(!respite.covers(|| 1));
    }

    #[test]
    fn the_pace_of_the_holder_is_taken_between_two_visits() {
        let respite = Respite::new();
        let at = |holder| Polls { holder, thief: 0 };
        let first = respite.arrive(at(0));
        assert_eq!(first.alone, 0.0, "there were no polls");
        respite.leave(&first, at(100));
        let left = Instant::now();
        std::thread::sleep(Duration::from_millis(1));
        let second = respite.arrive(at(100 + 2 * 1_000));
        let between = left.elapsed().as_nanos() as f64;
        assert!(second.alone >= 1_000.0 / between / 2.0, "{second:?}");
        assert!(second.alone <= 1_000.0 / 1e6, "{second:?}");
        assert_eq!(respite.arrive(at(100 + 2 * 20)).alone, 0.0, "too few");
    }
}
