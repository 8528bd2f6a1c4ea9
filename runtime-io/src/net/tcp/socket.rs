//! A socket that is neither listener nor connection yet, to set its options.

use std::fmt;
use std::io;
use std::net::{self, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::{TcpListener, TcpStream, connect};
use crate::net::numbers::is_in_progress;
use crate::net::options::options;

/// A TCP socket before it connects or listens.
///
/// Needs no runtime before it becomes one or the other.
///
/// ```
/// use runtime::net::TcpSocket;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseaddr(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(128)?;
/// assert_ne!(listener.local_addr()?.port(), 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpSocket {
    pub(in crate::net) inner: Socket,
}

impl TcpSocket {
    /// A socket for IPv4 (`AF_INET`).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new_v4() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV4)
    }

    /// A socket for IPv6 (`AF_INET6`).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new_v6() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV6)
    }

    fn new(domain: Domain) -> io::Result<TcpSocket> {
        let inner = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        inner.set_nonblocking(true)?;
        Ok(TcpSocket { inner })
    }

    fn socket(&self) -> &Socket {
        &self.inner
    }

    options! {
        "whether an idle connection is probed (`SO_KEEPALIVE`)":
            keepalive, set_keepalive -> bool, keepalive, set_keepalive;
        "whether an address may be bound while old connections of it linger (`SO_REUSEADDR`)":
            reuseaddr, set_reuseaddr -> bool, reuse_address, set_reuse_address;
        #[cfg(all(
            unix,
            not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))
        ))]
        "whether several sockets may listen at one address (`SO_REUSEPORT`)":
            reuseport, set_reuseport -> bool, reuse_port, set_reuse_port;
        "whether small writes are sent at once (`TCP_NODELAY`)":
            nodelay, set_nodelay -> bool, tcp_nodelay, set_tcp_nodelay;
        #[cfg(not(any(
            target_os = "fuchsia",
            target_os = "redox",
            target_os = "solaris",
            target_os = "illumos",
            target_os = "haiku"
        )))]
        "the type of service of IPv4 packets (`IP_TOS`)":
            tos_v4, set_tos_v4 -> u32, tos_v4, set_tos_v4;
        #[cfg(not(any(
            target_os = "fuchsia",
            target_os = "redox",
            target_os = "solaris",
            target_os = "illumos",
            target_os = "haiku"
        )))]
        #[deprecated(note = "the other name of `tos_v4`")]
        "the type of service of IPv4 packets (`IP_TOS`)":
            tos, set_tos -> u32, tos_v4, set_tos_v4;
        #[cfg(any(
            target_os = "android",
            target_os = "dragonfly",
            target_os = "freebsd",
            target_os = "linux",
            target_os = "macos",
            target_os = "netbsd",
            target_os = "openbsd"
        ))]
        "the traffic class of IPv6 packets (`IPV6_TCLASS`)":
            tclass_v6, set_tclass_v6 -> u32, tclass_v6, set_tclass_v6;
    }

    /// Sets the size of the buffer for what is sent, in bytes (`SO_SNDBUF`); the kernel may take
    /// another.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.inner.set_send_buffer_size(size as usize)
    }

    /// Tells the size of the buffer for what is sent, in bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        self.inner.send_buffer_size().map(saturate)
    }

    /// Sets the size of the buffer for what is received, in bytes (`SO_RCVBUF`); the kernel may
    /// take another.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.inner.set_recv_buffer_size(size as usize)
    }

    /// Tells the size of the buffer for what is received, in bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        self.inner.recv_buffer_size().map(saturate)
    }

    /// Sets how long closing waits for what was not yet sent, in whole seconds (`SO_LINGER`).
    ///
    /// # Errors
    /// What the operating system says.
    #[deprecated(note = "closing the socket then blocks its thread; see `set_zero_linger`")]
    pub fn set_linger(&self, duration: Option<Duration>) -> io::Result<()> {
        self.inner.set_linger(duration)
    }

    /// Lets closing reset the connection and give up what was not yet sent.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.inner.set_linger(Some(Duration::ZERO))
    }

    /// Tells how long closing waits for what was not yet sent.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.inner.linger()
    }

    /// Tells which network interface it is bound to (`SO_BINDTODEVICE`).
    ///
    /// # Errors
    /// What the operating system says.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.inner.device()
    }

    /// Binds it to a network interface, or to none.
    ///
    /// # Errors
    /// What the operating system says, for instance that it takes a privilege.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.inner.bind_device(interface)
    }

    /// This end's address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let addr = self.inner.local_addr()?;
        addr.as_socket()
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Takes the error that waits in the socket, if any.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.take_error()
    }

    /// Binds it to an address.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.inner.bind(&addr.into())
    }

    /// Connects.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossless: a connection under way is closed.
    ///
    /// ```
    /// use runtime::net::{TcpListener, TcpSocket};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let socket = TcpSocket::new_v4()?;
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        match self.inner.connect(&addr.into()) {
            Err(error) if !is_in_progress(&error) => return Err(error),
            _ => {}
        }
        connect::finish(mio::net::TcpStream::from_std(net::TcpStream::from(
            self.inner,
        )))
        .await
    }

    /// Listens; `backlog` connections may wait to be accepted, or as many as the kernel allows.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        self.inner
            .listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        TcpListener::new(mio::net::TcpListener::from_std(net::TcpListener::from(
            self.inner,
        )))
    }

    /// Takes over a socket that the standard library takes for a connection, though it is neither
    /// connected nor listening.
    ///
    /// It is expected to be non-blocking.
    pub fn from_std_stream(stream: net::TcpStream) -> TcpSocket {
        TcpSocket {
            inner: Socket::from(stream),
        }
    }
}

fn saturate(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
