//! Ticks at a fixed period.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::time::Instant;
use crate::time::timer::Timer;

/// How late a tick may be seen and still count as in time, for [`MissedTickBehavior::Delay`].
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks at once, and then every `period`. See [`interval_at`].
///
/// # Panics
/// If `period` is zero, and outside of a runtime.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    assert_period(period);
    Interval {
        timer: Timer::after(Duration::ZERO),
        period,
        behavior: MissedTickBehavior::Burst,
    }
}

/// Ticks at `start`, and then every `period`.
///
/// The ticks lie at `start + n * period`: how long the work between two ticks takes does not shift
/// them. What happens when it takes longer than the period is said by the [`MissedTickBehavior`].
///
/// # Panics
/// If `period` is zero, and outside of a runtime.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert_period(period);
    Interval {
        timer: Timer::at(start),
        period,
        behavior: MissedTickBehavior::Burst,
    }
}

#[track_caller]
fn assert_period(period: Duration) {
    assert!(
        !period.is_zero(),
        "the period of an interval must not be zero"
    );
}

/// When the next tick is due after one was seen late.
///
/// With a period of 50 ms and a tick that was due at 100 ms but seen at 230 ms, the next ticks are
/// due at:
///
/// | behaviour | next ticks |
/// |---|---|
/// | `Burst` | 150, 200 (both at once), 250, 300 |
/// | `Delay` | 280, 330, 380 |
/// | `Skip` | 250, 300, 350 |
///
/// ```
/// use runtime::time::{Duration, MissedTickBehavior, interval};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut ticks = interval(Duration::from_millis(1));
/// ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
/// ticks.tick().await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissedTickBehavior {
    /// Catches up: missed ticks follow at once until the schedule is met again. No tick is lost.
    #[default]
    Burst,
    /// Starts anew: the next tick is a full period after this one was seen. A tick counts as missed
    /// when it is seen more than 5 ms late, or more than the period if that is shorter, so that
    /// small delays do not add up.
    Delay,
    /// Drops the missed ticks: the next one is the next point of the schedule that lies ahead.
    Skip,
}

impl MissedTickBehavior {
    /// When the tick after the one of `due`, seen at `now`, is due.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Instant {
        let late = now.saturating_duration_since(due);
        match self {
            MissedTickBehavior::Delay if late > TOLERANCE.min(period) => now.add_or_far(period),
            MissedTickBehavior::Skip if late >= period => {
                now.add_or_far(period - remainder(late, period))
            }
            _ => due.add_or_far(period),
        }
    }
}

/// `late` modulo `period`.
fn remainder(late: Duration, period: Duration) -> Duration {
    let rest = late.as_nanos() % period.as_nanos();
    Duration::new((rest / 1_000_000_000) as u64, (rest % 1_000_000_000) as u32)
}

/// Ticks; made by [`interval`] and [`interval_at`].
///
/// ```
/// use runtime::time::{Duration, interval};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut ticks = interval(Duration::from_millis(1));
/// for _ in 0..3 {
///     ticks.tick().await;
/// }
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Interval {
    timer: Timer,
    period: Duration,
    behavior: MissedTickBehavior,
}

impl Interval {
    /// Waits for the next tick, and returns when it was due: never later than now.
    ///
    /// # Cancel safety
    /// Lossless: dropped before it is ready, it has consumed no tick.
    ///
    /// ```
    /// use runtime::time::{Duration, interval};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut ticks = interval(Duration::from_millis(1));
    /// let first = ticks.tick().await;
    /// assert!(ticks.tick().await > first);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// The poll of [`Interval::tick`]. Ready registers nobody for the tick after this one.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(self.timer.poll(cx));
        let due = self.timer.deadline();
        self.timer
            .reset(self.behavior.next(due, self.timer.now(), self.period));
        Poll::Ready(due)
    }

    /// Puts the next tick one period from now.
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// Puts the next tick at once; the ones after it follow a period apart from now.
    pub fn reset_immediately(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// Puts the next tick `after` from now; the ones after it follow a period apart.
    pub fn reset_after(&mut self, after: Duration) {
        self.timer.reset(self.timer.now().add_or_far(after));
    }

    /// Puts the next tick at `deadline`; the ones after it follow a period apart.
    pub fn reset_at(&mut self, deadline: Instant) {
        self.timer.reset(deadline);
    }

    /// What happens when ticks are missed.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.behavior
    }

    /// Says what happens when ticks are missed; [`MissedTickBehavior::Burst`] unless set.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.behavior = behavior;
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}
