//! What the tests of the primitives share.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

mod bomb;

#[cfg(all(test, not(loom)))]
mod count;

#[cfg(all(test, not(loom)))]
mod hostile;

#[cfg(all(test, not(loom)))]
pub(crate) use count::Woken;

#[cfg(all(test, not(loom)))]
pub(crate) use hostile::hostile;

pub(crate) use bomb::bomb;

/// Polls once with a waker that does nothing.
pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls once with a waker that panics when it is woken.
#[cfg(all(test, loom))]
pub(crate) fn poll_with_bomb<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&bomb()))
}

/// Waits for `future`, and calls `then` once it has been polled and has to wait.
///
/// For who unwinds beside it: the model's threads are one thread for the standard library, so that a
/// lock which another holds meanwhile would be poisoned. Who waits already takes none.
#[cfg(all(test, loom))]
pub(crate) fn wait_and<F: Future, R>(future: F, then: impl FnOnce() -> R) -> (F::Output, R) {
    let mut future = std::pin::pin!(future);
    let mut then = Some(then);
    let mut result = None;
    let output = crate::park::block_on_parked(std::future::poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        if let Some(then) = then.take() {
            assert!(polled.is_pending());
            result = Some(then());
        }
        polled
    }));
    (output, result.expect("it was polled"))
}

/// One who waits for the end gives up beside it: the other is told all the same.
#[cfg(all(test, loom))]
pub(crate) fn one_gives_up_beside_the_end<S, R: 'static, F: Future<Output = ()> + 'static>(
    senders: [S; 2],
    receiver: R,
    closed: fn(S) -> F,
) {
    let [given_up, told] = senders.map(|sender| Box::pin(closed(sender)));
    let mut given_up = given_up;
    let early = poll_once(given_up.as_mut());
    assert!(early.is_pending(), "the receiver is there");
    let giving_up = loom::thread::spawn(move || drop(given_up));
    let dropping = loom::thread::spawn(move || drop(receiver));
    crate::park::block_on_parked(told);
    giving_up.join().unwrap();
    dropping.join().unwrap();
}
