//! Connecting to a name that stands for addresses of both families.
//!
//! One family is often broken: then to try one address after the other costs its whole timeout. So
//! an attempt that takes more than 250 ms is joined by the next, of the other family if there is
//! one; the first connection wins and the other attempts are closed. The order is the resolver's,
//! with the families taking turns (RFC 8305, section 4; it leaves the pause to be chosen, and
//! recommends this one). Addresses of one family are tried one after the other.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use runtime_core::runtime::is_rt_shutdown_err;

use crate::driver::current::Pause;
use crate::net::addr::no_address;

const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first of `addrs` that answers.
///
/// # Errors
/// What the system says of the only address; of several what became of each, with the kind of the
/// last. After a shutdown.
pub(super) async fn connect<S, F: Future<Output = io::Result<S>> + Send>(
    addrs: impl Iterator<Item = SocketAddr>,
    connect: impl FnMut(SocketAddr) -> F + Send,
) -> io::Result<S> {
    race(addrs, connect, || Pause::new(ATTEMPT_DELAY)).await
}

/// The same with pauses of the caller's.
async fn race<S, F: Future<Output = io::Result<S>>, P: Future<Output = io::Result<()>> + Unpin>(
    addrs: impl Iterator<Item = SocketAddr>,
    connect: impl FnMut(SocketAddr) -> F,
    pause: impl FnMut() -> P,
) -> io::Result<S> {
    let waiting = by_turns(addrs);
    let mut race = Race {
        has_both: waiting.iter().any(SocketAddr::is_ipv4)
            && waiting.iter().any(SocketAddr::is_ipv6),
        waiting,
        connect,
        pause,
        running: Vec::new(),
        until_next: None,
        failed: Vec::new(),
    };
    poll_fn(|cx| race.poll(cx)).await
}

/// The addresses with the families taking turns, as long as there are both.
fn by_turns(addrs: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut addrs = addrs.peekable();
    let first_is_ipv6 = addrs.peek().is_some_and(SocketAddr::is_ipv6);
    let (first, other): (Vec<_>, Vec<_>) = addrs.partition(|addr| addr.is_ipv6() == first_is_ipv6);
    let (mut first, mut other) = (first.into_iter(), other.into_iter());
    let mut ordered = VecDeque::with_capacity(first.len() + other.len());
    while first.len() + other.len() > 0 {
        ordered.extend(first.next());
        ordered.extend(other.next());
    }
    ordered
}

struct Race<C, F, N, P> {
    has_both: bool,
    waiting: VecDeque<SocketAddr>,
    connect: C,
    pause: N,
    running: Vec<(SocketAddr, Pin<Box<F>>)>,
    until_next: Option<P>,
    failed: Vec<(SocketAddr, io::Error)>,
}

impl<S, C, F, N, P> Race<C, F, N, P>
where
    C: FnMut(SocketAddr) -> F,
    F: Future<Output = io::Result<S>>,
    N: FnMut() -> P,
    P: Future<Output = io::Result<()>> + Unpin,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<S>> {
        loop {
            let failed_before = self.failed.len();
            if let Some(connected) = self.poll_running(cx) {
                return Poll::Ready(Ok(connected));
            }
            // A failure lets the next begin at once.
            let begins = self.running.is_empty()
                || self.has_both
                    && (self.failed.len() > failed_before || self.pause_is_over(cx)?);
            let next = if begins {
                self.waiting.pop_front()
            } else {
                None
            };
            match next {
                Some(addr) => self.begin(addr),
                None if self.running.is_empty() => {
                    return Poll::Ready(Err(all_failed(std::mem::take(&mut self.failed))));
                }
                None => return Poll::Pending,
            }
        }
    }

    /// Polls each attempt; the first connection, if there is one.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<S> {
        let mut index = 0;
        while let Some((addr, attempt)) = self.running.get_mut(index) {
            match attempt.as_mut().poll(cx) {
                Poll::Pending => index += 1,
                Poll::Ready(Ok(connected)) => return Some(connected),
                Poll::Ready(Err(error)) => {
                    self.failed.push((*addr, error));
                    self.running.remove(index);
                }
            }
        }
        None
    }

    /// # Errors
    /// After a shutdown.
    fn pause_is_over(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let over = self
            .until_next
            .as_mut()
            .map(|pause| Pin::new(pause).poll(cx));
        match over {
            Some(Poll::Ready(outcome)) => outcome.map(|()| true),
            Some(Poll::Pending) | None => Ok(false),
        }
    }

    fn begin(&mut self, addr: SocketAddr) {
        let attempt = Box::pin((self.connect)(addr));
        self.running.push((addr, attempt));
        let more = self.has_both && !self.waiting.is_empty();
        self.until_next = more.then(|| (self.pause)());
    }
}

/// One error for all: of several a new one with the kind of the last. A lone one stays as it is,
/// with the number that the system gave it, and so does the end of the runtime.
fn all_failed(mut failed: Vec<(SocketAddr, io::Error)>) -> io::Error {
    let Some((addr, last)) = failed.pop() else {
        return no_address();
    };
    if failed.is_empty() || is_rt_shutdown_err(&last) {
        return last;
    }
    let kind = last.kind();
    failed.push((addr, last));
    io::Error::new(kind, ConnectError { failed })
}

/// The addresses that were tried, with what became of them.
#[derive(Debug)]
struct ConnectError {
    failed: Vec<(SocketAddr, io::Error)>,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (addr, error)) in self.failed.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}connecting to {addr}: {error}")?;
        }
        Ok(())
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let (_, last) = self.failed.last()?;
        Some(last)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
