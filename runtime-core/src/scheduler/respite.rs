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
//! thread that has run out of work passes the queue by. A visit that lasted longer ends it, and the
//! next begins short again. Asking begins one too, so that a queue whose entries are gone before the
//! helper has come does not wake it for each of them. Two exceptions: a queue of [`LONG`]
//! entries is worth it, however small they are; and who was woken to help takes what it finds.
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

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use crate::loom;
use crate::loom::atomic::{AtomicBool, Ordering};
use crate::timer::clock::nanos;

/// What a visit has to last: a few times what it costs both sides to wake a thread.
const PAYS: Duration = Duration::from_micros(20);

/// Waking a helper in vain once in this time is cheap; a queue behind a poll that turns out to be
/// long waits so much longer for help, or a millisecond if nothing more is pushed.
const SHORTEST: Duration = Duration::from_micros(50);

/// Less than what the look takes to find a queue anyway.
const LONGEST: Duration = Duration::from_micros(800);

/// As many polls of the shortest kind take as long as pays.
const LONG: usize = 256;

/// Until when a queue is left alone.
#[derive(Debug)]
pub(crate) struct Respite {
    /// Nanoseconds since `origin`; zero: it is not.
    until: AtomicU64,
    /// Nanoseconds of the next one.
    length: AtomicU64,
    origin: Instant,
    /// Whether nobody holds the queue, which may hold something. No hint: models see it.
    orphan: AtomicBool,
}

impl Respite {
    pub(crate) fn new() -> Respite {
        Respite {
            until: AtomicU64::new(0),
            length: AtomicU64::new(nanos(SHORTEST)),
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
        len() < LONG
    }

    /// The holder has asked for a helper.
    pub(crate) fn begin(&self) {
        // Relaxed, both: hints.
        let until = self.since_origin() + self.length.load(Ordering::Relaxed);
        self.until.store(until, Ordering::Relaxed);
    }

    /// A visit is over that lasted so long.
    pub(crate) fn judge(&self, visit: Duration) {
        if visit < PAYS {
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
    use super::{LONG, LONGEST, PAYS, Respite, SHORTEST};
    use std::time::Duration;

    #[test]
    fn a_short_visit_begins_a_respite_that_ends_by_itself() {
        let respite = Respite::new();
        assert!(!respite.covers(|| 1));
        respite.judge(PAYS - Duration::from_nanos(1));
        let began = std::time::Instant::now();
        while respite.covers(|| 1) {
            assert!(began.elapsed() < Duration::from_secs(5));
        }
        assert!(began.elapsed() + Duration::from_micros(1) >= SHORTEST / 2);
        assert!(!respite.covers(|| unreachable!("nobody asks for the length outside of one")));
    }

    #[test]
    fn visits_in_vain_make_it_longer_until_one_pays() {
        let respite = Respite::new();
        for _ in 0..10 {
            respite.judge(Duration::ZERO);
        }
        let began = std::time::Instant::now();
        while respite.covers(|| 1) {
            assert!(began.elapsed() < Duration::from_secs(5));
        }
        assert!(began.elapsed() >= LONGEST / 2);
        respite.judge(PAYS);
        assert_eq!(respite.length.into_inner(), super::nanos(SHORTEST));
    }

    #[test]
    fn a_visit_that_paid_ends_it() {
        let respite = Respite::new();
        respite.begin();
        respite.judge(PAYS);
        assert!(!respite.covers(|| 1));
    }

    #[test]
    fn an_orphan_has_none_until_it_is_adopted() {
        let respite = Respite::new();
        respite.begin();
        respite.orphan();
        respite.begin();
        assert!(!respite.covers(|| 1));
        respite.adopt();
        respite.begin();
        assert!(respite.covers(|| 1));
    }

    #[test]
    fn a_long_queue_is_worth_the_way() {
        let respite = Respite::new();
        respite.begin();
        assert!(!respite.covers(|| LONG));
    }
}
