//! Events that come so fast that a sleep is over before it has begun, and what a worker does instead
//! of lying down.
//!
//! A rest costs two changes of the word, four looks at the clock and a system call, also where the
//! driver has something at once. After such a rest ([`QUICK`]) a worker that has run out of work
//! **looks** into the driver before it gives its slot back.
//!
//! If it finds nothing there, nor with others, it **gives way** once: whoever will feed it may be
//! waiting for its processor. A thread that a packet wakes is often put beside the client that has
//! sent it, and takes the processor from it; then it has one request, answers, and sleeps until the
//! client sends the next one: two switches a request, while other processors are idle. If it stays
//! ready while the client runs, nobody has to be woken, a batch arrives, and the kernel sees two
//! that are ready, and may spread them.
//!
//! **Who gives way does not sleep**: no packet wakes it, and nobody is in the seat until it runs
//! again; if it was alone, only the sentinel looks, within a few milliseconds. What is pushed meanwhile
//! has the notices of any push, and whoever they wake. So it is tried again only if the wait brought an event for each
//! [`WORTH`], or if others polled the driver meanwhile, who may have had the events. Else the next
//! rest is a sleep, and has to be a quick one before it is tried again. And somebody who kept
//! the processor for [`LONG`] and brought little does not feed us: no way is given for
//! [`PAUSE`], and for twice as long each time, until a wait was worth it.
//!
//! It is no part of any protocol: who looks or gives way is awake, holds its slot, counts as no searcher,
//! and goes the whole way to sleep afterwards. Figures in `docs/decisions.md`.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::loom::{self, IS_MODEL};

/// A rest takes less if the driver has something.
const QUICK: Duration = Duration::from_micros(5);

/// To give way takes less if nobody waits for the processor.
const NOBODY: Duration = Duration::from_micros(2);

/// What a wait may take for an event: less than to fall asleep and be woken by it.
const WORTH: Duration = Duration::from_micros(10);

/// Who has kept the processor for so long computes: a client sends and waits far more often.
const LONG: Duration = Duration::from_millis(1);

const PAUSE: Duration = Duration::from_millis(10);
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
    /// Whether the last one was none: there were events at once.
    quick: Cell<bool>,
    /// No way is given before.
    paused_until: Cell<Option<Instant>>,
    /// How long the next pause is.
    pause: Cell<Duration>,
}

impl Tempo {
    pub(super) fn new() -> Tempo {
        Tempo {
            quick: Cell::new(false),
            paused_until: Cell::new(None),
            pause: Cell::new(PAUSE),
        }
    }

    /// A rest in the driver has ended.
    pub(super) fn rested(&self, lasted: Duration, has_events: bool) {
        self.quick.set(has_events && lasted < QUICK);
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
        self.paused_until.get().is_some_and(|until| now < until)
    }

    /// A worker that gave way has found so many tasks woken; `others_polled` the driver meanwhile.
    pub(super) fn gave_way(&self, given: Given, woken: usize, others_polled: bool) {
        let Given { ended, lasted } = given;
        let woken = u32::try_from(woken).unwrap_or(u32::MAX);
        let is_worth_it = lasted <= WORTH.saturating_mul(woken);
        self.quick.set(is_worth_it || others_polled);
        if is_worth_it {
            self.pause.set(PAUSE);
        } else if lasted >= LONG && !others_polled {
            let pause = self.pause.get();
            self.paused_until.set(ended.checked_add(pause));
            self.pause.set(PAUSE_MAX.min(2 * pause));
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Given, LONG, PAUSE, PAUSE_MAX, QUICK, Tempo, WORTH};
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

    /// How long no way is given after a long wait in vain that ends now.
    fn pause_after_one_in_vain(tempo: &Tempo) -> Duration {
        let given = given(LONG);
        tempo.gave_way(given, 0, false);
        assert!(tempo.is_paused(given.ended));
        let until = tempo.paused_until.get().expect("it is paused");
        assert!(!tempo.is_paused(until));
        until - given.ended
    }

    #[test]
    fn a_rest_is_quick_if_there_were_events_at_once() {
        let tempo = Tempo::new();
        assert!(!tempo.is_quick(), "there was none");
        tempo.rested(Duration::ZERO, true);
        assert!(tempo.is_quick());
        tempo.rested(QUICK, true);
        assert!(!tempo.is_quick(), "it was a sleep");
        tempo.rested(Duration::ZERO, true);
        tempo.rested(Duration::ZERO, false);
        assert!(!tempo.is_quick(), "a kick, or a timer");
    }

    #[test]
    fn a_wait_that_brought_enough_is_tried_again() {
        let tempo = quick();
        tempo.gave_way(given(3 * WORTH), 3, false);
        assert!(tempo.is_quick());
        tempo.gave_way(given(3 * WORTH), 2, false);
        assert!(!tempo.is_quick(), "a sleep first");
        assert!(!tempo.is_paused(Instant::now()), "it was short");
    }

    #[test]
    fn what_others_polled_speaks_for_nobody() {
        let tempo = quick();
        tempo.gave_way(given(LONG), 0, true);
        assert!(tempo.is_quick());
        assert!(!tempo.is_paused(Instant::now()));
    }

    #[test]
    fn who_keeps_the_processor_gets_it_ever_more_seldom() {
        let tempo = quick();
        assert_eq!(pause_after_one_in_vain(&tempo), PAUSE);
        assert!(!tempo.is_quick());
        assert_eq!(pause_after_one_in_vain(&tempo), 2 * PAUSE);
        for _ in 0..20 {
            pause_after_one_in_vain(&tempo);
        }
        assert_eq!(pause_after_one_in_vain(&tempo), PAUSE_MAX);
        tempo.gave_way(given(WORTH), 1, false);
        assert_eq!(pause_after_one_in_vain(&tempo), PAUSE, "one was worth it");
    }

    #[test]
    fn in_a_pause_nobody_gives_way() {
        let tempo = quick();
        tempo
            .paused_until
            .set(Instant::now().checked_add(PAUSE_MAX));
        assert_eq!(tempo.give_way(), None);
    }
}
