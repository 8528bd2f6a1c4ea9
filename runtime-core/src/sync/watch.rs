//! A channel that keeps the latest value only: senders replace it, receivers look at it and wait
//! for it to change.
//!
//! [`channel`] makes it with a first value, which counts as seen. A receiver that is slow misses
//! values in between and never the last one: [`changed`](Receiver::changed) tells that there is one
//! that it has not seen, [`borrow_and_update`](Receiver::borrow_and_update) looks at it.
//!
//! **State**: the value behind a lock for many readers, its version (see `versions`), two counts.
//!
//! **Invariants.** H1: the version is raised with the value's lock held for writing: who holds it
//! for reading sees a value with its own version. H2: the version is closed when the last sender
//! goes, and no sender comes after. H3: who takes the count of receivers to zero tells those that
//! wait in [`closed`](Sender::closed), after it.
//!
//! **No wake-up is lost**: for receivers that is the proof of `versions`. A sender that waits for
//! the end makes its notification before it looks at the count: who goes later than that look
//! notifies after it.
//!
//! **Orderings**: on the way down the count of senders is AcqRel, since the last one closes the
//! version; that of receivers is Release, since who is told looks at the count. The value is ordered
//! by its lock.
//!
//! What belongs to the user runs under the value's lock only where its own words say so: what is
//! done with a [`Ref`], with the value in [`send_modify`](Sender::send_modify) and
//! [`send_if_modified`](Sender::send_if_modified), and the question of
//! [`wait_for`](Receiver::wait_for). If such a thing panics, the lock is free again and the channel
//! as usable as before. A value that was replaced is dropped after the lock.
//!
//! Rejected: a value in an `Arc` that is swapped (an allocation each time, and `send_modify` would
//! have to clone).

use std::fmt;
use std::mem;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

use self::error::{RecvError, SendError};
use super::cooperative;
use super::notify::Notify;
use super::versions::Versions;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, RwLock, RwLockReadGuard};

pub mod error;

/// The version that a channel begins with.
const FIRST: u64 = 1;

/// What a receiver has seen that is told to see anything as changed: no version is that.
const NOTHING: u64 = 0;

/// Makes a channel with a first value, which its receiver counts as seen.
///
/// ```
/// use runtime::sync::watch;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = watch::channel("starting");
/// runtime::spawn(async move { sender.send("ready") });
/// receiver.changed().await.unwrap();
/// assert_eq!(*receiver.borrow_and_update(), "ready");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        value: RwLock::new(init),
        versions: Versions::new(FIRST),
        senders: AtomicUsize::new(1),
        receivers: AtomicUsize::new(0),
        gone: Notify::new(),
    });
    let receiver = Receiver::new(&shared, FIRST);
    (Sender { shared }, receiver)
}

/// Replaces the value.
///
/// ```
/// use runtime::sync::watch;
///
/// let sender = watch::Sender::new(1);
/// let receiver = sender.subscribe();
/// sender.send_modify(|value| *value += 1);
/// assert_eq!(*receiver.borrow(), 2);
/// drop(receiver);
/// assert_eq!(sender.send(3).unwrap_err().0, 3);
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// Looks at the value and waits for it to change. A clone has seen what the original has seen.
///
/// ```
/// use runtime::sync::watch;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = watch::channel(0);
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// drop(sender);
/// let mut seen = Vec::new();
/// while receiver.changed().await.is_ok() {
///     seen.push(*receiver.borrow_and_update());
/// }
/// assert_eq!(seen, [2], "the latest only");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    seen: u64,
    shard: usize,
}

/// The value, locked for reading: senders wait, as threads, until it is dropped. So keep it short,
/// and not over an await.
///
/// A thread that has one and asks for another may wait for ever, if a sender came in between.
///
/// ```
/// use runtime::sync::watch;
///
/// let (sender, mut receiver) = watch::channel(1);
/// sender.send(2).unwrap();
/// let value = receiver.borrow_and_update();
/// assert!(value.has_changed());
/// assert_eq!(*value, 2);
/// ```
pub struct Ref<'a, T> {
    value: RwLockReadGuard<'a, T>,
    changed: bool,
}

