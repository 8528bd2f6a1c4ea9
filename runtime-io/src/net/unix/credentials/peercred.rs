//! Linux and OpenBSD: one option has all three; unix(7).
#![allow(unsafe_code, reason = "getsockopt is a system call")]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};

#[cfg(target_os = "openbsd")]
use libc::sockpeercred as Credentials;
#[cfg(not(target_os = "openbsd"))]
use libc::ucred as Credentials;

use super::UCred;

pub(super) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<UCred> {
    let mut found = Credentials {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut size = mem::size_of::<Credentials>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `size` bytes of plain numbers to `found`, which is that
    // large.
    let outcome = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut found).cast(),
            &raw mut size,
        )
    };
    if outcome != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(UCred {
        pid: Some(found.pid),
        uid: found.uid,
        gid: found.gid,
    })
}
