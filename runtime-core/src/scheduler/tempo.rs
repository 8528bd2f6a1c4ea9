//! Events that come so fast that a sleep is over before it has begun, and what a worker does instead
//! of lying down.
//!
//! A rest costs two changes of the word, four looks at the clock and a system call, also where the
//! driver has something at once. After one that was shorter than a [`SLEEP`] a worker that has run out of
//! work **looks** into the driver before it gives its slot back.
//!
//! If it finds nothing there, nor with others, it **gives way** once: whoever will feed it may be
//! waiting for its processor. A thread that a packet wakes is often put beside the client that has
//! sent it, and takes the processor from it; then it has one request, answers, and sleeps until the
//! client sends the next one, some microseconds later: two switches a request, while other processors
//! are idle. If it stays ready while the client runs, nobody has to be woken, a batch arrives, and the
//! kernel sees two that are ready, and may spread them.
//!
//! **Who gives way does not sleep**: no packet wakes it, and nobody is in the seat until it runs
//! again; if it was alone, only the sentinel looks, within a few milliseconds. What is pushed meanwhile
//! has the notices of any push, and whoever they wake. So it is tried again
//! only if the wait brought a task for each [`SLEEP`], or if others polled the driver meanwhile, who may
//! have had the events. Else the next rest is a sleep, and has to be a quick one before it is tried again.
//!
//! **A stranger** who computes keeps the processor for a slice of milliseconds each time, and the kernel
//! lets him go first at later wake-ups too. So after a wait of [`LONG`] in vain no way is given for
//! [`PAUSE`], and for twice as long if the next one comes soon after. It was not in vain if it brought
//! enough, or if others polled the driver all the time: then it was for them.
//!
//! It is no part of any protocol: who looks or gives way is awake, holds its slot, counts as no searcher,
//! and goes the whole way to sleep afterwards. Figures in `docs/decisions.md`.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::loom::{self, IS_MODEL};

/// To give way takes less if nobody waits for the processor.
const NOBODY: Duration = Duration::from_micros(2);

/// To fall asleep and be woken by an event takes longer. A rest is shorter if the driver has something at
/// once, or if who sent it had this thread's processor meanwhile.
const SLEEP: Duration = Duration::from_micros(10);

/// Others who are as busy with events as we would be poll the driver more often.
const TURN: Duration = Duration::from_micros(125);

/// Who has kept the processor for so long computes: a client sends and waits far more often.
const LONG: Duration = Duration::from_millis(1);

/// For how long no way is given after a long wait in vain; twice as long if the next one comes before as
/// much time has passed again.
const PAUSE: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A wait in which others had the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    ended: Instant,
    lasted: Duration,
}

/// What a worker remembers of its rests in the driver.
#[derive(Debug)]
pub(super) struct Tempo {
    /// Whether the last one was none: there were events sooner than after a sleep.
    quick: Cell<bool>,
    /// No way is given before.
    paused_until: Cell<Instant>,
    /// How long the last pause was.
    pause: Cell<Duration>,
}

impl Tempo {
    pub(super) fn new() -> Tempo {
        let now = loom::now();
        Tempo {
            quick: Cell::new(false),
            paused_until: Cell::new(now),
            pause: Cell::new(Duration::ZERO),
        }
    }

    /// A rest in the driver has ended.
    pub(super) fn rested(&self, lasted: Duration, has_events: bool) {
        self.quick.set(has_events && lasted < SLEEP);
    }

    /// Whether events come so fast that it is worth a look before the next rest.
    pub(super) fn is_quick(&self) -> bool {
        self.quick.get() && !IS_MODEL
    }

    /// Lets others run; from when to when they did, if anybody did.
    pub(super) fn give_way(&self) -> Option<Given> {
        let begun = loom::now();
        if self.is_paused(begun) {
            return None;
        }
        loom::thread::yield_now();
        let ended = loom::now();
        let lasted = ended.saturating_duration_since(begun);
        (lasted >= NOBODY).then_some(Given { ended, lasted })
    }

    fn is_paused(&self, now: Instant) -> bool {
        now < self.paused_until.get()
    }

