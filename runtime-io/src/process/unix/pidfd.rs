//! A descriptor that becomes readable when a process ends.
#![allow(unsafe_code, reason = "pidfd_open")]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// One of a child that was not reaped.
///
/// # Errors
/// Where the kernel has none (before Linux 5.3, or in a sandbox), where no descriptor is left, and
/// where somebody else has reaped the child.
pub(super) fn open_pidfd(child: u32) -> io::Result<OwnedFd> {
    let (child, flags) = (child as libc::pid_t, 0 as libc::c_uint);
    // SAFETY: no pointers; the kernel sets close-on-exec by itself.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, child, flags) };
    if descriptor == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}
