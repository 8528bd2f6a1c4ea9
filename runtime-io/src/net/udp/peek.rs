//! Looking at a datagram that stays.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use socket2::SockRef;

use super::UdpSocket;
use super::receive::internet;
use crate::driver::readiness::Direction;
use crate::io::{Interest, ReadBuf};

impl UdpSocket {
    /// Looks at the next datagram, which stays, and says how many bytes fit.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"note", addr).await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(socket.peek(&mut buf).await?, 4);
    /// assert_eq!(socket.recv(&mut buf).await?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .async_io(Interest::READABLE, || self.io.peek(buf))
            .await
    }

    /// Polls to look at the next datagram. Only the waker of the last call that receives counts.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let peeked = self.io.poll_io(Direction::Read, cx, || {
            self.with_free_part(buf, |socket, free| {
                socket.peek(free).map(|count| (count, ()))
            })
        });
        peeked.map_ok(drop)
    }

    /// Looks at a datagram that is there.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UdpSocket::recv`].
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || self.io.peek(buf))
    }

    /// Looks at the next datagram, which stays, and says how many bytes fit and from where it is.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"note", addr).await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(socket.peek_from(&mut buf).await?, (4, addr));
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .async_io(Interest::READABLE, || self.io.peek_from(buf))
            .await
    }

    /// Polls to look at the next datagram, and says from where it is. Only the waker of the last
    /// call that receives counts.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        self.io.poll_io(Direction::Read, cx, || {
            let (_, from) = self.with_free_part(buf, |socket, free| socket.peek_from(free))?;
            internet(from)
        })
    }

    /// Looks at a datagram that is there, and says from where it is.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UdpSocket::recv`].
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .try_io(Interest::READABLE, || self.io.peek_from(buf))
    }

    /// Says from where the next datagram is, which stays.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"note", addr).await?;
    /// assert_eq!(socket.peek_sender().await?, addr);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        self.io
            .async_io(Interest::READABLE, || self.peek_sender_once())
            .await
    }

    /// Polls for where the next datagram is from. Only the waker of the last call that receives
    /// counts.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`].
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.io
            .poll_io(Direction::Read, cx, || self.peek_sender_once())
    }

    /// Says from where a datagram is that is there.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UdpSocket::recv`].
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.io
            .try_io(Interest::READABLE, || self.peek_sender_once())
    }

    fn peek_sender_once(&self) -> io::Result<SocketAddr> {
        let io: &mio::net::UdpSocket = &self.io;
        internet(io.try_io(|| SockRef::from(io).peek_sender())?)
    }
}
