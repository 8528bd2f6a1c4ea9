//! Fewer, larger writes.

use std::fmt;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::budget::{Laps, interrupted, taken};
use super::buf_reader::CAPACITY;
use super::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf, slices};

/// Where a seek stands: what is in the buffer belongs before it.
#[derive(Debug, Clone, Copy)]
pub(super) enum SeekState {
    Idle,
    Wanted(SeekFrom),
    Begun,
}

pin_project! {
    /// Gives a writer a buffer, so that small writes do not reach it one by one.
    ///
    /// What is in the buffer is written by a flush or a shutdown, and lost by a drop. If a write of
    /// it fails, what was not written stays. Reads pass through.
    ///
    /// ```
    /// use runtime::io::{AsyncWriteExt, BufWriter};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"kept until it is flushed").await?;
    /// writer.flush().await?;
    /// assert_eq!(writer.get_ref().len(), 24);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub struct BufWriter<W> {
        #[pin]
        pub(super) inner: W,
        pub(super) buf: Vec<u8>,
        pub(super) written: usize,
        pub(super) seek: SeekState,
    }
}

impl<W: AsyncWrite> BufWriter<W> {
    /// A buffer of 8 KiB.
    pub fn new(inner: W) -> BufWriter<W> {
        BufWriter::with_capacity(CAPACITY, inner)
    }

    /// A buffer of `capacity` bytes.
    pub fn with_capacity(capacity: usize, inner: W) -> BufWriter<W> {
        let buf = Vec::with_capacity(capacity);
        BufWriter {
            inner,
            buf,
            written: 0,
            seek: SeekState::Idle,
        }
    }

    /// Writes the whole buffer, or keeps what was not written.
    fn poll_empty(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        let mut laps = Laps::default();
        while *this.written < this.buf.len() {
            ready!(laps.poll_next(cx));
            let rest = &this.buf[*this.written..];
            let outcome = this.inner.as_mut().poll_write(cx, rest);
            if interrupted(&outcome) {
                continue;
            }
            let written = taken(ready!(outcome)?, rest.len());
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *this.written += written;
        }
        this.buf.clear();
        *this.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<W> BufWriter<W> {
    /// The writer.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// The writer; what is written to it directly overtakes the buffer.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// The writer, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut W> {
        self.project().inner
    }

    /// The writer back; what is in the buffer is lost.
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// What is in the buffer and not yet written.
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.written..]
    }
}

impl<W: AsyncWrite> AsyncWrite for BufWriter<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.buf.len() + buf.len() > self.buf.capacity() {
            ready!(self.as_mut().poll_empty(cx))?;
        }
        let this = self.project();
        if buf.len() >= this.buf.capacity() {
            return this.inner.poll_write(cx, buf);
        }
        this.buf.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_empty(cx))?;
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_empty(cx))?;
        self.project().inner.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let total = slices::length(bufs);
        if total.saturating_add(self.buf.len()) > self.buf.capacity() {
            ready!(self.as_mut().poll_empty(cx))?;
        }
        let this = self.project();
        if total >= this.buf.capacity() {
            if this.inner.is_write_vectored() {
                return this.inner.poll_write_vectored(cx, bufs);
            }
            let first = bufs.iter().find(|buf| !buf.is_empty());
            if let Some(first) = first.filter(|buf| buf.len() >= this.buf.capacity()) {
                return this.inner.poll_write(cx, first);
            }
        }
        let mut taken = 0;
        for buf in bufs {
            if this.buf.len() + buf.len() > this.buf.capacity() {
                break;
            }
            this.buf.extend_from_slice(buf);
            taken += buf.len();
        }
        Poll::Ready(Ok(taken))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

impl<W: AsyncWrite + AsyncSeek> BufWriter<W> {
    /// Empties the buffer, and begins a seek.
    fn poll_begin(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        position: SeekFrom,
    ) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_empty(cx))?;
        let mut inner = self.project().inner;
        // A file is still at what it has just accepted, and takes one thing at a time.
        ready!(inner.as_mut().poll_complete(cx))?;
        Poll::Ready(inner.start_seek(position))
    }
}

impl<W: AsyncWrite + AsyncSeek> AsyncSeek for BufWriter<W> {
    /// What is in the buffer is written first, by [`AsyncSeek::poll_complete`].
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let this = self.project();
        if !matches!(this.seek, SeekState::Idle) {
            return Err(io::Error::other("another seek is under way"));
        }
        *this.seek = SeekState::Wanted(position);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        if let SeekState::Wanted(position) = self.seek {
            let begun = ready!(self.as_mut().poll_begin(cx, position));
            *self.as_mut().project().seek = match begun {
                Ok(()) => SeekState::Begun,
                Err(_) => SeekState::Idle,
            };
            begun?;
        }
        let this = self.project();
        let outcome = ready!(this.inner.poll_complete(cx));
        *this.seek = SeekState::Idle;
        Poll::Ready(outcome)
    }
}

impl<W: AsyncWrite + AsyncRead> AsyncRead for BufWriter<W> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(cx, buf)
    }
}

impl<W: AsyncWrite + AsyncBufRead> AsyncBufRead for BufWriter<W> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.project().inner.consume(amount);
    }
}

impl<W: fmt::Debug> fmt::Debug for BufWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.buf.len() - self.written;
        f.debug_struct("BufWriter")
            .field("writer", &self.inner)
            .field(
                "buffer",
                &format_args!("{}/{}", waiting, self.buf.capacity()),
            )
            .finish()
    }
}
