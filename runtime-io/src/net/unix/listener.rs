//! Accepting connections.

use std::fmt;
use std::io;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll};

use super::{SocketAddr, UnixStream};
use crate::net::accept::Acceptor;

type Accepted = (mio::net::UnixStream, net::SocketAddr);

/// A Unix socket that listens for connections.
///
/// Dropping it closes it, and leaves its path where it is.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{UnixListener, UnixStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let path = std::env::temp_dir().join(format!("listener-{}", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
/// let mut client = UnixStream::connect(&path).await?;
/// client.write_all(b"ping").await?;
///
/// let (mut server, _addr) = listener.accept().await?;
/// let mut buf = [0; 4];
/// server.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"ping");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UnixListener {
    pub(in crate::net) io: Acceptor<mio::net::UnixListener>,
}

impl UnixListener {
    /// Binds to a path and listens; a path that begins with a zero byte is an abstract name, on
    /// Linux.
    ///
    /// # Errors
    /// What the operating system says: `AddrInUse` also if the path is left over from a listener
    /// that is gone.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        UnixListener::bind_addr(&SocketAddr::of(path.as_ref())?)
    }

    /// Binds to an address and listens.
    ///
    /// # Errors
    /// As [`UnixListener::bind`].
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn bind_addr(socket_addr: &SocketAddr) -> io::Result<UnixListener> {
        UnixListener::new(mio::net::UnixListener::bind_addr(&socket_addr.0)?)
    }

    #[track_caller]
    pub(super) fn new(io: mio::net::UnixListener) -> io::Result<UnixListener> {
        Acceptor::new(io).map(|io| UnixListener { io })
    }

    /// Waits for the next connection. Any number of tasks may wait.
    ///
    /// Where there is no room for another descriptor it pauses, up to 100 ms at a time, and goes on
    /// by itself as soon as one is free.
    ///
    /// # Errors
    /// What the operating system says, if it will not get better by waiting; after a shutdown of
    /// the runtime.
    ///
    /// # Panics
    /// If the calling thread is in no runtime when there is a connection, or no room for it.
    ///
    /// # Cancel safety
    /// Lossless: no connection is lost.
    ///
    /// ```
    /// use runtime::net::{UnixListener, UnixStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("accept-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// let (_stream, addr) = listener.accept().await?;
    /// assert!(addr.is_unnamed(), "clients seldom bind");
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        self.io.accept_by(|| adopt(self.io.accept()?)).await
    }

    /// Polls for the next connection; see [`UnixListener::accept`].
    ///
    /// Only the waker of the last call counts.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        self.io.poll_accept_by(cx, || adopt(self.io.accept()?))
    }

    /// Takes over a listener of the standard library, which is made non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the listener is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn from_std(listener: net::UnixListener) -> io::Result<UnixListener> {
        listener.set_nonblocking(true)?;
        UnixListener::new(mio::net::UnixListener::from_std(listener))
    }

    /// The listener for the standard library, still non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the listener is closed.
    pub fn into_std(self) -> io::Result<net::UnixListener> {
        self.io.into_inner().map(net::UnixListener::from)
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr)
    }

    /// Takes the error that waits in the socket, if any.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }
}

/// A connection becomes ours; if that fails it is closed.
fn adopt((io, addr): Accepted) -> io::Result<(UnixStream, SocketAddr)> {
    Ok((UnixStream::new_accepted(io)?, SocketAddr(addr)))
}

impl TryFrom<net::UnixListener> for UnixListener {
    type Error = io::Error;

    /// As [`UnixListener::from_std`].
    fn try_from(listener: net::UnixListener) -> io::Result<UnixListener> {
        UnixListener::from_std(listener)
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
