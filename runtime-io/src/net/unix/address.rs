//! Addresses of Unix sockets.

use std::fmt;
use std::io;
use std::os::unix::net;
use std::path::Path;

use socket2::SockAddr;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "address/with_names.rs"]
mod imp;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "address/paths_only.rs"]
mod imp;

/// The address of a Unix socket: a path, on Linux perhaps an abstract name, or none.
///
/// ```
/// use runtime::net::UnixStream;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, _far) = UnixStream::pair()?;
/// assert!(near.local_addr()?.is_unnamed());
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct SocketAddr(pub(super) net::SocketAddr);

impl SocketAddr {
    /// The address that a path stands for; one that begins with a zero byte is an abstract name.
    ///
    /// # Errors
    /// If it is too long, or has a zero byte elsewhere.
    pub(super) fn of(path: &Path) -> io::Result<SocketAddr> {
        imp::of_path(path).map(SocketAddr)
    }

    /// The same for calls that the standard library does not have.
    ///
    /// # Errors
    /// As [`SocketAddr::of`].
    pub(super) fn raw_of(path: &Path) -> io::Result<SockAddr> {
        // A `SockAddr` has what is before a zero byte for the path.
        SocketAddr::of(path)?;
        SockAddr::unix(path)
    }

    /// The address as the kernel gave it.
    ///
    /// # Errors
    /// If it is none of a Unix socket.
    pub(super) fn received(addr: &SockAddr) -> io::Result<SocketAddr> {
        if let Some(addr) = addr.as_unix() {
            return Ok(SocketAddr(addr));
        }
        let name = addr.as_abstract_namespace().filter(|name| !name.is_empty());
        let received = match name {
            Some(name) => imp::of_name(name),
            // An empty path is no name.
            None => net::SocketAddr::from_pathname(""),
        };
        received.map(SocketAddr)
    }

    /// Whether it is none: that of a socket which was not bound.
    pub fn is_unnamed(&self) -> bool {
        self.0.is_unnamed()
    }

    /// The path, if it is one.
    pub fn as_pathname(&self) -> Option<&Path> {
        self.0.as_pathname()
    }

    /// The abstract name, without its zero byte, if it is one.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        imp::name_of(&self.0)
    }
}

impl fmt::Debug for SocketAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<net::SocketAddr> for SocketAddr {
    fn from(addr: net::SocketAddr) -> SocketAddr {
        SocketAddr(addr)
    }
}

impl From<SocketAddr> for net::SocketAddr {
    fn from(addr: SocketAddr) -> net::SocketAddr {
        addr.0
    }
}
