//! A point in time, on a clock that tests can stop.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, Instant as StdInstant};

use crate::context;
use crate::loom;
use crate::timer::clock::{self, FAR};

/// A point in time, as [`std::time::Instant`], except that [`Instant::now`] follows the clock
/// of the current runtime when that was paused or moved.
///
/// ```
/// use runtime::time::{Duration, Instant, sleep_until};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let deadline = Instant::now() + Duration::from_millis(5);
/// sleep_until(deadline).await;
/// assert!(Instant::now() >= deadline);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(StdInstant);

impl Instant {
    /// The present: the real one, or what the current runtime's clock shows if it was ever paused.
    #[inline]
    pub fn now() -> Instant {
        if clock::any_warped() {
            Instant::on_current_clock()
        } else {
            Instant(loom::now())
        }
    }

    /// The same point as a standard instant gives it.
    #[inline]
    pub fn from_std(std: StdInstant) -> Instant {
        Instant(std)
    }

    /// The same point as a standard instant. Of a paused or moved clock, it is not the real time.
    #[inline]
    pub fn into_std(self) -> StdInstant {
        self.0
    }

    /// The time from `earlier` to this point, or zero if `earlier` is later.
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// The time from `earlier` to this point, or `None` if `earlier` is later.
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// The time from `earlier` to this point, or zero if `earlier` is later.
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// The time from this point to the present, or zero if it lies ahead.
    pub fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(*self)
    }

    /// This point moved ahead, or `None` if the platform's instants do not reach so far.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_add(duration).map(Instant)
    }

    /// This point moved back, or `None` if the platform's instants do not reach so far.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_sub(duration).map(Instant)
    }

    /// This point moved ahead, by some 30 years if the platform's instants do not reach as far as
    /// asked.
    #[inline]
    pub(super) fn add_or_far(self, duration: Duration) -> Instant {
        self.checked_add(duration)
            .or_else(|| self.checked_add(FAR))
            .unwrap_or(self)
    }

    #[cold]
    fn on_current_clock() -> Instant {
        Instant(context::with_timer_shard(|shard| {
            shard.map_or_else(loom::now, |shard| shard.clock().now())
        }))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<StdInstant> for Instant {
    fn from(std: StdInstant) -> Instant {
        Instant(std)
    }
}

impl From<Instant> for StdInstant {
    fn from(instant: Instant) -> StdInstant {
        instant.0
    }
}

/// # Panics
/// If the platform's instants do not reach so far; see [`Instant::checked_add`].
impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0 + duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// The time from the right side to the left, or zero if the right side is later.
    fn sub(self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// # Panics
/// If the platform's instants do not reach so far; see [`Instant::checked_sub`].
impl Sub<Duration> for Instant {
    type Output = Instant;

    fn sub(self, duration: Duration) -> Instant {
        Instant(self.0 - duration)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}
