//! What the tests of the primitives share.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[cfg(all(test, not(loom)))]
mod count;

#[cfg(all(test, not(loom)))]
mod hostile;

#[cfg(all(test, not(loom)))]
pub(crate) use count::Woken;

#[cfg(all(test, not(loom)))]
pub(crate) use hostile::{bomb, hostile};

/// Polls once with a waker that does nothing.
pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
