//! Addresses, and names that stand for some.
//!
//! Numbers need no waiting and no thread. A name is resolved by the operating system, on a thread of
//! the runtime's lookups.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{fmt, option, vec};

use crate::driver::current;

/// What can be turned into addresses, perhaps after asking the operating system.
///
/// Implemented for addresses, pairs of host and port, texts like `"localhost:80"`, slices of
/// addresses and references to any of these; nobody else can implement it.
pub trait ToSocketAddrs: sealed::Resolve {}

mod sealed {
    //! Public in name only, so that the trait stays ours.
    #![allow(
        unreachable_pub,
        unnameable_types,
        reason = "the sealed half of a public trait"
    )]

    use super::Resolving;

    pub trait Resolve {
        #[doc(hidden)]
        fn resolve(&self) -> Resolving;
    }

    impl<T: Resolve + ?Sized> Resolve for &T {
        fn resolve(&self) -> Resolving {
            (**self).resolve()
        }
    }
}

use sealed::Resolve;

/// Begins to resolve; takes the argument, so that no caller holds it while it waits.
pub(super) fn resolve<T: ToSocketAddrs>(addr: T) -> Resolving {
    addr.resolve()
}

/// Addresses, at once or later.
#[allow(
    unreachable_pub,
    unnameable_types,
    reason = "the sealed half of a public trait"
)]
pub struct Resolving(State);

enum State {
    Now(Option<io::Result<Addrs>>),
    Later(Pin<Box<dyn Future<Output = io::Result<Addrs>> + Send + Sync>>),
}

/// The addresses that were found.
#[allow(
    unreachable_pub,
    unnameable_types,
    reason = "the sealed half of a public trait"
)]
#[derive(Debug)]
pub struct Addrs(Found);

#[derive(Debug)]
enum Found {
    One(option::IntoIter<SocketAddr>),
    Many(vec::IntoIter<SocketAddr>),
}

impl Resolving {
    fn now(addr: SocketAddr) -> Resolving {
        Resolving(State::Now(Some(Ok(Addrs(Found::One(
            Some(addr).into_iter(),
        ))))))
    }

    /// Asks the operating system; `ask` may block.
    fn later(
        ask: impl FnOnce() -> io::Result<vec::IntoIter<SocketAddr>> + Send + Sync + 'static,
    ) -> Resolving {
        Resolving(State::Later(Box::pin(async move {
            current::lookup(ask)
                .await
                .map(|addrs| Addrs(Found::Many(addrs)))
        })))
    }
}

impl Future for Resolving {
    type Output = io::Result<Addrs>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Addrs>> {
        match &mut self.0 {
            State::Now(addrs) => Poll::Ready(addrs.take().expect("polled after completion")),
            State::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Resolving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolving").finish_non_exhaustive()
    }
}

impl Iterator for Addrs {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match &mut self.0 {
            Found::One(addr) => addr.next(),
            Found::Many(addrs) => addrs.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Found::One(addr) => addr.size_hint(),
            Found::Many(addrs) => addrs.size_hint(),
        }
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {}

/// What is an address already.
macro_rules! at_once {
    ($($addr:ty),+) => {$(
        impl ToSocketAddrs for $addr {}

        impl Resolve for $addr {
            fn resolve(&self) -> Resolving {
                Resolving::now(SocketAddr::from(*self))
            }
        }
    )+};
}

at_once!(
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16)
);

impl ToSocketAddrs for &[SocketAddr] {}

impl Resolve for &[SocketAddr] {
    fn resolve(&self) -> Resolving {
        Resolving(State::Now(Some(Ok(Addrs(Found::Many(
            Vec::from(*self).into_iter(),
        ))))))
    }
}

impl ToSocketAddrs for str {}

impl Resolve for str {
    fn resolve(&self) -> Resolving {
        if let Ok(addr) = self.parse() {
            return Resolving::now(addr);
        }
        let Some((host, port)) = split_port(self) else {
            return Resolving(State::Now(Some(Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "invalid socket address",
            )))));
        };
        (host, port).resolve()
    }
}

/// What stands before and behind the last colon, if that is a port.
fn split_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

impl ToSocketAddrs for String {}

impl Resolve for String {
    fn resolve(&self) -> Resolving {
        self.as_str().resolve()
    }
}

impl ToSocketAddrs for (&str, u16) {}

impl Resolve for (&str, u16) {
    fn resolve(&self) -> Resolving {
        let (host, port) = *self;
        if let Ok(ip) = host.parse() {
            return Resolving::now(SocketAddr::new(ip, port));
        }
        let host = host.to_owned();
        Resolving::later(move || std::net::ToSocketAddrs::to_socket_addrs(&(&*host, port)))
    }
}

impl ToSocketAddrs for (String, u16) {}

impl Resolve for (String, u16) {
    fn resolve(&self) -> Resolving {
        (self.0.as_str(), self.1).resolve()
    }
}

/// The error of a name that stands for nothing.
pub(super) fn no_address() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "could not resolve to any address",
    )
}
