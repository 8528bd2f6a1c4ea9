//! Datagrams between processes of one machine: none is lost, and they come in the order in which
//! they were sent; where there is no room, the sender waits. What all datagrams have in common is in
//! `net/datagram.rs`.

use std::fmt;
use std::io;
use std::net::Shutdown;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll};

use bytes::BufMut;
use socket2::SockRef;

use super::SocketAddr;
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{Interest, ReadBuf, Ready};
use crate::net::byte_stream::example;
use crate::net::datagram::datagram_socket;

mod send;

mod receive;

const INTEREST: mio::Interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);

/// A Unix socket for datagrams.
///
/// *Connected*, it sends to one peer ([`send`], [`recv`]); otherwise each datagram has its address
/// ([`send_to`], [`recv_from`]), and only one that is bound to a path or name can be answered.
///
/// [`send`]: UnixDatagram::send
/// [`recv`]: UnixDatagram::recv
/// [`send_to`]: UnixDatagram::send_to
/// [`recv_from`]: UnixDatagram::recv_from
///
/// ```
/// use runtime::net::UnixDatagram;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, far) = UnixDatagram::pair()?;
/// near.send(b"ping").await?;
/// let mut buf = [0; 16];
/// assert_eq!(far.recv(&mut buf).await?, 4);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UnixDatagram {
    pub(in crate::net) io: Evented<mio::net::UnixDatagram>,
}

impl UnixDatagram {
    /// Binds to a path; one that begins with a zero byte is an abstract name, on Linux.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        let addr = SocketAddr::of(path.as_ref())?;
        UnixDatagram::new(mio::net::UnixDatagram::bind_addr(&addr.0)?)
    }

    /// A socket that is bound to nothing: it can send, but not be answered.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        UnixDatagram::new(mio::net::UnixDatagram::unbound()?)
    }

    /// Two sockets, connected to each other.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (near, far) = mio::net::UnixDatagram::pair()?;
        Ok((UnixDatagram::new(near)?, UnixDatagram::new(far)?))
    }

    /// Of a socket that has nothing to send yet, and so has room.
    #[track_caller]
    pub(super) fn new(io: mio::net::UnixDatagram) -> io::Result<UnixDatagram> {
        Evented::new_ready(io, INTEREST, Ready::WRITABLE).map(|io| UnixDatagram { io })
    }

    /// Takes over a socket of the standard library, which is made non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn from_std(datagram: net::UnixDatagram) -> io::Result<UnixDatagram> {
        datagram.set_nonblocking(true)?;
        let io = Evented::new(mio::net::UnixDatagram::from_std(datagram), INTEREST)?;
        Ok(UnixDatagram { io })
    }

    /// The socket for the standard library, still non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    pub fn into_std(self) -> io::Result<net::UnixDatagram> {
        self.io.into_inner().map(net::UnixDatagram::from)
    }

    /// Connects: sets where `send` goes to, and lets datagrams from nowhere else come in.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.socket().connect(&SocketAddr::raw_of(path.as_ref())?)
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&*self.io)
    }

    /// This end's address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr)
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    /// `NotConnected` if it is to none; what the operating system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr().map(SocketAddr)
    }

    /// Ends a direction, or both.
    ///
    /// # Errors
    /// What the operating system says, also that it is not connected.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.shutdown(how)
    }

    datagram_socket!(
        mio::net::UnixDatagram,
        SocketAddr,
        "let (near, far) = runtime::net::UnixDatagram::pair()?;
"
    );
}

impl TryFrom<net::UnixDatagram> for UnixDatagram {
    type Error = io::Error;

    /// As [`UnixDatagram::from_std`].
    fn try_from(datagram: net::UnixDatagram) -> io::Result<UnixDatagram> {
        UnixDatagram::from_std(datagram)
    }
}

impl fmt::Debug for UnixDatagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
