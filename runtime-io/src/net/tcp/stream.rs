//! A connection.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read};
use std::net::{self, Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BufMut;
use socket2::SockRef;

use super::connect::connect;
use super::race;
use super::split::{ReadHalf, WriteHalf};
use super::split_owned::{OwnedReadHalf, OwnedWriteHalf};
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready, slices};
use crate::net::ToSocketAddrs;
use crate::net::addr::resolve;
use crate::net::byte_stream::{byte_stream, byte_stream_traits, example};
use crate::net::numbers::NO_SIGNAL;
use crate::net::receive::receive;

/// Both directions; urgent data, where the selector tells of it, since it ends reads early.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) const INTEREST: mio::Interest = mio::Interest::READABLE
    .add(mio::Interest::WRITABLE)
    .add(mio::Interest::PRIORITY);
/// Both directions.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const INTEREST: mio::Interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);

/// A TCP connection.
///
/// Reading and writing are those of [`AsyncRead`] and [`AsyncWrite`]; the `try_…` methods never
/// wait. Dropping it closes both directions. A write to a closed connection is an error, never a
/// signal.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// server.write_all(b"hello").await?;
/// drop(server);
/// let mut text = String::new();
/// client.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpStream {
    pub(in crate::net) io: Evented<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to the first of the addresses that answers.
    ///
    /// If they are of both families, an attempt that takes more than 250 ms is joined by the next
    /// (RFC 8305); addresses of one family are tried one after the other.
    ///
    /// # Errors
    /// What the operating system says, if there is one address; of several an error of ours whose
    /// text names what became of each, with the kind of the last; or what became of the name. Nothing
    /// is left open.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossless: connections under way are closed.
    ///
    /// ```
    /// use runtime::net::{TcpListener, TcpStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        race::connect(resolve(addr).await?, connect).await
    }

    pub(super) fn new(io: mio::net::TcpStream) -> io::Result<TcpStream> {
        Evented::new(io, INTEREST).map(TcpStream::from_evented)
    }

    /// Of a connection that was accepted: it may be tried for bytes at once.
    pub(super) fn new_accepted(io: mio::net::TcpStream) -> io::Result<TcpStream> {
        Evented::new_ready(io, INTEREST, Ready::READABLE | Ready::WRITABLE)
            .map(TcpStream::from_evented)
    }

    pub(super) fn from_evented(io: Evented<mio::net::TcpStream>) -> TcpStream {
        TcpStream { io }
    }

    /// Takes over a connection of the standard library, which is made non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the connection is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn from_std(stream: net::TcpStream) -> io::Result<TcpStream> {
        stream.set_nonblocking(true)?;
        TcpStream::new(mio::net::TcpStream::from_std(stream))
    }

    /// The connection for the standard library, still non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the connection is closed.
    pub fn into_std(self) -> io::Result<net::TcpStream> {
        self.io.into_inner().map(net::TcpStream::from)
    }

    /// This end's address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// The other end's address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }

    byte_stream!(
        mio::net::TcpStream,
        true,
        "# let listener = runtime::net::TcpListener::bind(\"127.0.0.1:0\").await?;
# let near = runtime::net::TcpStream::connect(listener.local_addr()?).await?;
# let (far, _) = listener.accept().await?;
"
    );

    /// Reads what there is and leaves it there. Any number of tasks may wait.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::io::AsyncWriteExt;
    /// use runtime::net::{TcpListener, TcpStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"x").await?;
    /// assert_eq!(client.peek(&mut [0; 8]).await?, 1);
    /// assert_eq!(client.try_read(&mut [0; 8])?, 1, "it is still there");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .async_io(Interest::READABLE, || self.io.peek(buf))
            .await
    }

    /// Polls to read what there is and leave it there. Only the waker of the last call that reads
    /// counts.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn poll_peek(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Read, cx, || peek_at(&self.io, buf))
    }

    /// Whether small writes are sent at once.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.nodelay()
    }

    /// Sets whether small writes are sent at once, instead of being collected (Nagle's algorithm).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.set_nodelay(nodelay)
    }

    /// Whether segments are acknowledged at once.
    ///
    /// # Errors
    /// What the operating system says.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn quickack(&self) -> io::Result<bool> {
        SockRef::from(&*self.io).tcp_quickack()
    }

    /// Sets whether segments are acknowledged at once. The kernel may change it by itself.
    ///
    /// # Errors
    /// What the operating system says.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        SockRef::from(&*self.io).set_tcp_quickack(quickack)
    }

    /// How long closing waits for what was not yet sent; `None` leaves it to the background.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(&*self.io).linger()
    }

    /// Sets how long closing waits for what was not yet sent, in whole seconds.
    ///
    /// A drop then blocks its thread for up to that long, unless it is zero: then the connection is
    /// reset.
    ///
    /// # Errors
    /// What the operating system says.
    #[deprecated(note = "dropping the stream then blocks its thread; see `set_zero_linger`")]
    pub fn set_linger(&self, duration: Option<Duration>) -> io::Result<()> {
        SockRef::from(&*self.io).set_linger(duration)
    }

    /// Lets closing reset the connection and give up what was not yet sent.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        SockRef::from(&*self.io).set_linger(Some(Duration::ZERO))
    }

    /// The time to live of the packets sent, in hops.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.ttl()
    }

    /// Sets the time to live of the packets sent, in hops.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.set_ttl(ttl)
    }
}

/// Receives once into the unfilled part of a buffer, and leaves it there.
fn peek_at(io: &mio::net::TcpStream, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
    let received = receive(buf, |free| {
        io.try_io(|| SockRef::from(io).peek(free).map(|count| (count, ())))
    });
    received.map(|(count, ())| count)
}

byte_stream_traits!(TcpStream, net::TcpStream);
