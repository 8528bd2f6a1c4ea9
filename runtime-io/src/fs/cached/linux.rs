//! `preadv2` with `RWF_NOWAIT`.
#![allow(
    unsafe_code,
    reason = "a system call that fills an uninitialised buffer"
)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::{Cached, Place};
use crate::io::ReadBuf;

/// Appends what is in memory, `max` bytes at most.
pub(in crate::fs) fn read(file: &File, place: Place, buf: &mut ReadBuf<'_>, max: usize) -> Cached {
    let offset = match place {
        // The number by which `preadv2` means the file's own position.
        Place::Cursor => -1,
        Place::At(offset) => match libc::off_t::try_from(offset) {
            Ok(offset) => offset,
            Err(_) => return Cached::NotNow,
        },
    };
    // SAFETY: bytes are only overwritten, by the kernel, with initialised ones.
    let unfilled = unsafe { buf.unfilled_mut() };
    let vector = libc::iovec {
        iov_base: unfilled.as_mut_ptr().cast(),
        iov_len: unfilled.len().min(max),
    };
    let descriptor = file.as_raw_fd();
    // SAFETY: the one vector describes memory that is ours to write, for the time of the call.
    let read = unsafe { libc::preadv2(descriptor, &vector, 1, offset, libc::RWF_NOWAIT) };
    match usize::try_from(read) {
        Ok(0) => Cached::NotNow,
        Ok(read) => {
            // SAFETY: the kernel has written that many bytes.
            unsafe { buf.assume_init(read) };
            buf.advance(read);
            Cached::Bytes
        }
        Err(_) => match io::Error::last_os_error().kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Cached::NotNow,
            _ => Cached::Never,
        },
    }
}
