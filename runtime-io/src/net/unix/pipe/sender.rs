//! The end that writes.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::descriptor::{Flags, check_is_pipe};
use super::pipe_end;
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::{AsyncWrite, Interest, Ready};

/// The end of a pipe that writes. Dropping it closes it; after the last one the receiver is at its
/// end.
///
/// ```
/// use runtime::io::AsyncWriteExt;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (mut sender, receiver) = runtime::net::unix::pipe::pipe()?;
/// sender.write_all(b"note").await?;
/// receiver.readable().await?;
/// assert_eq!(receiver.try_read(&mut [0; 8])?, 4);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Sender {
    pub(in crate::net) io: Evented<File>,
}

impl Sender {
    pipe_end!(
        Sender,
        WRITABLE,
        can_write,
        "not in O_WRONLY or O_RDWR access mode"
    );

    /// Waits until there is room to write, or nobody reads any more. Any number of tasks may wait.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (sender, _receiver) = runtime::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// assert_eq!(sender.try_write(b"note")?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.io.to_be_tried(Direction::Write).await
    }

    /// Polls for room to write. Only the waker of the last call that writes counts.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_ready(Direction::Write, cx)
    }

    /// Writes what there is room for; up to `PIPE_BUF` bytes, 4096 on Linux, are written whole or
    /// not at all.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; what the operating system says.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io
            .try_io(Interest::WRITABLE, || (&*self.io).write(buf))
    }

    /// Writes what there is room for, from several buffers one after the other.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; what the operating system says.
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io
            .try_io(Interest::WRITABLE, || (&*self.io).write_vectored(bufs))
    }
}

impl AsyncWrite for Sender {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Write, cx, || (&*self.io).write(buf))
    }

    /// Nothing to do: the kernel has it.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Nothing to do: a pipe ends when its senders are dropped.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Write, cx, || (&*self.io).write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}
