//! The channel without a bound.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

use super::chan::{self, Rx, Tx, WeakTx};
use super::error::{SendError, TryRecvError};
use super::room::Unbounded;
use crate::park::block_on_parked;
use crate::sync::assert_may_block;

/// Makes a channel that takes every value at once. Memory is its only bound.
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (tx, rx) = chan::channel(Unbounded);
    (UnboundedSender { tx }, UnboundedReceiver { rx })
}

/// Sends values and never waits.
///
/// ```
/// use runtime::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::unbounded_channel();
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// assert_eq!(receiver.try_recv(), Ok(1));
/// drop(receiver);
/// assert!(sender.send(3).is_err());
/// ```
pub struct UnboundedSender<T> {
    tx: Tx<T, Unbounded>,
}

/// An [`UnboundedSender`] that does not keep the channel open.
///
/// ```
/// use runtime::sync::mpsc;
///
/// let (sender, _receiver) = mpsc::unbounded_channel::<u8>();
/// let weak = sender.downgrade();
/// assert!(weak.upgrade().is_some());
/// drop(sender);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakUnboundedSender<T> {
    tx: WeakTx<T, Unbounded>,
}

/// Receives values.
///
/// ```
/// use runtime::sync::mpsc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = mpsc::unbounded_channel();
/// for value in 0..3 {
///     sender.send(value).unwrap();
/// }
/// let mut values = Vec::new();
/// assert_eq!(receiver.recv_many(&mut values, 8).await, 3);
/// assert_eq!(values, [0, 1, 2]);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UnboundedReceiver<T> {
    rx: Rx<T, Unbounded>,
}

impl<T> UnboundedReceiver<T> {
    /// Waits for the next value; `None` when there will be none.
    ///
    /// # Cancel safety
    /// Lossless: no value is lost.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, mut rx) = mpsc::unbounded_channel();
    /// tx.send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Some(1));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Waits for at least one value and appends up to `limit` to `buffer`; gives how many. Zero
    /// when there will be none, or if `limit` is zero.
    ///
    /// # Cancel safety
    /// Lossless: no value is lost.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, mut rx) = mpsc::unbounded_channel();
    /// for number in 0..3 {
    ///     tx.send(number).unwrap();
    /// }
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many(&mut batch, 2).await, 2);
    /// assert_eq!(batch, [0, 1]);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        poll_fn(|cx| self.poll_recv_many(cx, buffer, limit)).await
    }

    /// Takes the next value if it is there.
    ///
    /// If its sender was interrupted half-way, this waits for it.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] if one may still come, [`TryRecvError::Disconnected`] if none will.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.rx.try_recv()
    }

    /// Takes the next value, blocking this thread until it is there; `None` when there will be
    /// none.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        assert_may_block("mpsc::UnboundedReceiver::blocking_recv");
        block_on_parked(self.recv())
    }

    /// As [`recv_many`](UnboundedReceiver::recv_many), blocking this thread.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        assert_may_block("mpsc::UnboundedReceiver::blocking_recv_many");
        block_on_parked(self.recv_many(buffer, limit))
    }

    /// Lets no new sends begin. Values that were sent can still be received.
    pub fn close(&mut self) {
        self.rx.close();
    }

    /// Whether it was closed, or all senders are gone.
    pub fn is_closed(&self) -> bool {
        self.rx.is_closed()
    }

    /// Whether no value is in the channel.
    pub fn is_empty(&self) -> bool {
        self.rx.len() == 0
    }

    /// How many values are in the channel.
    pub fn len(&self) -> usize {
        self.rx.len()
    }

    /// Polls for the next value; only the last waker is woken. May be pending with values at
    /// hand, when the [budget](crate::coop) of the poll is spent: the task is then woken at once.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.rx.poll_recv(cx)
    }

    /// Polls for up to `limit` values, appended to `buffer`; only the last waker is woken.
    pub fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        self.rx.poll_recv_many(cx, buffer, limit)
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.rx.strong_count()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.rx.weak_count()
    }
}

impl<T> UnboundedSender<T> {
    /// Sends `value`.
    ///
    /// # Errors
    /// Gives the value back if the receiver is gone or closed.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.tx.chan().queue.push(value).map_err(SendError)
    }

    /// Waits until the receiver is gone or closed.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, rx) = mpsc::unbounded_channel::<u8>();
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn closed(&self) {
        self.tx.chan().closed().await;
    }

    /// Whether the receiver is gone or closed.
    pub fn is_closed(&self) -> bool {
        self.tx.chan().is_closed()
    }

    /// Whether both send into one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.tx.same_channel(&other.tx)
    }

    /// A sender that does not keep the channel open.
    #[must_use = "the sender itself stays; only the weak one is new"]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender {
            tx: self.tx.downgrade(),
        }
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.tx.strong_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.tx.weak_count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        UnboundedSender {
            tx: self.tx.clone(),
        }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedReceiver")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

impl<T> WeakUnboundedSender<T> {
    /// A sender again, unless all senders are gone.
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        Some(UnboundedSender {
            tx: self.tx.upgrade()?,
        })
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.tx.strong_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.tx.weak_count()
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        WeakUnboundedSender {
            tx: self.tx.clone(),
        }
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedSender")
            .finish_non_exhaustive()
    }
}
