//! Sending to an address.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use super::UdpSocket;
use crate::driver::readiness::Direction;
use crate::io::Interest;
use crate::net::ToSocketAddrs;
use crate::net::addr::{no_address, resolve};

impl UdpSocket {
    /// Sends one datagram to the first address that `addr` stands for.
    ///
    /// # Errors
    /// What the operating system says, also of the name.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was sent.
    ///
    /// ```
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.send_to(b"note", socket.local_addr()?).await?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addr: A) -> io::Result<usize> {
        let target = resolve(addr).await?.next().ok_or_else(no_address)?;
        self.io
            .async_io(Interest::WRITABLE, || self.io.send_to(buf, target))
            .await
    }

    /// Polls to send one datagram to an address. Only the waker of the last call that sends counts.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Write, cx, || self.io.send_to(buf, target))
    }

    /// Sends one datagram to an address, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; what the operating system says.
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.io
            .try_io(Interest::WRITABLE, || self.io.send_to(buf, target))
    }

    pub(super) fn send_once(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.send(buf)
    }
}
