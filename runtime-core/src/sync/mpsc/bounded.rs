//! The channel with a bounded number of values.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

use super::chan::{self, EndIfOver, Rx, Tx, WeakTx};
use super::error::{SendError, TryRecvError, TrySendError};
use super::permit::{OwnedPermit, Permit, PermitIterator};
use super::room::Bounded;
use crate::coop;
use crate::park::block_on_parked;
use crate::sync::assert_may_block;
use crate::sync::raw_semaphore::{MAX_PERMITS, TryAcquireError};

/// Makes a channel that holds up to `buffer` values.
///
/// # Panics
/// If `buffer` is zero, or more than `usize::MAX >> 3`.
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    assert!(
        buffer > 0,
        "a bounded channel needs room for at least one value"
    );
    assert!(
        buffer <= MAX_PERMITS,
        "a bounded channel holds at most `usize::MAX >> 3` values"
    );
    let (tx, rx) = chan::channel(Bounded::new(buffer));
    (Sender { tx }, Receiver { rx })
}

/// Sends values; waits while the channel is full.
///
/// Fairness: senders that wait get room in the order in which they came.
///
/// ```
/// use runtime::sync::mpsc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = mpsc::channel(1);
/// runtime::spawn(async move {
///     for value in 0..3 {
///         sender.send(value).await.unwrap();
///     }
/// });
/// while let Some(value) = receiver.recv().await {
///     assert!(value < 3);
/// }
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Sender<T> {
    pub(super) tx: Tx<T, Bounded>,
}

/// A [`Sender`] that does not keep the channel open.
///
/// ```
/// use runtime::sync::mpsc;
///
/// let (sender, _receiver) = mpsc::channel::<u8>(1);
/// let weak = sender.downgrade();
/// assert!(weak.upgrade().is_some());
/// drop(sender);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakSender<T> {
    tx: WeakTx<T, Bounded>,
}

/// Receives values.
///
/// ```
/// use runtime::sync::mpsc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = mpsc::channel(4);
/// sender.send(1).await.unwrap();
/// receiver.close();
/// assert!(sender.send(2).await.is_err());
/// assert_eq!(receiver.recv().await, Some(1));
/// assert_eq!(receiver.recv().await, None);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Receiver<T> {
    rx: Rx<T, Bounded>,
}

impl<T> Receiver<T> {
    /// Waits for the next value; `None` when there will be none.
    ///
    /// # Cancel safety
    /// Lossless: no value is lost.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, mut rx) = mpsc::channel(4);
    /// tx.send(1).await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Some(1));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
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
    /// let (tx, mut rx) = mpsc::channel(4);
    /// for number in 0..3 {
    ///     tx.send(number).await.unwrap();
    /// }
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many(&mut batch, 10).await, 3);
    /// assert_eq!(batch, [0, 1, 2]);
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
        assert_may_block("mpsc::Receiver::blocking_recv");
        block_on_parked(self.recv())
    }

    /// As [`recv_many`](Receiver::recv_many), blocking this thread.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        assert_may_block("mpsc::Receiver::blocking_recv_many");
        block_on_parked(self.recv_many(buffer, limit))
    }

    /// Lets no new sends begin. Values that were sent, or for which room was reserved, can still
    /// be received.
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

    /// How many values could be sent now without waiting.
    pub fn capacity(&self) -> usize {
        self.rx.chan().room.available()
    }

    /// How many values the channel was made for.
    pub fn max_capacity(&self) -> usize {
        self.rx.chan().room.capacity()
    }

    /// Polls for the next value; only the last waker is woken. May be pending with values at
    /// hand, when the [budget](crate::coop) of the poll is spent: the task is then woken at once.
    #[inline]
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

