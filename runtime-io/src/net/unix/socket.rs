//! A socket that is not yet a listener, a connection or a datagram socket.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use socket2::{Domain, Socket, Type};

use super::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use crate::net::numbers::is_in_progress;

/// A Unix socket before it connects, listens or exchanges datagrams: to bind a client, or to choose
/// a backlog.
///
/// Needs no runtime before it becomes one of the others.
///
/// ```
/// use runtime::net::UnixSocket;
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let path = std::env::temp_dir().join(format!("socket-{}", std::process::id()));
/// let socket = UnixSocket::new_stream()?;
/// socket.bind(&path)?;
/// let listener = socket.listen(16)?;
/// let _client = UnixSocket::new_stream()?.connect(&path).await?;
/// let _accepted = listener.accept().await?;
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct UnixSocket {
    pub(in crate::net) inner: Socket,
}

impl UnixSocket {
    /// A socket for datagrams.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new_datagram() -> io::Result<UnixSocket> {
        UnixSocket::new(Type::DGRAM)
    }

    /// A socket for connections.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new_stream() -> io::Result<UnixSocket> {
        UnixSocket::new(Type::STREAM)
    }

    fn new(kind: Type) -> io::Result<UnixSocket> {
        let inner = Socket::new(Domain::UNIX, kind, None)?;
        inner.set_nonblocking(true)?;
        Ok(UnixSocket { inner })
    }

    /// Binds it to a path, or on Linux to an abstract name, which begins with a zero byte.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn bind(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.inner.bind(&SocketAddr::raw_of(path.as_ref())?)
    }

    /// Listens; `backlog` connections may wait to be accepted, or as many as the kernel allows.
    ///
    /// # Errors
    /// If it is one for datagrams; what the operating system says. The socket is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<UnixListener> {
        self.refuse(Type::DGRAM, "listen cannot be called on a datagram socket")?;
        self.inner
            .listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        UnixListener::new(mio::net::UnixListener::from(OwnedFd::from(self.inner)))
    }

    /// Connects to a listener; see [`UnixStream::connect`].
    ///
    /// # Errors
    /// If it is one for datagrams; as there. The socket is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossless: a connection under way is closed.
    ///
    /// ```
    /// use runtime::net::{UnixListener, UnixSocket};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("socket-connect-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// let _client = UnixSocket::new_stream()?.connect(&path).await?;
    /// let _accepted = listener.accept().await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect(self, path: impl AsRef<Path>) -> io::Result<UnixStream> {
        self.refuse(Type::DGRAM, "connect cannot be called on a datagram socket")?;
        let addr = SocketAddr::raw_of(path.as_ref())?;
        let mut socket = Some(self.inner);
        UnixStream::connect_by(|| {
            let connecting = socket
                .take()
                .expect("a connect that would block keeps the socket");
            match connecting.connect(&addr) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    socket = Some(connecting);
                    Err(error)
                }
                Err(error) if !is_in_progress(&error) => Err(error),
                _ => Ok(mio::net::UnixStream::from(OwnedFd::from(connecting))),
            }
        })
        .await
    }

    /// Makes it a socket for datagrams.
    ///
    /// # Errors
    /// If it is one for connections; what the operating system says. The socket is closed.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn datagram(self) -> io::Result<UnixDatagram> {
        self.refuse(Type::STREAM, "datagram cannot be called on a stream socket")?;
        UnixDatagram::new(mio::net::UnixDatagram::from(OwnedFd::from(self.inner)))
    }

    /// An error if the socket is of that kind.
    fn refuse(&self, kind: Type, message: &'static str) -> io::Result<()> {
        if self.inner.r#type()? == kind {
            Err(io::Error::other(message))
        } else {
            Ok(())
        }
    }
}
