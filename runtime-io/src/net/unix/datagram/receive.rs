//! One try to receive, in each form.

use std::io;

use super::{SocketAddr, UnixDatagram};
use crate::io::ReadBuf;
use crate::net::receive::receive;

impl UnixDatagram {
    pub(super) fn receive_slice_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (count, from) = self.io.recv_from(buf)?;
        Ok((count, SocketAddr(from)))
    }

    pub(super) fn receive_once(&self, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
        let received = receive(buf, |free| {
            self.socket().recv(free).map(|count| (count, ()))
        });
        received.map(|(count, ())| count)
    }

    pub(super) fn receive_once_from(&self, buf: &mut ReadBuf<'_>) -> io::Result<SocketAddr> {
        let (_, from) = receive(buf, |free| self.socket().recv_from(free))?;
        SocketAddr::received(&from)
    }
}