impl<T> Sender<T> {
    /// Waits for room and sends `value`.
    ///
    /// # Cancel safety
    /// Lossy: the value is dropped and the place in the queue lost; [`reserve`](Sender::reserve)
    /// loses no value.
    ///
    /// # Errors
    /// Gives the value back if the receiver is gone or closed.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, rx) = mpsc::channel(1);
    /// tx.send(1).await.unwrap();
    /// drop(rx);
    /// assert_eq!(tx.send(2).await.unwrap_err().0, 2);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.try_take(1).is_err() && self.wait(1).await.is_err() {
            return Err(SendError(value));
        }
        self.push(value);
        Ok(())
    }

    /// Sends `value` if there is room now.
    ///
    /// # Errors
    /// Gives the value back if there is no room, others wait for room, or the receiver is gone or
    /// closed.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.try_acquire(1) {
            Ok(()) => {
                self.push(value);
                Ok(())
            }
            Err(TrySendError::Full(())) => Err(TrySendError::Full(value)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(value)),
        }
    }

    /// Sends `value`, blocking this thread until there is room.
    ///
    /// # Errors
    /// Gives the value back if the receiver is gone or closed.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        assert_may_block("mpsc::Sender::blocking_send");
        block_on_parked(self.send(value))
    }

    /// Waits for room for one value; the value is given to the permit.
    ///
    /// # Cancel safety
    /// Place lost; nothing else.
    ///
    /// # Errors
    /// If the receiver is gone or closed.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, mut rx) = mpsc::channel(1);
    /// let permit = tx.reserve().await.unwrap();
    /// permit.send(1);
    /// assert_eq!(rx.recv().await, Some(1));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        self.acquire(1).await?;
        Ok(Permit::new(self))
    }

    /// Waits for room for `n` values.
    ///
    /// # Cancel safety
    /// Place lost; nothing else.
    ///
    /// # Errors
    /// If the receiver is gone or closed, or the channel can never hold `n` values.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, mut rx) = mpsc::channel(4);
    /// for permit in tx.reserve_many(2).await.unwrap() {
    ///     permit.send(1);
    /// }
    /// assert_eq!((rx.recv().await, rx.recv().await), (Some(1), Some(1)));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, SendError<()>> {
        if n > self.tx.chan().room.capacity() {
            return Err(SendError(()));
        }
        self.acquire(n).await?;
        Ok(PermitIterator::new(self, n))
    }

    /// Waits for room for one value, with a permit that owns the sender.
    ///
    /// # Cancel safety
    /// Lossy: the sender is dropped and the place in the queue lost; clone the sender before.
    ///
    /// # Errors
    /// If the receiver is gone or closed.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, mut rx) = mpsc::channel(1);
    /// let permit = tx.reserve_owned().await.unwrap();
    /// let tx = permit.send(1);
    /// assert_eq!(rx.recv().await, Some(1));
    /// drop(tx);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn reserve_owned(self) -> Result<OwnedPermit<T>, SendError<()>> {
        self.acquire(1).await?;
        Ok(OwnedPermit::new(self))
    }

    /// Reserves room for one value if there is room now.
    ///
    /// # Errors
    /// If there is no room, others wait for room, or the receiver is gone or closed.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.try_acquire(1)?;
        Ok(Permit::new(self))
    }

    /// Reserves room for `n` values if there is room now.
    ///
    /// # Errors
    /// As for [`try_reserve`](Sender::try_reserve); full is also a channel that can never hold `n`
    /// values.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        if n > self.tx.chan().room.capacity() {
            return Err(TrySendError::Full(()));
        }
        self.try_acquire(n)?;
        Ok(PermitIterator::new(self, n))
    }

    /// Reserves room for one value if there is room now, with a permit that owns the sender.
    ///
    /// # Errors
    /// Gives the sender back, as for [`try_reserve`](Sender::try_reserve).
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match self.try_acquire(1) {
            Ok(()) => Ok(OwnedPermit::new(self)),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }

    async fn acquire(&self, n: usize) -> Result<(), SendError<()>> {
        match self.try_take(n) {
            Ok(()) => Ok(()),
            Err(_) => self.wait(n).await,
        }
    }

    /// Takes room that is there, and a unit of budget; with no budget left it fails.
    #[inline]
    fn try_take(&self, n: usize) -> Result<(), TryAcquireError> {
        if !coop::has_budget_remaining() {
            return Err(TryAcquireError::NoPermits);
        }
        self.tx.chan().room.try_acquire(n)?;
        coop::spend();
        Ok(())
    }

    /// Waits for room that was not there at once.
    async fn wait(&self, n: usize) -> Result<(), SendError<()>> {
        let chan = self.tx.chan();
        // A waiter that is refused or gives up returns a part that it had: dropped last, this
        // looks at what is left.
        let _end = EndIfOver(chan);
        chan.room.acquire(n).await.map_err(|_| SendError(()))
    }

    #[inline]
    fn try_acquire(&self, n: usize) -> Result<(), TrySendError<()>> {
        self.tx
            .chan()
            .room
            .try_acquire(n)
            .map_err(|error| match error {
                TryAcquireError::Closed => TrySendError::Closed(()),
                TryAcquireError::NoPermits => TrySendError::Full(()),
            })
    }

    /// Sends a value whose room is reserved.
    #[inline]
    pub(super) fn push(&self, value: T) {
        let pushed = self.tx.chan().queue.push(value);
        debug_assert!(pushed.is_ok(), "no end is put in while room is reserved");
    }

    /// Gives reserved room back.
    pub(super) fn unreserve(&self, n: usize) {
        let chan = self.tx.chan();
        // As in `wait`.
        let _end = EndIfOver(chan);
        chan.room.release(n);
    }

    /// How many values could be sent now without waiting.
    pub fn capacity(&self) -> usize {
        self.tx.chan().room.available()
    }

    /// How many values the channel was made for.
    pub fn max_capacity(&self) -> usize {
        self.tx.chan().room.capacity()
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
    /// let (tx, rx) = mpsc::channel::<u8>(1);
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
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender {
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

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender {
            tx: self.tx.clone(),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

impl<T> WeakSender<T> {
    /// A sender again, unless all senders are gone.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        Some(Sender {
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

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        WeakSender {
            tx: self.tx.clone(),
        }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}
