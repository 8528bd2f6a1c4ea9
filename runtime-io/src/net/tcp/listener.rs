//! Accepting connections.

use std::fmt;
use std::io;
use std::net::{self, SocketAddr};
use std::task::{Context, Poll};

use super::{TcpSocket, TcpStream};
use crate::net::ToSocketAddrs;
use crate::net::accept::Acceptor;
use crate::net::addr::{no_address, resolve};

/// How many connections the kernel keeps for `accept` to fetch. A burst beyond it costs each client
/// a second, the first retransmission; the kernel lowers it to what it allows.
const BACKLOG: u32 = 1024;

/// Elsewhere `SO_REUSEADDR` lets a new server bind beside old connections that linger; on Windows
/// it would let it take the address from a server that lives.
#[cfg(not(windows))]
const REUSES_ADDRESS: bool = true;
#[cfg(windows)]
const REUSES_ADDRESS: bool = false;

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(REUSES_ADDRESS)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

type Accepted = (mio::net::TcpStream, SocketAddr);

/// A TCP socket that listens for connections.
///
/// Dropping it closes it; connections that nobody has accepted are reset.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// client.write_all(b"hello").await?;
/// let mut bytes = [0; 5];
/// server.read_exact(&mut bytes).await?;
/// assert_eq!(&bytes, b"hello");
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    pub(in crate::net) io: Acceptor<mio::net::TcpListener>,
}

impl TcpListener {
    /// Binds to the first of the addresses that can be had, and listens.
    ///
    /// Port 0 lets the operating system choose one: see [`TcpListener::local_addr`]. On Unix the
    /// address may be used again right after another listener had it. For other options there is
    /// [`TcpSocket`](super::TcpSocket).
    ///
    /// # Errors
    /// What the operating system says of the last address, or of the name. Nothing is left open.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::net::TcpListener;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert_ne!(listener.local_addr()?.port(), 0);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        let mut outcome = Err(no_address());
        for addr in resolve(addr).await? {
            outcome = listen(addr);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    #[track_caller]
    pub(super) fn new(io: mio::net::TcpListener) -> io::Result<TcpListener> {
        Acceptor::new(io).map(|io| TcpListener { io })
    }

    /// Waits for the next connection. Any number of tasks may wait.
    ///
    /// A connection that failed before it could be accepted is passed over. Where there is no room
    /// for another descriptor it pauses, up to 100 ms at a time, and goes on by itself as soon as
    /// one is free.
    ///
    /// # Errors
    /// What the operating system says, if it will not get better by waiting.
    ///
    /// # Panics
    /// If the calling thread is in no runtime when there is a connection, or no room for it.
    ///
    /// # Cancel safety
    /// Lossless: no connection is lost.
    ///
    /// ```
    /// use runtime::net::{TcpListener, TcpStream};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, peer) = listener.accept().await?;
    /// assert_eq!(peer, client.local_addr()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.io.accept_by(|| adopt(self.io.accept()?)).await
    }

    /// Polls for the next connection; see [`TcpListener::accept`].
    ///
    /// Only the waker of the last call counts.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
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
    pub fn from_std(listener: net::TcpListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        TcpListener::new(mio::net::TcpListener::from_std(listener))
    }

    /// The listener for the standard library, still non-blocking.
    ///
    /// # Errors
    /// What the operating system says; the listener is closed.
    pub fn into_std(self) -> io::Result<net::TcpListener> {
        self.io.into_inner().map(net::TcpListener::from)
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
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

/// A connection becomes ours; if that fails it is closed.
fn adopt((io, addr): Accepted) -> io::Result<(TcpStream, SocketAddr)> {
    Ok((TcpStream::new_accepted(io)?, addr))
}

impl TryFrom<net::TcpListener> for TcpListener {
    type Error = io::Error;

    /// As [`TcpListener::from_std`].
    fn try_from(listener: net::TcpListener) -> io::Result<TcpListener> {
        TcpListener::from_std(listener)
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
