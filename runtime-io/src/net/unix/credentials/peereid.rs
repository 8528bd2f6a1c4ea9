//! BSD: user and group; getpeereid(3).
#![allow(unsafe_code, reason = "getpeereid is a system call")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::UCred;

pub(super) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<UCred> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: both point to numbers of the type that is written.
    let outcome = unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut uid, &raw mut gid) };
    if outcome != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(UCred {
        pid: None,
        uid,
        gid,
    })
}
