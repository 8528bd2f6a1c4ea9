//! Receiving into a buffer that need not be initialised.
#![allow(unsafe_code, reason = "hands the kernel the unfilled part of a buffer")]

use std::io;
use std::mem::MaybeUninit;

use crate::io::ReadBuf;

/// Lets `receive` put bytes into the unfilled part of a buffer, once, and counts them as filled.
///
/// It says how many bytes it has put at the front, and what else came with them. Only functions of
/// this crate that pass the place on to the kernel, through socket2 or read(2), are given here.
pub(super) fn receive<T>(
    buf: &mut ReadBuf<'_>,
    receive: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<(usize, T)>,
) -> io::Result<(usize, T)> {
    // SAFETY: the kernel only writes bytes.
    let free = unsafe { buf.unfilled_mut() };
    let (received, what) = receive(free)?;
    // SAFETY: the kernel has written that many at the front.
    unsafe { buf.assume_init(received) };
    buf.advance(received);
    Ok((received, what))
}
