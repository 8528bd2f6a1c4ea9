//! The budget as users see it: futures that take part in it, and those that do not.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Progress;

/// Takes one unit of the budget of the running poll, for something that may make progress now.
///
/// With none left the task is woken, so that it goes to the back of its queue, and this is
/// `Pending`. Else do what is to be done: the unit is spent by
/// [`made_progress`](RestoreOnPending::made_progress), and given back if the value is dropped
/// without. Outside of a task there is no limit.
///
/// ```
/// use runtime::task::coop::poll_proceed;
/// use std::future::poll_fn;
/// use std::task::{Poll, ready};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut numbers = vec![1, 2, 3];
/// let last = poll_fn(|cx| {
///     let unit = ready!(poll_proceed(cx));
///     match numbers.pop() {
///         Some(number) => {
///             unit.made_progress();
///             Poll::Ready(number)
///         }
///         None => Poll::Pending,
///     }
/// })
/// .await;
/// assert_eq!(last, 3);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[inline]
pub fn poll_proceed(cx: &mut Context<'_>) -> Poll<RestoreOnPending> {
    super::poll_proceed(cx).map(|unit| RestoreOnPending {
        unit: Cell::new(Some(unit)),
        _not_send: PhantomData,
    })
}

/// A unit of the budget, given back when this is dropped: made by [`poll_proceed`].
#[must_use = "dropped without `made_progress()`, the unit goes back"]
pub struct RestoreOnPending {
    unit: Cell<Option<Progress>>,
    /// The budget is this thread's.
    _not_send: PhantomData<*mut ()>,
}

impl RestoreOnPending {
    /// Something was done: the unit is spent.
    #[inline]
    pub fn made_progress(&self) {
        if let Some(unit) = self.unit.take() {
            unit.made();
        }
    }
}

impl fmt::Debug for RestoreOnPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreOnPending").finish_non_exhaustive()
    }
}

/// Waits until the budget allows one more unit, and spends it.
///
/// For loops that await nothing that would: at its end the task goes to the back of its queue.
///
/// # Cancel safety
/// Lossless: dropping it does nothing.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let mut sum = 0_u64;
/// for number in 0..1000 {
///     sum += number;
///     runtime::task::consume_budget().await;
/// }
/// assert_eq!(sum, 499_500);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn consume_budget() {
    poll_fn(|cx| {
        ready!(super::poll_proceed(cx)).made();
        Poll::Ready(())
    })
    .await;
}

pin_project! {
    /// The future of [`cooperative`].
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let future: runtime::task::coop::Coop<_> =
    ///     runtime::task::coop::cooperative(std::future::ready(5));
    /// assert_eq!(future.await, 5);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Coop<F: Future> {
        #[pin]
        future: F,
    }
}

/// Has `future` take part in the budget: it is polled while a unit is left, and spends it when it
/// is ready.
///
/// For futures that know nothing of budgets and may be ready again and again.
///
/// # Cancel safety
/// Lossless: a drop loses what the future's own drop does.
///
/// ```
/// use runtime::task::coop::cooperative;
///
/// # runtime::Runtime::new()?.block_on(async {
/// assert_eq!(cooperative(async { 5 }).await, 5);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[inline]
pub fn cooperative<F: Future>(future: F) -> Coop<F> {
    Coop { future }
}

impl<F: Future> Future for Coop<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let unit = ready!(super::poll_proceed(cx));
        let polled = self.project().future.poll(cx);
        if polled.is_ready() {
            unit.made();
        }
        polled
    }
}

pin_project! {
    /// The future of [`unconstrained`].
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let future: runtime::task::Unconstrained<_> = runtime::task::unconstrained(async { 5 });
    /// assert_eq!(future.await, 5);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Unconstrained<F> {
        #[pin]
        inner: F,
    }
}

/// Takes the budget off a future: it is polled without a limit. One that is always ready then keeps
/// all other tasks of its thread waiting.
///
/// # Cancel safety
/// Lossless: a drop loses what the future's own drop does.
///
/// ```
/// use runtime::task::unconstrained;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = runtime::sync::mpsc::channel(1000);
/// for number in 0..1000 {
///     sender.try_send(number).unwrap();
/// }
/// // All in one poll.
/// unconstrained(async {
///     for number in 0..1000 {
///         assert_eq!(receiver.recv().await, Some(number));
///     }
/// })
/// .await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[inline]
pub fn unconstrained<F>(inner: F) -> Unconstrained<F> {
    Unconstrained { inner }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _unlimited = super::unconstrained();
        self.project().inner.poll(cx)
    }
}