struct Shared<T> {
    value: RwLock<T>,
    versions: Versions,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    gone: Notify,
}

impl<T> UnwindSafe for Shared<T> {}
impl<T> RefUnwindSafe for Shared<T> {}

impl<T> Shared<T> {
    fn receivers(&self) -> usize {
        // Acquire: H3; pairs with the drop of a receiver.
        self.receivers.load(Ordering::Acquire)
    }
}

impl<T> Sender<T> {
    /// A sender without receivers; [`subscribe`](Sender::subscribe) makes them.
    pub fn new(init: T) -> Sender<T> {
        channel(init).0
    }

    /// Replaces the value and tells all receivers.
    ///
    /// # Errors
    /// Gives the value back, and keeps the old one, if there is no receiver now;
    /// [`send_replace`](Sender::send_replace) does without.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.is_closed() {
            return Err(SendError(value));
        }
        drop(self.send_replace(value));
        Ok(())
    }

    /// Lets `modify` change the value in place and tells all receivers, also if there are none.
    ///
    /// # Panics
    /// If `modify` does. Then nobody is told; the value stays as `modify` left it.
    pub fn send_modify<F>(&self, modify: F)
    where
        F: FnOnce(&mut T),
    {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// Lets `modify` change the value in place, and tells all receivers if it says that it did. Gives
    /// what it said.
    ///
    /// # Panics
    /// As [`send_modify`](Sender::send_modify).
    pub fn send_if_modified<F>(&self, modify: F) -> bool
    where
        F: FnOnce(&mut T) -> bool,
    {
        let raised = {
            let mut value = self.shared.value.write();
            if !modify(&mut value) {
                return false;
            }
            // H1.
            self.shared.versions.raise()
        };
        raised.wake();
        true
    }

    /// Replaces the value, also if there are no receivers, and gives the old one.
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|old| mem::swap(old, &mut value));
        value
    }

    /// The value. For a sender it never [has changed](Ref::has_changed).
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref {
            value: self.shared.value.read(),
            changed: false,
        }
    }

    /// Whether there is no receiver now.
    pub fn is_closed(&self) -> bool {
        self.shared.receivers() == 0
    }

    /// Waits until there is no receiver.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::sync::watch;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (sender, receiver) = watch::channel(());
    /// runtime::spawn(async move { drop(receiver) });
    /// sender.closed().await;
    /// assert!(sender.is_closed());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn closed(&self) {
        cooperative(async {
            loop {
                let gone = self.shared.gone.notified();
                if self.is_closed() {
                    return;
                }
                gone.await;
            }
        })
        .await;
    }

    /// A new receiver, which counts the value as seen.
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(&self.shared, self.shared.versions.look().version())
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        // Relaxed: a count for humans.
        self.shared.senders.load(Ordering::Relaxed)
    }

    /// Whether both send into one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        // Relaxed: H2: this sender keeps the count above zero meanwhile.
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Sender {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Sender::new(T::default())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // AcqRel: H2; what the other senders did happens before the end.
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.versions.close().wake();
        }
    }
}

impl<T> Receiver<T> {
    fn new(shared: &Arc<Shared<T>>, seen: u64) -> Receiver<T> {
        // Relaxed: a sender that does not see this one yet sends before it came.
        shared.receivers.fetch_add(1, Ordering::Relaxed);
        Receiver {
            shared: Arc::clone(shared),
            seen,
            shard: shared.versions.assign_shard(),
        }
    }

