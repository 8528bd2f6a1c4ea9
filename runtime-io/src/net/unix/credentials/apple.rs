//! Apple's systems: user and group as on BSD; the process is an option of its own.
#![allow(unsafe_code, reason = "getpeereid and getsockopt are system calls")]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::UCred;

pub(super) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<UCred> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: both point to numbers of the type that is written.
    let outcome = unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut uid, &raw mut gid) };
    if outcome != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut pid: libc::pid_t = 0;
    let mut size = mem::size_of::<libc::pid_t>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `size` bytes to `pid`, which is that large.
    let outcome = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_LOCAL,
            libc::LOCAL_PEEREPID,
            (&raw mut pid).cast(),
            &raw mut size,
        )
    };
    if outcome != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(UCred {
        pid: Some(pid),
        uid,
        gid,
    })
}
