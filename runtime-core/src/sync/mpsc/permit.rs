//! Room that was reserved in a bounded channel. Given back if no value is sent.

use std::fmt;
use std::iter::FusedIterator;
use std::mem::ManuallyDrop;

use super::bounded::Sender;

/// Room for one value.
///
/// ```
/// use runtime::sync::mpsc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = mpsc::channel(1);
/// let permit = sender.reserve().await.unwrap();
/// assert!(sender.try_send(1).is_err(), "the room is taken");
/// permit.send(2);
/// assert_eq!(receiver.recv().await, Some(2));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Permit<'a, T> {
    sender: &'a Sender<T>,
}

/// Room for several values: an iterator of [`Permit`]s. What is left is given back when it is
/// dropped.
///
/// ```
/// use runtime::sync::mpsc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = mpsc::channel(2);
/// for (value, permit) in sender.reserve_many(2).await.unwrap().enumerate() {
///     permit.send(value);
/// }
/// assert_eq!(receiver.recv().await, Some(0));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct PermitIterator<'a, T> {
    sender: &'a Sender<T>,
    left: usize,
}

/// Room for one value, with the sender it came from.
///
/// ```
/// use runtime::sync::mpsc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, mut receiver) = mpsc::channel(1);
/// let permit = sender.reserve_owned().await.unwrap();
/// let sender = permit.send("first");
/// assert!(sender.try_send("second").is_err(), "there is no room");
/// assert_eq!(receiver.recv().await, Some("first"));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct OwnedPermit<T> {
    sender: Option<Sender<T>>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>) -> Permit<'a, T> {
        Permit { sender }
    }

    /// Sends `value` into the room, at once; also if the receiver has closed the channel since.
    pub fn send(self, value: T) {
        ManuallyDrop::new(self).sender.push(value);
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.sender.unreserve(1);
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>, left: usize) -> PermitIterator<'a, T> {
        PermitIterator { sender, left }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(Permit::new(self.sender))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        self.sender.unreserve(self.left);
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(sender: Sender<T>) -> OwnedPermit<T> {
        OwnedPermit {
            sender: Some(sender),
        }
    }

    /// Sends `value` into the room, at once, and gives the sender back.
    pub fn send(mut self, value: T) -> Sender<T> {
        let sender = self.take();
        sender.push(value);
        sender
    }

    /// Gives the room back, and the sender to the caller.
    pub fn release(mut self) -> Sender<T> {
        let sender = self.take();
        sender.unreserve(1);
        sender
    }

    /// Whether both are room in one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        match (&self.sender, &other.sender) {
            (Some(own), Some(other)) => own.same_channel(other),
            _ => false,
        }
    }

    /// Whether this is room in the channel of `sender`.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.sender
            .as_ref()
            .is_some_and(|own| own.same_channel(sender))
    }

    fn take(&mut self) -> Sender<T> {
        let Some(sender) = self.sender.take() else {
            unreachable!("taken only with `self`")
        };
        sender
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            sender.unreserve(1);
        }
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").finish_non_exhaustive()
    }
}
