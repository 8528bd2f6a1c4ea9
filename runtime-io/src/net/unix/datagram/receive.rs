//! Receiving.

use std::io;
use std::task::{Context, Poll};

use bytes::BufMut;

use super::{SocketAddr, UnixDatagram};
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{Interest, ReadBuf};
use crate::net::receive::receive;

impl UnixDatagram {
    /// Receives one datagram and says how many bytes; what does not fit is lost.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (near, far) = runtime::net::UnixDatagram::pair()?;
    /// far.send(b"note").await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(near.recv(&mut buf).await?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .async_io(Interest::READABLE, || self.io.recv(buf))
            .await
    }

    /// Polls to receive one datagram. Only the waker of the last call that receives counts.
    ///
    /// # Errors
    /// As [`UnixDatagram::recv`].
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let received = self
            .io
            .poll_io(Direction::Read, cx, || self.receive_once(buf));
        received.map_ok(drop)
    }

    /// Receives one datagram that is there.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UnixDatagram::recv`].
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || self.io.recv(buf))
    }

    /// Receives one datagram that is there, into the free part of a buffer that may grow.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UnixDatagram::recv`].
    pub fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || {
            fill(buf, |part| self.receive_once(part)).map(|(_, filled)| filled)
        })
    }

    /// Receives one datagram into the free part of a buffer, which is made larger only if it has
    /// none; what does not fit is lost.
    ///
    /// # Errors
    /// As [`UnixDatagram::recv`].
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (near, far) = runtime::net::UnixDatagram::pair()?;
    /// far.send(b"note").await?;
    /// let mut buf = Vec::with_capacity(8);
    /// near.recv_buf(&mut buf).await?;
    /// assert_eq!(buf, b"note");
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io
            .async_io(Interest::READABLE, || {
                fill(buf, |part| self.receive_once(part)).map(|(_, filled)| filled)
            })
            .await
    }

    /// Receives one datagram and says how many bytes and from where; what does not fit is lost.
    ///
    /// # Errors
    /// As [`UnixDatagram::recv`].
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (near, far) = runtime::net::UnixDatagram::pair()?;
    /// far.send(b"note").await?;
    /// let mut buf = [0; 8];
    /// let (count, from) = near.recv_from(&mut buf).await?;
    /// assert!(count == 4 && from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .async_io(Interest::READABLE, || self.receive_slice_from(buf))
            .await
    }

    /// Polls to receive one datagram, and says from where. Only the waker of the last call that
    /// receives counts.
    ///
    /// # Errors
    /// As [`UnixDatagram::recv`].
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        self.io
            .poll_io(Direction::Read, cx, || self.receive_once_from(buf))
    }

    /// Receives one datagram that is there, and says from where.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UnixDatagram::recv`].
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .try_io(Interest::READABLE, || self.receive_slice_from(buf))
    }

    /// Receives one datagram that is there, into the free part of a buffer that may grow, and says
    /// from where.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UnixDatagram::recv`].
    pub fn try_recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io.try_io(Interest::READABLE, || {
            fill(buf, |part| self.receive_once_from(part)).map(|(from, filled)| (filled, from))
        })
    }

    /// Receives one datagram into the free part of a buffer, as [`UnixDatagram::recv_buf`], and
    /// says from where.
    ///
    /// # Errors
    /// As [`UnixDatagram::recv`].
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (near, far) = runtime::net::UnixDatagram::pair()?;
    /// far.send(b"note").await?;
    /// let mut buf = Vec::with_capacity(8);
    /// let (count, from) = near.recv_buf_from(&mut buf).await?;
    /// assert!(count == 4 && from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io
            .async_io(Interest::READABLE, || {
                fill(buf, |part| self.receive_once_from(part)).map(|(from, filled)| (filled, from))
            })
            .await
    }

    fn receive_slice_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (count, from) = self.io.recv_from(buf)?;
        Ok((count, SocketAddr(from)))
    }

    fn receive_once(&self, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
        let received = receive(buf, |free| {
            self.socket().recv(free).map(|count| (count, ()))
        });
        received.map(|(count, ())| count)
    }

    fn receive_once_from(&self, buf: &mut ReadBuf<'_>) -> io::Result<SocketAddr> {
        let (_, from) = receive(buf, |free| self.socket().recv_from(free))?;
        SocketAddr::received(&from)
    }
}
