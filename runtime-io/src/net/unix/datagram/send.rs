//! Sending to an address.

use std::io;
use std::path::Path;
use std::task::{Context, Poll};

use socket2::SockAddr;

use super::{SocketAddr, UnixDatagram};
use crate::driver::readiness::Direction;
use crate::io::Interest;
use crate::net::numbers::NO_SIGNAL;

impl UnixDatagram {
    /// Sends one datagram to a path or abstract name.
    ///
    /// # Errors
    /// What the operating system says, also that nobody is there.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was sent.
    ///
    /// ```
    /// use runtime::net::UnixDatagram;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("send-to-{}", std::process::id()));
    /// let _receiver = UnixDatagram::bind(&path)?;
    /// assert_eq!(UnixDatagram::unbound()?.send_to(b"note", &path).await?, 4);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = SocketAddr::raw_of(target.as_ref())?;
        self.io
            .async_io(Interest::WRITABLE, || self.send_once_to(buf, &target))
            .await
    }

    /// Polls to send one datagram to a path or abstract name. Only the waker of the last call that
    /// sends counts.
    ///
    /// # Errors
    /// As [`UnixDatagram::send_to`].
    pub fn poll_send_to<P: AsRef<Path>>(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: P,
    ) -> Poll<io::Result<usize>> {
        let target = SocketAddr::raw_of(target.as_ref())?;
        self.io
            .poll_io(Direction::Write, cx, || self.send_once_to(buf, &target))
    }

    /// Sends one datagram to a path or abstract name, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; as [`UnixDatagram::send_to`].
    pub fn try_send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = SocketAddr::raw_of(target.as_ref())?;
        self.io
            .try_io(Interest::WRITABLE, || self.send_once_to(buf, &target))
    }

    pub(super) fn send_once(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket().send_with_flags(buf, NO_SIGNAL)
    }

    fn send_once_to(&self, buf: &[u8], target: &SockAddr) -> io::Result<usize> {
        self.socket().send_to_with_flags(buf, target, NO_SIGNAL)
    }
}
