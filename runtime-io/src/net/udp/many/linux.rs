//! `sendmmsg` and `recvmmsg`.
#![allow(unsafe_code, reason = "system calls that fill structures of pointers")]

use std::array;
use std::io::{self, IoSliceMut};
use std::mem;
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_int, c_uint, c_void, iovec, mmsghdr, socklen_t};
use mio::net::UdpSocket;
use socket2::{SockAddr, SockAddrStorage};

use super::{BATCH, Datagram, Received};
use crate::net::udp::receive::internet;

pub(super) fn send(socket: &UdpSocket, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
    let datagrams = &datagrams[..datagrams.len().min(BATCH)];
    let mut addresses: [Option<SockAddr>; BATCH] = [const { None }; BATCH];
    let mut parts = [const { no_bytes() }; BATCH];
    let mut headers = [no_message(); BATCH];
    for (index, datagram) in datagrams.iter().enumerate() {
        parts[index] = iovec {
            // The kernel reads a part that is sent, whatever its type says.
            iov_base: datagram.payload.as_ptr().cast_mut().cast(),
            iov_len: datagram.payload.len(),
        };
        let header = &mut headers[index].msg_hdr;
        header.msg_iov = &raw mut parts[index];
        header.msg_iovlen = 1;
        if let Some(to) = datagram.to {
            let address = addresses[index].insert(SockAddr::from(to));
            header.msg_name = address.as_ptr().cast_mut().cast();
            header.msg_namelen = address.len();
        }
    }
    again_if_interrupted(|| {
        // SAFETY: as many headers are filled in; what they point to lives to the end of this function.
        unsafe {
            libc::sendmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                datagrams.len() as c_uint,
                libc::MSG_NOSIGNAL,
            )
        }
    })
}

pub(super) fn receive(
    socket: &UdpSocket,
    bufs: &mut [IoSliceMut<'_>],
    received: &mut Vec<Received>,
) -> io::Result<usize> {
    let room = bufs.len().min(BATCH);
    let mut addresses: [SockAddrStorage; BATCH] = array::from_fn(|_| SockAddrStorage::zeroed());
    let mut headers = [no_message(); BATCH];
    for (index, buf) in bufs[..room].iter_mut().enumerate() {
        let header = &mut headers[index].msg_hdr;
        header.msg_name = (&raw mut addresses[index]).cast::<c_void>();
        header.msg_namelen = addresses[index].size_of();
        // An IoSliceMut is an iovec, as std promises.
        header.msg_iov = ptr::from_mut(buf).cast::<iovec>();
        header.msg_iovlen = 1;
    }
    let count = again_if_interrupted(|| {
        // SAFETY: as many headers are filled in, each with a buffer and a place for an address of its
        // own, which outlive the call.
        unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                room as c_uint,
                0,
                ptr::null_mut(),
            )
        }
    })?;
    received.reserve(count);
    for (address, header) in addresses.into_iter().zip(&headers[..count]) {
        let len: socklen_t = header.msg_hdr.msg_namelen;
        // SAFETY: the kernel has written an address of that length there.
        let address = unsafe { SockAddr::new(address, len) };
        received.push(Received {
            len: header.msg_len as usize,
            from: internet(address)?,
        });
    }
    Ok(count)
}

const fn no_bytes() -> iovec {
    iovec {
        iov_base: ptr::null_mut(),
        iov_len: 0,
    }
}

fn no_message() -> mmsghdr {
    // SAFETY: zeros are null pointers and lengths of nothing.
    unsafe { mem::zeroed() }
}

fn again_if_interrupted(mut call: impl FnMut() -> c_int) -> io::Result<usize> {
    loop {
        // Negative for an error alone.
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