    /// The value; what this receiver has seen stays as it is.
    pub fn borrow(&self) -> Ref<'_, T> {
        let value = self.shared.value.read();
        // H1: the version of this value.
        let version = self.shared.versions.look().version();
        Ref {
            value,
            changed: version != self.seen,
        }
    }

    /// The value, which counts as seen from now on.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let value = self.shared.value.read();
        // H1: the version of this value.
        let version = self.shared.versions.look().version();
        Ref {
            value,
            changed: mem::replace(&mut self.seen, version) != version,
        }
    }

    /// Whether there is a value that was not seen.
    ///
    /// # Errors
    /// If all senders are gone, also with a value that was not seen.
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let look = self.shared.versions.look();
        if look.is_closed() {
            return Err(RecvError(()));
        }
        Ok(look.version() != self.seen)
    }

    /// Whether all senders are gone.
    pub fn is_closed(&self) -> bool {
        self.shared.versions.look().is_closed()
    }

    /// Counts the value as not seen.
    pub fn mark_changed(&mut self) {
        self.seen = NOTHING;
    }

    /// Counts the value as seen.
    pub fn mark_unchanged(&mut self) {
        self.seen = self.shared.versions.look().version();
    }

    /// Waits for a value that was not seen, and counts it as seen.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// # Errors
    /// If all senders are gone and the last value was seen.
    ///
    /// ```
    /// use runtime::sync::watch;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (sender, mut receiver) = watch::channel(0);
    /// sender.send(1).unwrap();
    /// drop(sender);
    /// assert!(receiver.changed().await.is_ok());
    /// assert!(receiver.changed().await.is_err());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        cooperative(self.next_version()).await
    }

    async fn next_version(&mut self) -> Result<(), RecvError> {
        loop {
            let look = self.shared.versions.look();
            if look.version() != self.seen {
                self.seen = look.version();
                return Ok(());
            }
            if look.is_closed() {
                return Err(RecvError(()));
            }
            self.shared.versions.change(self.shard, self.seen).await;
        }
    }

    /// Waits for a value that `f` says yes to, beginning with the present one; each value that `f`
    /// is asked about counts as seen. Values that come and go between two polls are not asked about.
    ///
    /// # Cancel safety
    /// Lossless: what it has looked at counts as seen, the latest value stays.
    ///
    /// # Errors
    /// If all senders are gone and `f` said no to the last value.
    ///
    /// # Panics
    /// If `f` does; the channel stays usable.
    ///
    /// ```
    /// use runtime::sync::watch;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (sender, mut receiver) = watch::channel(0);
    /// runtime::spawn(async move {
    ///     for value in 1..=3 {
    ///         sender.send(value).unwrap();
    ///         runtime::task::yield_now().await;
    ///     }
    /// });
    /// assert_eq!(*receiver.wait_for(|value| *value >= 3).await.unwrap(), 3);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait_for(&mut self, f: impl FnMut(&T) -> bool) -> Result<Ref<'_, T>, RecvError> {
        cooperative(self.next_version_with(f)).await
    }

    async fn next_version_with(
        &mut self,
        mut f: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, T>, RecvError> {
        let mut ask = true;
        loop {
            if ask {
                let shared = &*self.shared;
                let value = shared.value.read();
                // H1: the version of this value.
                let version = shared.versions.look().version();
                let changed = mem::replace(&mut self.seen, version) != version;
                if f(&value) {
                    return Ok(Ref { value, changed });
                }
            }
            let look = self.shared.versions.look();
            ask = look.version() != self.seen;
            if ask {
                continue;
            }
            if look.is_closed() {
                return Err(RecvError(()));
            }
            self.shared.versions.change(self.shard, self.seen).await;
        }
    }

    /// Whether both receive from one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Receiver::new(&self.shared, self.seen)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // Release: H3; what receivers did happens before the look of who finds none.
        if self.shared.receivers.fetch_sub(1, Ordering::Release) == 1 {
            self.shared.gone.notify_waiters();
        }
    }
}

impl<T> Ref<'_, T> {
    /// Whether the receiver that lent it had not seen it before.
    pub fn has_changed(&self) -> bool {
        self.changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref")
            .field("value", &**self)
            .field("has_changed", &self.changed)
            .finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("shared", &self.shared)
            .finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("shared", &self.shared)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let look = self.versions.look();
        let mut shared = f.debug_struct("Shared");
        // Who prints it may hold the lock.
        match self.value.try_read() {
            Some(value) => shared.field("value", &*value),
            None => shared.field("value", &format_args!("<locked>")),
        };
        shared
            .field("version", &look.version())
            .field("is_closed", &look.is_closed())
            .field("receivers", &self.receivers())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, not(loom)))]
mod model_tests;
