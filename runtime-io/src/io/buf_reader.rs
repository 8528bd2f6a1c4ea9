//! Fewer, larger reads.

use std::fmt;
use std::io::{self, IoSlice, SeekFrom};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

/// Bytes that a buffer holds unless told otherwise.
pub(super) const CAPACITY: usize = 8 * 1024;

/// A seek under way. The inner position is ahead by what stands in the buffer, which is given up once
/// the seek has succeeded.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Seeking {
    #[default]
    No,
    /// The inner one goes where it was asked for.
    There,
    /// The inner one goes back over what stands in the buffer; from there it is so far.
    Back(i64),
}

pin_project! {
    /// Gives a reader a buffer, so that small reads do not reach it one by one.
    ///
    /// What is in the buffer is lost with it. Writes pass through.
    ///
    /// ```
    /// use runtime::io::{AsyncBufReadExt, BufReader};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut reader = BufReader::new(&b"one\ntwo\n"[..]);
    /// let mut line = String::new();
    /// reader.read_line(&mut line).await?;
    /// assert_eq!(line, "one\n");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub struct BufReader<R> {
        #[pin]
        pub(super) inner: R,
        pub(super) buf: Box<[u8]>,
        pub(super) start: usize,
        pub(super) end: usize,
        pub(super) seeking: Seeking,
    }
}

impl<R: AsyncRead> BufReader<R> {
    /// A buffer of 8 KiB.
    pub fn new(inner: R) -> BufReader<R> {
        BufReader::with_capacity(CAPACITY, inner)
    }

    /// A buffer of `capacity` bytes.
    ///
    /// # Panics
    /// If that is 0: nothing could ever be read.
    #[track_caller]
    pub fn with_capacity(capacity: usize, inner: R) -> BufReader<R> {
        assert!(capacity > 0, "capacity must be greater than zero");
        BufReader {
            inner,
            buf: vec![0; capacity].into_boxed_slice(),
            start: 0,
            end: 0,
            seeking: Seeking::No,
        }
    }
}

impl<R> BufReader<R> {
    /// The reader.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The reader; what is read from it directly is missing here.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The reader, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().inner
    }

    /// The reader back; what is in the buffer is lost.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// What is in the buffer; reads nothing.
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    /// A seek that was given up may have happened or not: the place is lost, and the buffer with it.
    fn forget_seek(self: Pin<&mut Self>) {
        let this = self.project();
        if !matches!(mem::take(this.seeking), Seeking::No) {
            (*this.start, *this.end) = (0, 0);
        }
    }
}

impl<R: AsyncRead> AsyncRead for BufReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.as_mut().forget_seek();
        if self.start == self.end && buf.remaining() >= self.buf.len() {
            return self.project().inner.poll_read(cx, buf);
        }
        let available = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = available.len().min(buf.remaining());
        buf.put_slice(&available[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncRead> AsyncBufRead for BufReader<R> {
    fn poll_fill_buf(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.as_mut().forget_seek();
        let this = self.project();
        if *this.start == *this.end {
            let mut buf = ReadBuf::new(this.buf);
            ready!(this.inner.poll_read(cx, &mut buf))?;
            let filled = buf.filled().len();
            assert!(filled <= this.buf.len(), "the reader exchanged the buffer");
            *this.start = 0;
            *this.end = filled;
        }
        Poll::Ready(Ok(&this.buf[*this.start..*this.end]))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.project();
        *this.start = this.start.saturating_add(amount).min(*this.end);
    }
}

impl<R: AsyncRead + AsyncSeek> AsyncSeek for BufReader<R> {
    /// The buffer is empty after a seek, even if the position is the same; one that fails leaves it.
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let this = self.project();
        let mut seeking = Seeking::There;
        let position = match position {
            SeekFrom::Current(offset) => {
                // The inner position is ahead by what stands in the buffer. An offset that cannot
                // say both is told in two.
                let ahead = (*this.end - *this.start) as i64;
                let sum = offset.checked_sub(ahead);
                if sum.is_none() {
                    seeking = Seeking::Back(offset);
                }
                SeekFrom::Current(sum.unwrap_or(-ahead))
            }
            absolute => absolute,
        };
        this.inner.start_seek(position)?;
        *this.seeking = seeking;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let mut this = self.project();
        loop {
            let outcome = ready!(this.inner.as_mut().poll_complete(cx));
            let seeking = mem::take(this.seeking);
            let position = outcome?;
            if !matches!(seeking, Seeking::No) {
                (*this.start, *this.end) = (0, 0);
            }
            let Seeking::Back(offset) = seeking else {
                return Poll::Ready(Ok(position));
            };
            this.inner.as_mut().start_seek(SeekFrom::Current(offset))?;
            *this.seeking = Seeking::There;
        }
    }
}

impl<R: AsyncRead + AsyncWrite> AsyncWrite for BufReader<R> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

impl<R: fmt::Debug> fmt::Debug for BufReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufReader")
            .field("reader", &self.inner)
            .field(
                "buffer",
                &format_args!("{}/{}", self.end - self.start, self.buf.len()),
            )
            .finish()
    }
}
