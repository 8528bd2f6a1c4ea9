//! What the operating system says of a pipe's descriptor.
#![allow(unsafe_code, reason = "fcntl and read are system calls")]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileTypeExt;

/// An error if it is no pipe.
pub(super) fn check_is_pipe(file: &File) -> io::Result<()> {
    if file.metadata()?.file_type().is_fifo() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a pipe"))
    }
}

/// How a file was opened, and whether it blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flags(libc::c_int);

impl Flags {
    pub(super) fn of(file: &File) -> io::Result<Flags> {
        // SAFETY: F_GETFL reads no memory of ours.
        let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) };
        if flags < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Flags(flags))
    }

    pub(super) fn can_read(self) -> bool {
        matches!(self.0 & libc::O_ACCMODE, libc::O_RDONLY | libc::O_RDWR)
    }

    pub(super) fn can_write(self) -> bool {
        matches!(self.0 & libc::O_ACCMODE, libc::O_WRONLY | libc::O_RDWR)
    }

    /// Changes whether the file blocks; no call if it does so already.
    pub(super) fn set_nonblocking(self, file: &File, nonblocking: bool) -> io::Result<()> {
        let blocking = self.0 & !libc::O_NONBLOCK;
        let flags = if nonblocking {
            blocking | libc::O_NONBLOCK
        } else {
            blocking
        };
        if flags == self.0 {
            return Ok(());
        }
        // SAFETY: F_SETFL takes a number.
        let outcome = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags) };
        if outcome < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

/// Reads once, to the front of `free`.
pub(super) fn read(file: &File, free: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
    // SAFETY: the kernel writes at most as many bytes as `free` has.
    let count = unsafe { libc::read(file.as_raw_fd(), free.as_mut_ptr().cast(), free.len()) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}
