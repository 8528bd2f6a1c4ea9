//! A channel in which every receiver gets every value, from when it came on.
//!
//! [`channel`] keeps up to `capacity` values, rounded up to a power of two. A sender never waits: it
//! overwrites the oldest value, and a receiver that was too slow for it is told how many it missed
//! ([`Lagged`](error::RecvError::Lagged)) and goes on with the oldest one that is left. When all
//! senders are gone, a receiver gets what is left and then [`Closed`](error::RecvError::Closed).
//!
//! **State**: a ring of slots, each with a lock, a value's position, the value, and how many
//! receivers have yet to pass it; the count of receivers behind a lock; the position of the next
//! value, which is the version in `versions`. A receiver is the position that it reads next.
//!
//! **Invariants.** R1: sends are one after the other, and nobody comes or goes during one: all under
//! the lock of the count. The locks are taken in the order count, slot, shard of waiters. R2: a slot
//! is to be passed by those receivers that were there when it was filled, once by each: who reads
//! it, and, for what it has not read, who goes. The last one takes the value out and drops it, as
//! does who overwrites it: so each value is dropped once, as soon as nobody can receive it. R3: a
//! slot's position never falls. Where a receiver finds another position than its own, its value was
//! overwritten, and by that position it knows the oldest value that is left, though the send may not
//! have raised the version yet. R4: receivers pass values in their order, so whatever was passed by
//! all lies before what was not.
//!
//! **Steps.** Send: (1) lock the count; (2) fill the slot; (3) raise the version; (4) unlock, wake,
//! drop what was overwritten. Receive: (a) is the version its own position: wait for it to rise; (b)
//! is it too far ahead: lag; (c) lock the slot; is it another's: lag; else clone the value, pass the
//! slot, unlock. So a receive costs one lock, and finding nothing costs none.
//!
//! **No wake-up is lost**: that is the proof of `versions`. A sender that waits for the last receiver
//! to go makes its notification before it looks at the count.
//!
//! A value is cloned under the lock of its slot, and this is the only user code under a lock here: a
//! value need not be `Sync`, so its receivers have to clone it one after the other. A sender waits
//! for a clone only if it overwrites that very value. A `clone` must not send into its own channel,
//! nor receive from it.
//!
//! Rejected: each value in an `Arc` of its own, cloned outside the slot's lock (an allocation a send,
//! and four more read-modify-writes a receive); to give the last receiver the value itself (it may
//! look at the clone's effects).

use std::fmt;

use self::error::{RecvError, SendError, TryRecvError};
use self::shared::Shared;
use super::{assert_may_block, cooperative};
use crate::coop;
use crate::loom::Arc;
use crate::park::block_on_parked;

pub mod error;

mod shared;

/// Makes a channel that keeps up to `capacity` values, rounded up to a power of two.
///
/// ```
/// use runtime::sync::broadcast;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut first) = broadcast::channel(16);
/// let mut second = sender.subscribe();
/// sender.send("news").unwrap();
/// assert_eq!(first.recv().await, Ok("news"));
/// assert_eq!(second.recv().await, Ok("news"));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
/// If `capacity` is zero, or more than `usize::MAX / 2`.
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(capacity);
    let receiver = sender.subscribe();
    (sender, receiver)
}

/// Sends values to all receivers; never waits.
///
/// ```
/// use runtime::sync::broadcast;
///
/// let sender = broadcast::Sender::new(8);
/// assert!(sender.send(1).is_err(), "nobody is there");
/// let mut receiver = sender.subscribe();
/// assert_eq!(sender.send(2).unwrap(), 1);
/// assert_eq!(receiver.try_recv(), Ok(2));
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// A [`Sender`] that does not keep the channel open.
///
/// ```
/// use runtime::sync::broadcast;
///
/// let (sender, _receiver) = broadcast::channel::<u8>(8);
/// let weak = sender.downgrade();
/// assert!(weak.upgrade().is_some());
/// drop(sender);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakSender<T> {
    shared: Arc<Shared<T>>,
}

/// Receives every value that is sent while it is there.
///
/// ```
/// use runtime::sync::broadcast;
/// use runtime::sync::broadcast::error::RecvError;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = broadcast::channel(2);
/// for value in 1..=3 {
///     sender.send(value).unwrap();
/// }
/// drop(sender);
/// assert_eq!(receiver.recv().await, Err(RecvError::Lagged(1)));
/// assert_eq!(receiver.recv().await, Ok(2));
/// assert_eq!(receiver.recv().await, Ok(3));
/// assert_eq!(receiver.recv().await, Err(RecvError::Closed));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    next: u64,
    shard: usize,
}

impl<T> Sender<T> {
    /// A sender without receivers; [`subscribe`](Sender::subscribe) makes them.
    ///
    /// # Panics
    /// As [`channel`].
    #[track_caller]
    pub fn new(capacity: usize) -> Sender<T> {
        assert!(
            capacity > 0,
            "a broadcast channel needs room for at least one value"
        );
        assert!(
            capacity <= usize::MAX >> 1,
            "a broadcast channel holds at most `usize::MAX / 2` values"
        );
        Sender {
            shared: Arc::new(Shared::new(capacity.next_power_of_two())),
        }
    }

