//! The end that reads.

use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BufMut;

use super::descriptor::{Flags, check_is_pipe, read};
use super::pipe_end;
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{AsyncRead, Interest, ReadBuf, Ready};
use crate::net::receive::receive;

/// The end of a pipe that reads. Dropping it closes it; after the last one a write is an error.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (mut sender, mut receiver) = runtime::net::unix::pipe::pipe()?;
/// sender.write_all(b"note").await?;
/// let mut buf = [0; 4];
/// receiver.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"note");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Receiver {
    pub(in crate::net) io: Evented<File>,
}

impl Receiver {
    pipe_end!(
        Receiver,
        READABLE,
        can_read,
        "not in O_RDONLY or O_RDWR access mode"
    );

    /// Waits until there is something to read, or the end. Any number of tasks may wait.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (sender, receiver) = runtime::net::unix::pipe::pipe()?;
    /// sender.writable().await?;
    /// sender.try_write(b"note")?;
    /// receiver.readable().await?;
    /// assert_eq!(receiver.try_read(&mut [0; 8])?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.io.to_be_tried(Direction::Read).await
    }

    /// Polls for something to read. Only the waker of the last call that reads counts.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_ready(Direction::Read, cx)
    }

    /// Reads what there is; zero bytes mean the end, which a later sender may move.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing; what the operating system says.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || (&*self.io).read(buf))
    }

    /// Reads what there is, into several buffers one after the other.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing; what the operating system says.
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.io
            .try_io(Interest::READABLE, || (&*self.io).read_vectored(bufs))
    }

    /// Reads what there is, into the free part of a buffer that may grow.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing; what the operating system says.
    pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, || {
            fill(buf, |part| self.read_once(part)).map(|((), filled)| filled)
        })
    }

    fn read_once(&self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        receive(buf, |free| read(&self.io, free).map(|count| (count, ()))).map(drop)
    }
}

impl AsyncRead for Receiver {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        self.io.poll_io(Direction::Read, cx, || self.read_once(buf))
    }
}
