//! Datagrams of the Internet. What all datagrams have in common is in `net/datagram.rs`.

use std::fmt;
use std::io;
use std::net::{self, SocketAddr};
use std::task::{Context, Poll};

use bytes::BufMut;

use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{Interest, ReadBuf, Ready};
use crate::net::ToSocketAddrs;
use crate::net::addr::{no_address, resolve};
use crate::net::byte_stream::example;
use crate::net::datagram::datagram_socket;

mod send;

mod receive;

mod peek;

mod many;
pub use many::{Datagram, Received};

mod options;

/// A UDP socket.
///
/// There is no splitting: every method takes `&self`, so an `Arc` of it is used by as many tasks as
/// one likes. *Connected*, it sends to one peer and receives from that peer alone ([`send`],
/// [`recv`]); otherwise each datagram has its address ([`send_to`], [`recv_from`]). A datagram that
/// is longer than the buffer it is received into is cut off; the rest is lost.
///
/// [`send`]: UdpSocket::send
/// [`recv`]: UdpSocket::recv
/// [`send_to`]: UdpSocket::send_to
/// [`recv_from`]: UdpSocket::recv_from
///
/// ```
/// use runtime::net::UdpSocket;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
/// client.send_to(b"ping", server.local_addr()?).await?;
///
/// let mut buf = [0; 16];
/// let (count, from) = server.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..count], from), (&b"ping"[..], client.local_addr()?));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UdpSocket {
    pub(in crate::net) io: Evented<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// Binds to the first of the addresses that can be had.
    ///
    /// Port 0 lets the operating system choose one: see [`UdpSocket::local_addr`].
    ///
    /// # Errors
    /// What the operating system says of the last address, or of the name.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = runtime::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        let mut outcome = Err(no_address());
        for addr in resolve(addr).await? {
            outcome = mio::net::UdpSocket::bind(addr).and_then(UdpSocket::new);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    #[track_caller]
    fn new(io: mio::net::UdpSocket) -> io::Result<UdpSocket> {
        let interest = mio::Interest::READABLE | mio::Interest::WRITABLE;
        Evented::new(io, interest).map(|io| UdpSocket { io })
    }

    /// Takes over a socket of the standard library, which is made non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn from_std(socket: net::UdpSocket) -> io::Result<UdpSocket> {
        socket.set_nonblocking(true)?;
        UdpSocket::new(mio::net::UdpSocket::from_std(socket))
    }

    /// The socket for the standard library, still non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    pub fn into_std(self) -> io::Result<net::UdpSocket> {
        self.io.into_inner().map(net::UdpSocket::from)
    }

    /// This end's address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    /// `NotConnected` if it is to none; what the operating system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }

    /// Connects to the first of the addresses that the operating system accepts: sets where `send`
    /// goes to, and lets datagrams from nowhere else come in. Nothing is sent.
    ///
    /// # Errors
    /// What the operating system says of the last address, or of the name.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let server = UdpSocket::bind("127.0.0.1:0").await?;
    /// let client = UdpSocket::bind("127.0.0.1:0").await?;
    /// client.connect(server.local_addr()?).await?;
    /// assert_eq!(client.peer_addr()?, server.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        let mut outcome = Err(no_address());
        for addr in resolve(addr).await? {
            outcome = self.io.connect(addr);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    datagram_socket!(
        mio::net::UdpSocket,
        SocketAddr,
        "use runtime::net::UdpSocket;

let near = UdpSocket::bind(\"127.0.0.1:0\").await?;
let far = UdpSocket::bind(\"127.0.0.1:0\").await?;
near.connect(far.local_addr()?).await?;
far.connect(near.local_addr()?).await?;
"
    );
}

impl TryFrom<net::UdpSocket> for UdpSocket {
    type Error = io::Error;

    /// As [`UdpSocket::from_std`].
    fn try_from(socket: net::UdpSocket) -> io::Result<UdpSocket> {
        UdpSocket::from_std(socket)
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}

#[cfg(all(test, unix, not(loom)))]
mod tests;
