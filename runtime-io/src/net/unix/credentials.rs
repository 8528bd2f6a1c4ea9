//! Who is at the other end.

use std::io;
use std::os::fd::BorrowedFd;

use super::{gid_t, pid_t, uid_t};

#[cfg(any(target_os = "linux", target_os = "android", target_os = "openbsd"))]
#[path = "credentials/peercred.rs"]
mod imp;

#[cfg(target_vendor = "apple")]
#[path = "credentials/apple.rs"]
mod imp;

#[cfg(any(
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "aix"
))]
#[path = "credentials/peereid.rs"]
mod imp;

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "openbsd",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "aix"
)))]
#[path = "credentials/unknown.rs"]
mod imp;

/// User, group and process at the other end of a connection, as they were when it was made; from
/// [`UnixStream::peer_cred`](super::UnixStream::peer_cred).
///
/// ```
/// use runtime::net::UnixStream;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, far) = UnixStream::pair()?;
/// assert_eq!(near.peer_cred()?, far.peer_cred()?);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UCred {
    pid: Option<pid_t>,
    uid: uid_t,
    gid: gid_t,
}

impl UCred {
    /// The effective user.
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// The effective group.
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// The process; Linux, Android, OpenBSD and Apple's systems tell it.
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }
}

/// Asks the kernel.
///
/// # Errors
/// What it says, also that it does not know.
pub(super) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<UCred> {
    imp::of_peer(socket)
}