    /// Sends `value` to all receivers that are there now; gives how many these are. Some of them may
    /// miss it, if they lag or go.
    ///
    /// # Errors
    /// Gives the value back if there is no receiver now.
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        self.shared.send(value)
    }

    /// A new receiver, of the values that are sent from now on.
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(&self.shared)
    }

    /// A sender that does not keep the channel open.
    #[must_use = "the sender itself stays; only the weak one is new"]
    pub fn downgrade(&self) -> WeakSender<T> {
        self.shared.senders.add_weak();
        WeakSender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// How many values are in the channel: some receiver has yet to receive them.
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// Whether all receivers have received everything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// Whether both send into one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until there is no receiver.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::sync::broadcast;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (sender, receiver) = broadcast::channel::<u8>(8);
    /// runtime::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// assert_eq!(sender.receiver_count(), 0);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn closed(&self) {
        cooperative(async {
            loop {
                let gone = self.shared.gone.notified();
                if self.receiver_count() == 0 {
                    return;
                }
                gone.await;
            }
        })
        .await;
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.shared.senders.strong()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.shared.senders.weak()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.add();
        Sender {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.shared.senders.remove() {
            self.shared.versions.close().wake();
        }
    }
}

impl<T> WeakSender<T> {
    /// A sender again, unless all senders are gone.
    #[must_use = "the weak sender itself stays; only the sender is new"]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.shared.senders.try_add().then(|| Sender {
            shared: Arc::clone(&self.shared),
        })
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.shared.senders.strong()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.shared.senders.weak()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.add_weak();
        WeakSender {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Drop for WeakSender<T> {
    fn drop(&mut self) {
        self.shared.senders.remove_weak();
    }
}

impl<T> Receiver<T> {
    fn new(shared: &Arc<Shared<T>>) -> Receiver<T> {
        Receiver {
            shared: Arc::clone(shared),
            next: shared.enter(),
            shard: shared.versions.assign_shard(),
        }
    }

    /// How many values were sent that it has not received, with those that it will turn out to have
    /// missed: it may be more than the channel keeps.
    pub fn len(&self) -> usize {
        (self.shared.versions.look().version() - self.next) as usize
    }

    /// Whether it has received everything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both receive from one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.shared.senders.strong()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.shared.senders.weak()
    }

    /// Whether all senders are gone; values may be left.
    pub fn is_closed(&self) -> bool {
        self.shared.versions.look().is_closed()
    }
}

impl<T: Clone> Receiver<T> {
    /// Another receiver, of the values that are sent from now on, not of those that this one has not
    /// received yet.
    pub fn resubscribe(&self) -> Self {
        Receiver::new(&self.shared)
    }

    /// Waits for the next value.
    ///
    /// # Cancel safety
    /// Lossless: no value is lost.
    ///
    /// # Errors
    /// [`RecvError::Lagged`] if values were overwritten; [`RecvError::Closed`] if there will be none.
    ///
    /// ```
    /// use runtime::sync::broadcast;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (sender, mut receiver) = broadcast::channel(8);
    /// runtime::spawn(async move { sender.send(7) });
    /// assert_eq!(receiver.recv().await, Ok(7));
    /// assert!(receiver.recv().await.is_err());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv(&mut self) -> Result<T, RecvError> {
        if coop::has_budget_remaining() {
            if let Some(outcome) = self.present() {
                coop::spend();
                return outcome;
            }
        }
        cooperative(self.next_value()).await
    }

    async fn next_value(&mut self) -> Result<T, RecvError> {
        loop {
            if let Some(outcome) = self.present() {
                return outcome;
            }
            self.shared.versions.change(self.shard, self.next).await;
        }
    }

    /// What need not be waited for.
    #[inline]
    fn present(&mut self) -> Option<Result<T, RecvError>> {
        match self.try_recv() {
            Ok(value) => Some(Ok(value)),
            Err(TryRecvError::Closed) => Some(Err(RecvError::Closed)),
            Err(TryRecvError::Lagged(missed)) => Some(Err(RecvError::Lagged(missed))),
            Err(TryRecvError::Empty) => None,
        }
    }

    /// Takes the next value if it is there.
    ///
    /// # Errors
    /// As [`recv`](Receiver::recv); [`TryRecvError::Empty`] if a value may still come.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.shared.try_next(&mut self.next)
    }

    /// Waits for the next value, blocking this thread.
    ///
    /// # Errors
    /// As [`recv`](Receiver::recv).
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        assert_may_block("broadcast::Receiver::blocking_recv");
        block_on_parked(self.recv())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.leave(self.next);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broadcast::Sender")
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broadcast::WeakSender")
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broadcast::Receiver")
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, not(loom)))]
mod model_tests;
