//! A connection.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BufMut;
use runtime_core::spawn::yield_now;
use socket2::SockRef;

use super::split::{ReadHalf, WriteHalf};
use super::split_owned::{OwnedReadHalf, OwnedWriteHalf};
use super::{SocketAddr, UCred, credentials};
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready, slices};
use crate::net::backoff::Backoff;
use crate::net::byte_stream::{byte_stream, byte_stream_traits, example};
use crate::net::numbers::NO_SIGNAL;
use crate::net::receive::receive;

const INTEREST: mio::Interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);

/// A connection between two processes of one machine.
///
/// Reading and writing are those of [`AsyncRead`] and [`AsyncWrite`]; the `try_…` methods never
/// wait. Dropping it closes both directions. A write to a closed connection is an error, never a
/// signal.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::UnixStream;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (mut near, mut far) = UnixStream::pair()?;
/// near.write_all(b"ping").await?;
/// let mut buf = [0; 4];
/// far.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"ping");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UnixStream {
    pub(in crate::net) io: Evented<mio::net::UnixStream>,
}

impl UnixStream {
    /// Connects to a listener at a path; one that begins with a zero byte is an abstract name, on
    /// Linux.
    ///
    /// While the listener has as many connections to accept as it takes, this waits.
    ///
    /// # Errors
    /// What the operating system says. Nothing is left open.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossless: a connection under way is closed.
    ///
    /// ```
    /// use runtime::net::{UnixListener, UnixStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("connect-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// let stream = UnixStream::connect(&path).await?;
    /// let (_accepted, _addr) = listener.accept().await?;
    /// assert_eq!(stream.peer_addr()?.as_pathname(), Some(&*path));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&SocketAddr::of(path.as_ref())?).await
    }

    /// Connects to a listener at an address; see [`UnixStream::connect`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    ///
    /// # Cancel safety
    /// Lossless: a connection under way is closed.
    ///
    /// ```
    /// use runtime::net::{UnixListener, UnixStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("connect-addr-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// let _stream = UnixStream::connect_addr(&listener.local_addr()?).await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect_addr(socket_addr: &SocketAddr) -> io::Result<UnixStream> {
        UnixStream::connect_by(|| mio::net::UnixStream::connect_addr(&socket_addr.0)).await
    }

    /// Connects by `connect`, which is called again while it would block: nothing tells when the
    /// listener has room, so it is asked after a pause.
    pub(super) async fn connect_by(
        mut connect: impl FnMut() -> io::Result<mio::net::UnixStream>,
    ) -> io::Result<UnixStream> {
        let mut backoff = Backoff::default();
        let io = loop {
            match connect() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    backoff.next_pause().await?;
                }
                outcome => break outcome?,
            }
        };
        let stream = UnixStream::new_ready(io, Ready::WRITABLE)?;
        // It is connected, but nobody has accepted it yet. Others get a chance to, or to close the
        // listener: that is better told here than by the first read.
        yield_now().await;
        match stream.take_error()? {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// Two connected streams.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (near, far) = mio::net::UnixStream::pair()?;
        Ok((
            UnixStream::new_ready(near, Ready::WRITABLE)?,
            UnixStream::new_ready(far, Ready::WRITABLE)?,
        ))
    }

    /// Of a connection that was accepted: it may be tried for bytes at once.
    pub(super) fn new_accepted(io: mio::net::UnixStream) -> io::Result<UnixStream> {
        UnixStream::new_ready(io, Ready::READABLE | Ready::WRITABLE)
    }

    #[track_caller]
    fn new_ready(io: mio::net::UnixStream, ready: Ready) -> io::Result<UnixStream> {
        Evented::new_ready(io, INTEREST, ready).map(|io| UnixStream { io })
    }

    /// Takes over a connection of the standard library, which is made non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the connection is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn from_std(stream: net::UnixStream) -> io::Result<UnixStream> {
        stream.set_nonblocking(true)?;
        UnixStream::new_ready(mio::net::UnixStream::from_std(stream), Ready::EMPTY)
    }

    /// The connection for the standard library, still non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the connection is closed.
    pub fn into_std(self) -> io::Result<net::UnixStream> {
        self.io.into_inner().map(net::UnixStream::from)
    }

    /// This end's address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr)
    }

    /// The other end's address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr().map(SocketAddr)
    }

    /// User, group and process at the other end, as they were when it connected or listened.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn peer_cred(&self) -> io::Result<UCred> {
        credentials::of_peer(self.io.as_fd())
    }

    byte_stream!(
        mio::net::UnixStream,
        false,
        "# let (near, far) = runtime::net::UnixStream::pair()?;\n"
    );
}

byte_stream_traits!(UnixStream, net::UnixStream);
