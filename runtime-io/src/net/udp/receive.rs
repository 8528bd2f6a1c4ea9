//! Receiving.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::BufMut;
use socket2::{SockAddr, SockRef};

use super::UdpSocket;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{Interest, ReadBuf};
use crate::net::receive::receive;

impl UdpSocket {
    /// Receives one datagram and says how many bytes; what does not fit is lost.
    ///
    /// # Errors
    /// What the operating system says, for instance that a datagram sent before was refused.
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"note", addr).await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(socket.recv(&mut buf).await?, 4);
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
    /// As [`UdpSocket::recv`].
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let received = self
            .io
            .poll_io(Direction::Read, cx, || self.receive_once(buf));
        received.map_ok(drop)
    }

    /// Receives one datagram that is there.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UdpSocket::recv`].
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || self.io.recv(buf))
    }

    /// Receives one datagram that is there, into the free part of a buffer that may grow.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UdpSocket::recv`].
    pub fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || {
            fill(buf, |part| self.receive_once(part)).map(|(_, filled)| filled)
        })
    }

    /// Receives one datagram into the free part of a buffer, which is made larger only if it has
    /// none; what does not fit is lost.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"note", addr).await?;
    /// let mut buf = Vec::with_capacity(8);
    /// socket.recv_buf(&mut buf).await?;
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
    /// As [`UdpSocket::recv`].
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"note", addr).await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(socket.recv_from(&mut buf).await?, (4, addr));
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .async_io(Interest::READABLE, || self.io.recv_from(buf))
            .await
    }

    /// Polls to receive one datagram, and says from where. Only the waker of the last call that
    /// receives counts.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
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
    /// `WouldBlock` if there is none; as [`UdpSocket::recv`].
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .try_io(Interest::READABLE, || self.io.recv_from(buf))
    }

    /// Receives one datagram that is there, into the free part of a buffer that may grow, and says
    /// from where.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UdpSocket::recv`].
    pub fn try_recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io.try_io(Interest::READABLE, || {
            fill(buf, |part| self.receive_once_from(part)).map(|(from, filled)| (filled, from))
        })
    }

    /// Receives one datagram into the free part of a buffer, as [`UdpSocket::recv_buf`], and says
    /// from where.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"note", addr).await?;
    /// let mut buf = Vec::with_capacity(8);
    /// assert_eq!(socket.recv_buf_from(&mut buf).await?, (4, addr));
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

    fn receive_once(&self, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
        let received = self.with_free_part(buf, |socket, free| {
            socket.recv(free).map(|count| (count, ()))
        });
        received.map(|(count, ())| count)
    }

    fn receive_once_from(&self, buf: &mut ReadBuf<'_>) -> io::Result<SocketAddr> {
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