    /// A worker that gave way has found so many tasks woken; others took so many turns at the driver
    /// meanwhile.
    pub(super) fn gave_way(&self, given: Given, woken: usize, turns: u64) {
        let woken = u32::try_from(woken).unwrap_or(u32::MAX);
        let is_worth_it = given.lasted <= SLEEP.saturating_mul(woken);
        self.quick.set(is_worth_it || turns > 0);
        let polled = TURN.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX));
        if !is_worth_it && given.lasted >= LONG && given.lasted > polled {
            self.pause(given.ended);
        }
    }

    /// A long wait in vain has ended.
    fn pause(&self, now: Instant) {
        let last = self.pause.get();
        let since = now.saturating_duration_since(self.paused_until.get());
        let pause = if since < last { 2 * last } else { PAUSE };
        let pause = pause.min(PAUSE_MAX);
        self.pause.set(pause);
        self.paused_until.set(now + pause);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Given, LONG, PAUSE, PAUSE_MAX, SLEEP, TURN, Tempo};
    use std::time::{Duration, Instant};

    fn quick() -> Tempo {
        let tempo = Tempo::new();
        tempo.rested(Duration::ZERO, true);
        tempo
    }

    fn given(lasted: Duration) -> Given {
        let ended = Instant::now();
        Given { ended, lasted }
    }

    /// For how long no way is given after a long wait in vain that ends then.
    fn pause_after_one_in_vain(tempo: &Tempo, ended: Instant) -> Duration {
        let given = Given {
            ended,
            lasted: LONG,
        };
        tempo.gave_way(given, 0, 1);
        assert!(tempo.is_paused(ended));
        let until = tempo.paused_until.get();
        assert!(!tempo.is_paused(until));
        until - ended
    }

    #[test]
    fn a_rest_is_quick_if_there_were_events_at_once() {
        let tempo = Tempo::new();
        assert!(!tempo.is_quick(), "there was none");
        tempo.rested(Duration::ZERO, true);
        assert!(tempo.is_quick());
        tempo.rested(SLEEP, true);
        assert!(!tempo.is_quick(), "it was a sleep");
        tempo.rested(Duration::ZERO, true);
        tempo.rested(Duration::ZERO, false);
        assert!(!tempo.is_quick(), "a kick, or a timer");
    }

    #[test]
    fn a_wait_that_brought_enough_is_tried_again() {
        let tempo = quick();
        tempo.gave_way(given(3 * SLEEP), 3, 0);
        assert!(tempo.is_quick());
        tempo.gave_way(given(3 * SLEEP), 2, 0);
        assert!(!tempo.is_quick(), "a sleep first");
        assert!(!tempo.is_paused(Instant::now()), "it was short");
    }

    #[test]
    fn what_others_polled_speaks_for_trying_again() {
        let tempo = quick();
        tempo.gave_way(given(3 * SLEEP), 0, 1);
        assert!(tempo.is_quick());
        assert!(!tempo.is_paused(Instant::now()));
    }

    #[test]
    fn a_long_wait_in_which_others_were_busy_was_not_in_vain() {
        let tempo = quick();
        let given = given(8 * TURN);
        assert!(given.lasted >= LONG);
        tempo.gave_way(given, 0, 8);
        assert!(!tempo.is_paused(given.ended));
        tempo.gave_way(given, 0, 7);
        assert!(tempo.is_paused(given.ended));
    }

    #[test]
    fn who_keeps_the_processor_gets_it_ever_more_seldom() {
        let tempo = quick();
        let mut pause = pause_after_one_in_vain(&tempo, Instant::now());
        assert_eq!(pause, PAUSE);
        while pause < PAUSE_MAX {
            let again = pause_after_one_in_vain(&tempo, tempo.paused_until.get());
            assert_eq!(again, PAUSE_MAX.min(2 * pause));
            pause = again;
        }
        let later = tempo.paused_until.get() + PAUSE_MAX;
        let first = pause_after_one_in_vain(&tempo, later);
        assert_eq!(first, PAUSE, "he was gone for as long");
    }

    #[test]
    fn a_wait_without_end_is_no_pause_without_end() {
        let tempo = quick();
        let given = given(Duration::MAX);
        tempo.gave_way(given, usize::MAX, u64::MAX);
        assert!(tempo.paused_until.get() - given.ended <= PAUSE);
    }

    #[test]
    fn in_a_pause_nobody_gives_way() {
        let tempo = quick();
        tempo.paused_until.set(Instant::now() + PAUSE_MAX);
        assert_eq!(tempo.give_way(), None);
    }
}
