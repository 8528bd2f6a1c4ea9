//! A channel for one value.
//!
//! [`channel`] makes the two ends; [`Sender::send`] gives the value, awaiting the [`Receiver`]
//! takes it.
//!
//! **State**: one allocation, one word of bits. `VALUE`: the value is there. `TX_DONE`: the
//! sender has sent or given up. `RX_CLOSED`: the receiver takes no more. `RX_WAKER`, `TX_WAKER`:
//! that end's waker is in its cell. `TX_LEFT`, `RX_LEFT`: that end never touches the allocation
//! again.
//!
//! **Invariants.** O1: the value cell is the sender's until `VALUE` is set, the receiver's from
//! then on. O2: an end's waker cell is its own while its waker bit is clear. Set, it is read by
//! both and written by none, until that end clears the bit (taking it back) or the other end
//! finishes (`TX_DONE` for the receiver's waker, `RX_CLOSED` for the sender's): the one change
//! that finishes and finds the bit set moves that waker out. O3: the end that sets its `LEFT` bit
//! second frees the allocation; an end that sees the other's `LEFT` bit is alone. O4: `TX_DONE`
//! and `RX_CLOSED` are set once and stay; `VALUE` is set only together with `TX_DONE`, and never
//! after `RX_CLOSED`.
//!
//! **No wake-up is lost**: an end that waits sets its waker bit, the other end finishes, both by
//! read-modify-writes of one word. The bit first: the finisher sees it and wakes. The finish
//! first: the waiter sees it, takes its waker back and completes.
//!
//! **Orderings**: every change is AcqRel, but that which takes a waker back is Acquire; loads that
//! lead to an access of a cell, to the freeing or to an outcome are Acquire.
//!
//! A value that is sent before the receiver polls costs one read-modify-write in all: the sender
//! sets `VALUE`, `TX_DONE` and `TX_LEFT` in one, and the receiver, seeing `TX_LEFT`, is alone.
//!
//! Rejected: `Arc` (two more read-modify-writes a channel), a lock in the cell.
#![allow(unsafe_code, reason = "cells and lifetime are guarded by the word")]

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use self::error::{RecvError, TryRecvError};
use self::shared::{Receiving, Sent, Shared};
use crate::coop;
use crate::park::block_on_parked;

pub mod error;

mod shared;

/// Makes a channel for one value.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Shared::allocate();
    (
        Sender {
            shared: Some(shared),
        },
        Receiver {
            shared: Some(shared),
        },
    )
}

/// The end that sends the value. Dropped without sending, it lets the receiver fail with
/// [`RecvError`].
///
/// ```
/// use runtime::sync::oneshot;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (mut sender, receiver) = oneshot::channel::<u8>();
/// drop(receiver);
/// sender.closed().await;
/// assert_eq!(sender.send(1), Err(1));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Sender<T> {
    shared: Option<Shared<T>>,
}

/// The end that takes the value: a future of it.
///
/// # Cancel safety
/// Lossless: polling `&mut receiver` loses nothing when the poll is not repeated.
///
/// ```
/// use runtime::sync::oneshot;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (sender, receiver) = oneshot::channel();
/// runtime::spawn(async move { sender.send("done") });
/// assert_eq!(receiver.await, Ok("done"));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Receiver<T> {
    shared: Option<Shared<T>>,
}

impl<T> Sender<T> {
    /// Sends `value`. Needs no await: there is room for it.
    ///
    /// Success does not mean that the value will be taken: the receiver may be dropped after.
    ///
    /// # Errors
    /// Gives the value back if the receiver is gone or closed.
    #[inline]
    pub fn send(mut self, value: T) -> Result<(), T> {
        let Some(shared) = self.shared.take() else {
            unreachable!("a sender has its channel")
        };
        match shared.send(value) {
            Sent::Taken => Ok(()),
            Sent::Wake(waker) => {
                waker.wake();
                Ok(())
            }
            Sent::Refused(value) => Err(value),
        }
    }

    /// Waits until the receiver is gone or closed.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::sync::oneshot;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (mut tx, rx) = oneshot::channel::<u8>();
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn closed(&mut self) {
        poll_fn(|cx| self.poll_closed(cx)).await;
    }

    /// Whether the receiver is gone or closed.
    pub fn is_closed(&self) -> bool {
        self.shared.as_ref().is_none_or(Shared::is_closed)
    }

    /// Polls for the receiver being gone or closed; only the last waker is woken.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let unit = ready!(coop::poll_proceed(cx));
        if let Some(shared) = &self.shared {
            ready!(shared.poll_closed(cx));
        }
        unit.made();
        Poll::Ready(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            if let Some(waker) = shared.give_up() {
                waker.wake();
            }
        }
    }
}

impl<T> Receiver<T> {
    /// Refuses the value from now on; one that was sent before can still be taken.
    pub fn close(&mut self) {
        if let Some(waker) = self.shared.as_ref().and_then(Shared::close) {
            waker.wake();
        }
    }

    /// Whether the outcome was taken already: a further poll would panic.
    pub fn is_terminated(&self) -> bool {
        self.shared.is_none()
    }

    /// Whether no value can be taken at this moment.
    pub fn is_empty(&self) -> bool {
        !self.shared.as_ref().is_some_and(Shared::has_value)
    }

    /// Takes the value if it is there.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] if it may still come, [`TryRecvError::Closed`] if it never will.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        match self.shared.as_ref().map(Shared::receive) {
            Some(Receiving::Waiting) => Err(TryRecvError::Empty),
            Some(Receiving::Value(value)) => {
                self.leave();
                Ok(value)
            }
            Some(Receiving::Closed) => {
                self.leave();
                Err(TryRecvError::Closed)
            }
            None => Err(TryRecvError::Closed),
        }
    }

    /// Takes the value, blocking this thread until it is there.
    ///
    /// # Errors
    /// If the sender was dropped without sending.
    ///
    /// # Panics
    /// If this thread is polling tasks.
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        super::assert_may_block("oneshot::Receiver::blocking_recv");
        block_on_parked(self)
    }

    #[inline]
    fn leave(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.leave_done();
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    /// # Panics
    /// If the outcome was taken already.
    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let unit = ready!(coop::poll_proceed(cx));
        let Some(shared) = &self.shared else {
            panic!("a oneshot receiver polled after completion")
        };
        let outcome = match shared.poll(cx) {
            Receiving::Waiting => return Poll::Pending,
            Receiving::Value(value) => Ok(value),
            Receiving::Closed => Err(RecvError(())),
        };
        unit.made();
        self.leave();
        Poll::Ready(outcome)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let abandoned = shared.abandon();
            abandoned.finish();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("terminated", &self.is_terminated())
            .field("empty", &self.is_empty())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
