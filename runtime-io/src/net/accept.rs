//! Accepting connections, whatever their addresses are.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use runtime_core::loom::Mutex;

use super::backoff::Backoff;
use crate::driver::attach::Pollable;
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::{Interest, Ready};

/// A listening socket that goes on after an accept that failed; see `backoff.rs`.
pub(super) struct Acceptor<L: Pollable> {
    io: Evented<L>,
    /// Of `poll_accept_by` alone: each future of `accept_by` has its own.
    polled: Mutex<Backoff>,
}

impl<L: Pollable> Acceptor<L> {
    /// Binds a listener to the current runtime. Its first accept is tried, whatever the selector: a
    /// connection that is there already needs no turn of the driver.
    ///
    /// # Errors
    /// What the operating system says; the listener is closed.
    #[track_caller]
    pub(super) fn new(io: L) -> io::Result<Acceptor<L>> {
        Ok(Acceptor {
            io: Evented::new_ready(io, mio::Interest::READABLE, Ready::READABLE)?,
            polled: Mutex::new(Backoff::default()),
        })
    }

    /// The bare listener.
    ///
    /// # Errors
    /// What the operating system says; the listener is closed.
    pub(super) fn into_inner(self) -> io::Result<L> {
        self.io.into_inner()
    }

    /// Waits until `accept` gives a connection, or fails for good.
    pub(super) async fn accept_by<C>(
        &self,
        mut accept: impl FnMut() -> io::Result<C>,
    ) -> io::Result<C> {
        let mut backoff = Backoff::default();
        loop {
            match self.io.async_io(Interest::READABLE, &mut accept).await {
                Ok(accepted) => return Ok(accepted),
                Err(error) => {
                    if let Some(pause) = backoff.after(error)? {
                        pause.await?;
                    }
                }
            }
        }
    }

    /// Polls `accept` until it gives a connection, or fails for good.
    pub(super) fn poll_accept_by<C>(
        &self,
        cx: &mut Context<'_>,
        mut accept: impl FnMut() -> io::Result<C>,
    ) -> Poll<io::Result<C>> {
        // Out of the lock while it is polled: that clones and drops wakers.
        let mut backoff = std::mem::take(&mut *self.polled.lock());
        loop {
            if let Some(pause) = &mut backoff.pause {
                let Poll::Ready(outcome) = Pin::new(pause).poll(cx) else {
                    break;
                };
                backoff.pause = None;
                outcome?;
            }
            let Poll::Ready(outcome) = self.io.poll_io(Direction::Read, cx, &mut accept) else {
                break;
            };
            match outcome {
                Ok(accepted) => return Poll::Ready(Ok(accepted)),
                Err(error) => match backoff.after(error) {
                    Ok(pause) => backoff.pause = pause,
                    Err(error) => return Poll::Ready(Err(error)),
                },
            }
        }
        let displaced = std::mem::replace(&mut *self.polled.lock(), backoff);
        drop(displaced);
        Poll::Pending
    }
}

impl<L: Pollable> Deref for Acceptor<L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.io
    }
}

impl<L: Pollable + fmt::Debug> fmt::Debug for Acceptor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::future::Future;
    use std::net::TcpStream;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use runtime_core::builder::Builder;

    use crate::net::TcpListener;

    #[test]
    #[should_panic(expected = "no runtime")]
    fn a_connection_needs_a_runtime() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let _far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let _accepted = listener.poll_accept(&mut cx);
    }

    /// A connection that is there before its accept needs no turn of the driver, on any system.
    #[test]
    fn the_first_accept_is_tried() {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let mut accept = pin!(listener.accept());
            let accepted = accept
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(accepted.is_ready());
        });
    }
}
