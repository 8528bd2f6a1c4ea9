//! A limit to how long a future is waited for.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::coop;
use crate::time::error::Elapsed;
use crate::time::sleep::limit;
use crate::time::{Instant, Sleep, sleep_until};

/// Waits for `future`, but no longer than `duration`.
///
/// The future is polled first: one that is ready is never overtaken by its limit, not even by one
/// of zero. A duration that the clock cannot add to the present limits to some 30 years.
///
/// # Errors
/// [`Elapsed`] if the time passed before the future was ready.
///
/// # Panics
/// Outside of a runtime.
///
/// # Cancel safety
/// Lossless: a drop loses what the future's own drop does. When the limit strikes, the future is
/// dropped with the returned [`Timeout`], at whichever await it stands.
///
/// # Fairness
/// A future that uses up the task's budget at each poll does not put the limit off.
#[track_caller]
#[inline]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout {
        value: future.into_future(),
        delay: limit(duration),
    }
}

/// Waits for `future`, but no longer than until `deadline`. See [`timeout`].
///
/// # Errors
/// [`Elapsed`] if the deadline passed before the future was ready.
///
/// # Panics
/// Outside of a runtime.
///
/// # Cancel safety
/// Lossless: as [`timeout`].
#[track_caller]
#[inline]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout {
        value: future.into_future(),
        delay: sleep_until(deadline),
    }
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    ///
    /// ```
    /// use runtime::time::{Duration, timeout};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let limited = timeout(Duration::from_millis(1), std::future::pending::<()>());
    /// assert!(limited.await.is_err());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Timeout<T> {
        #[pin]
        value: T,
        #[pin]
        delay: Sleep,
    }
}

impl<T> Timeout<T> {
    /// The future that is waited for.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The future that is waited for.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The future, without its limit.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: Future> Future for Timeout<T> {
    type Output = Result<T::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(value) = this.value.poll(cx) {
            return Poll::Ready(Ok(value));
        }
        // A future that takes the whole budget each time would else keep its own limit from ever
        // being looked at.
        let used_up = had_budget && !coop::has_budget_remaining();
        let unlimited = used_up.then(coop::unconstrained);
        let elapsed = this.delay.poll(cx);
        drop(unlimited);
        elapsed.map(|()| Err(Elapsed::new()))
    }
}
