//! A connection.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BufMut;
use socket2::SockRef;

use super::connect::{connect, name_address};
use super::split::{ReadHalf, WriteHalf};
use super::split_owned::{OwnedReadHalf, OwnedWriteHalf};
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use crate::net::ToSocketAddrs;
use crate::net::addr::{no_address, resolve};
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

/// Slices that one system call takes on every system.
const SLICES_MAX: usize = 1024;

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
    /// Connects to the first of the addresses that answers, one after the other.
    ///
    /// # Errors
    /// What became of the last address, which the text names, or of the name. Nothing is left open.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Cancel safe: a connection under way is closed.
    ///
    /// ```
    /// use runtime::net::{TcpListener, TcpStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        let mut outcome = Err(no_address());
        for addr in resolve(addr).await? {
            outcome = connect(addr)
                .await
                .map_err(|error| name_address(addr, error));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    pub(super) fn new(io: mio::net::TcpStream) -> io::Result<TcpStream> {
        Evented::new(io, INTEREST).map(TcpStream::from_evented)
    }

    /// Of a connection that was accepted: it may be tried for bytes at once.
    pub(super) fn new_accepted(io: mio::net::TcpStream) -> io::Result<TcpStream> {
        Evented::new_accepted(io, INTEREST).map(TcpStream::from_evented)
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

    /// Takes the error that waits in the socket, if any.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }

    /// Waits until one of `interest` is ready. Any number of tasks may wait.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Cancel safe: readiness stays until an operation finds that it would block.
    ///
    /// ```
    /// use runtime::io::{AsyncWriteExt, Interest};
    /// use runtime::net::{TcpListener, TcpStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (mut server, _) = listener.accept().await?;
    /// server.write_all(b"x").await?;
    /// let ready = client.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(ready.is_readable() || ready.is_writable());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.io.ready(interest).await
    }

    /// Waits until there is something to read. Any number of tasks may wait.
    ///
    /// A connection that was just accepted counts as readable until a read finds nothing.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Cancel safe.
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
    /// client.readable().await?;
    /// assert_eq!(client.try_read(&mut [0; 8])?, 1);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Waits until there is room to write. Any number of tasks may wait.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// ```
    /// use runtime::net::{TcpListener, TcpStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.writable().await?;
    /// assert_eq!(client.try_write(b"x")?, 1);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// Polls for something to read. Only the waker of the last call that reads counts.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_ready(Direction::Read, cx)
    }

    /// Polls for room to write. Only the waker of the last call that writes counts.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_ready(Direction::Write, cx)
    }

    /// Reads what there is; zero bytes mean the end.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing; what the operating system says.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || (&*self.io).read(buf))
    }

    /// Reads what there is, into several buffers one after the other.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing; what the operating system says.
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.io
            .try_io(Interest::READABLE, || (&*self.io).read_vectored(bufs))
    }

    /// Reads what there is, into the free part of a buffer that may grow.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing; what the operating system says.
    pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || {
            fill(buf, |part| receive_from(&self.io, part)).map(|(_, filled)| filled)
        })
    }

    /// Writes what there is room for.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; what the operating system says.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io
            .try_io(Interest::WRITABLE, || (&*self.io).write(buf))
    }

    /// Writes what there is room for, from several buffers one after the other.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; what the operating system says.
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io
            .try_io(Interest::WRITABLE, || send_vectored(&self.io, bufs))
    }

    /// Calls `f`, an operation of one's own on the socket, if it may get somewhere.
    ///
    /// If it says `WouldBlock`, the readiness is used up; so it must say so only if the socket did.
    ///
    /// # Errors
    /// `WouldBlock` if nothing of `interest` is ready; what `f` says.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        f: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        let io: &mio::net::TcpStream = &self.io;
        self.io.try_io(interest, || io.try_io(f))
    }

    /// Calls `f`, an operation of one's own on the socket, until it does not say `WouldBlock`.
    ///
    /// # Errors
    /// What `f` says; after a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Cancel safe: it waits only after `f` has said `WouldBlock`.
    ///
    /// ```
    /// use runtime::io::Interest;
    /// use runtime::net::{TcpListener, TcpStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let sent = client.async_io(Interest::WRITABLE, || client.try_write(b"x"));
    /// assert_eq!(sent.await?, 1);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        mut f: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        let io: &mio::net::TcpStream = &self.io;
        self.io.async_io(interest, || io.try_io(&mut f)).await
    }

    /// Reads what there is and leaves it there. Any number of tasks may wait.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Cancel safety
    /// Cancel safe.
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

    /// Ends a direction, or both. To end a direction that is ended already does no harm.
    pub(super) fn shutdown_std(&self, how: Shutdown) -> io::Result<()> {
        match self.io.shutdown(how) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            outcome => outcome,
        }
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

    /// Both directions apart, borrowed; costs nothing.
    pub fn split<'a>(&'a mut self) -> (ReadHalf<'a>, WriteHalf<'a>) {
        super::split::split(self)
    }

    /// Both directions apart, owned. Dropping the write half ends the writing.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        super::split_owned::split(self)
    }

    /// [`AsyncRead`] by reference, for the halves.
    pub(super) fn poll_read_by_ref(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wanted = buf.remaining();
        if wanted == 0 {
            return Poll::Ready(Ok(()));
        }
        let read = self
            .io
            .poll_bytes(Direction::Read, cx, wanted, || receive_from(&self.io, buf));
        read.map_ok(drop)
    }

    /// [`AsyncWrite`] by reference, for the halves.
    pub(super) fn poll_write_by_ref(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_bytes(Direction::Write, cx, buf.len(), || (&*self.io).write(buf))
    }

    /// The same from several buffers.
    pub(super) fn poll_write_vectored_by_ref(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = bufs.iter().map(|buf| buf.len()).sum();
        self.io.poll_bytes(Direction::Write, cx, wanted, || {
            send_vectored(&self.io, bufs)
        })
    }
}

/// Receives once into the unfilled part of a buffer.
fn receive_from(io: &mio::net::TcpStream, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
    let received = receive(buf, |free| {
        io.try_io(|| SockRef::from(io).recv(free).map(|count| (count, ())))
    });
    received.map(|(count, ())| count)
}

/// The same, and leaves it there.
fn peek_at(io: &mio::net::TcpStream, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
    let received = receive(buf, |free| {
        io.try_io(|| SockRef::from(io).peek(free).map(|count| (count, ())))
    });
    received.map(|(count, ())| count)
}

/// Sends once; more slices than the kernel takes are left for the next time.
fn send_vectored(io: &mio::net::TcpStream, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    let bufs = &bufs[..bufs.len().min(SLICES_MAX)];
    io.try_io(|| SockRef::from(io).send_vectored_with_flags(bufs, NO_SIGNAL))
}

// A panic in between leaves a connection whole: every change of its state is one step.
impl UnwindSafe for TcpStream {}
impl RefUnwindSafe for TcpStream {}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_read_by_ref(cx, buf)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_by_ref(cx, buf)
    }

    /// Nothing to do: the kernel has it.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends the writing; reading goes on.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_std(Shutdown::Write))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored_by_ref(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

impl TryFrom<net::TcpStream> for TcpStream {
    type Error = io::Error;

    /// As [`TcpStream::from_std`].
    fn try_from(stream: net::TcpStream) -> io::Result<TcpStream> {
        TcpStream::from_std(stream)
    }
}

impl AsRef<TcpStream> for TcpStream {
    fn as_ref(&self) -> &TcpStream {
        self
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
