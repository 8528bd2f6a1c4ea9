//! Waiting until a point in time.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::time::Instant;
use crate::time::timer::Timer;

/// Waits until `duration` has passed.
///
/// However short, it lets others run: it is never ready at its first poll. A duration that the clock
/// cannot add to the present waits for some 30 years.
///
/// # Panics
/// Outside of a runtime. Polling it after its runtime was shut down panics, too, unless it is due.
///
/// # Cancel safety
/// Lossless: dropping it takes the registration back.
#[track_caller]
#[inline]
pub fn sleep(duration: Duration) -> Sleep {
    Sleep {
        timer: Timer::after(duration).that_gives_way(),
        pinned: PhantomPinned,
    }
}

/// The same for a limit, which may be over at once.
#[track_caller]
#[inline]
pub(super) fn limit(duration: Duration) -> Sleep {
    Sleep {
        timer: Timer::after(duration),
        pinned: PhantomPinned,
    }
}

/// Waits until `deadline`. One in the past is ready at the first poll.
///
/// # Panics
/// Outside of a runtime. Polling it after its runtime was shut down panics, too, unless it is due.
///
/// # Cancel safety
/// Lossless: dropping it takes the registration back.
#[track_caller]
#[inline]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep {
        timer: Timer::at(deadline),
        pinned: PhantomPinned,
    }
}

pin_project! {
    /// The future of [`sleep`] and [`sleep_until`].
    ///
    /// It can be polled anywhere, also outside of its runtime, and after it was ready. To wait for
    /// it in a loop, pin it once and use `&mut`; to use it anew, [`reset`](Sleep::reset) it.
    ///
    /// ```
    /// use runtime::time::{Duration, Instant, sleep};
    /// use std::pin::pin;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut sleep = pin!(sleep(Duration::from_secs(3600)));
    /// sleep.as_mut().reset(Instant::now() + Duration::from_millis(1));
    /// sleep.await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Sleep {
        timer: Timer,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Sleep {
    /// The point in time that it waits for.
    pub fn deadline(&self) -> Instant {
        self.timer.deadline()
    }

    /// Whether the wait is over. False before the first poll, however late that is, unless it was
    /// [reset](Sleep::reset).
    pub fn is_elapsed(&self) -> bool {
        self.timer.is_elapsed()
    }

    /// Waits for `deadline` instead, whether or not the former one has passed.
    ///
    /// A task that waits is woken at the new deadline without polling again, at once if that has
    /// passed already. After the former deadline had passed, the next poll registers it.
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().timer.reset(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().timer.poll(cx)
    }
}
