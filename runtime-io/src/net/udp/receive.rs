//! One try to receive, in each form.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;

use socket2::{SockAddr, SockRef};

use super::UdpSocket;
use crate::io::ReadBuf;
use crate::net::receive::receive;

impl UdpSocket {
    pub(super) fn receive_once(&self, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
        let received = self.with_free_part(buf, |socket, free| {
            socket.recv(free).map(|count| (count, ()))
        });
        received.map(|(count, ())| count)
    }

    pub(super) fn receive_slice_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.recv_from(buf)
    }

    pub(super) fn receive_once_from(&self, buf: &mut ReadBuf<'_>) -> io::Result<SocketAddr> {
        let (_, from) = self.with_free_part(buf, |socket, free| socket.recv_from(free))?;
        internet(from)
    }

    /// Lets the kernel write into what is free of `buf`.
    pub(super) fn with_free_part<T>(
        &self,
        buf: &mut ReadBuf<'_>,
        operation: impl FnOnce(&SockRef<'_>, &mut [MaybeUninit<u8>]) -> io::Result<(usize, T)>,
    ) -> io::Result<(usize, T)> {
        let io: &mio::net::UdpSocket = &self.io;
        receive(buf, |free| {
            io.try_io(|| operation(&SockRef::from(io), free))
        })
    }
}

/// The address as one of IPv4 or IPv6, as every one of such a socket is.
pub(super) fn internet(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}
