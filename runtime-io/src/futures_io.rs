//! Streams for crates that are written against `futures-io`, and theirs for us.
//!
//! Its traits and ours say the same in two ways: it reads into a slice and gives a count, we fill a
//! [`ReadBuf`], which may begin uninitialised; it closes where we shut down; it seeks in one call,
//! we in two.
//!
//! 1. Our types implement its traits themselves (`types`): they can be handed on as they are. Who
//!    imports the extension methods of both has to say which ones are meant.
//! 2. [`FuturesIo`] goes around anything of one family and is of the other.
//!
//! Seeking goes through [`FuturesIo`] alone: a call of the one family is two of the other, and
//! what was begun has to be kept in between.
//!
//! Rejected: an implementation of one family's traits for everything that has the other's. Both
//! directions would overlap, and one could not be made by a type's owner any more.

use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io as foreign;
use pin_project_lite::pin_project;

use crate::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

mod types;

pin_project! {
    /// Goes around a stream of `futures-io` and is one of ours, or the other way round.
    ///
    /// ```
    /// use runtime::io::{AsyncReadExt, FuturesIo};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// // Any reader of a crate that knows `futures-io` only.
    /// let foreign = futures::io::Cursor::new("some text");
    /// let mut reader = FuturesIo::new(foreign);
    /// let mut text = String::new();
    /// reader.read_to_string(&mut text).await?;
    /// assert_eq!(text, "some text");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    pub struct FuturesIo<T> {
        #[pin]
        inner: T,
        // Where to, of a seek that was begun and has not ended.
        seeking: Option<SeekFrom>,
    }
}

impl<T> FuturesIo<T> {
    /// Goes around this stream.
    pub fn new(inner: T) -> FuturesIo<T> {
        FuturesIo {
            inner,
            seeking: None,
        }
    }

    /// The stream.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The stream; what is done to it directly, nobody else notices.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// The stream, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut T> {
        self.project().inner
    }

    /// The stream back.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// A read of ours into their kind of buffer.
fn read_into<R: AsyncRead + ?Sized>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    bytes: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(bytes);
    ready!(reader.poll_read(cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}

impl<T: AsyncRead> foreign::AsyncRead for FuturesIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        read_into(self.project().inner, cx, bytes)
    }
}

impl<T: AsyncBufRead> foreign::AsyncBufRead for FuturesIo<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.project().inner.consume(amount);
    }
}

impl<T: AsyncWrite> foreign::AsyncWrite for FuturesIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

impl<T: AsyncSeek> foreign::AsyncSeek for FuturesIo<T> {
    /// # Cancel safety
    /// A call that is given up has begun to move. The same call again ends it; another one waits
    /// for its end first.
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        position: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        let mut this = self.project();
        if *this.seeking != Some(position) {
            ready!(this.inner.as_mut().poll_complete(cx))?;
            *this.seeking = None;
            this.inner.as_mut().start_seek(position)?;
            *this.seeking = Some(position);
        }
        let reached = ready!(this.inner.poll_complete(cx));
        *this.seeking = None;
        Poll::Ready(reached)
    }
}

impl<T: foreign::AsyncRead> AsyncRead for FuturesIo<T> {
    /// # Panics
    /// Panics if the reader says that it has read more than there was room for.
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // It may look at what it is given: there must be something to see.
        let bytes = buffer.initialize_unfilled();
        let read = ready!(self.project().inner.poll_read(cx, bytes))?;
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl<T: foreign::AsyncBufRead> AsyncBufRead for FuturesIo<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.project().inner.consume(amount);
    }
}

impl<T: foreign::AsyncWrite> AsyncWrite for FuturesIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(cx)
    }
}

impl<T: foreign::AsyncSeek> AsyncSeek for FuturesIo<T> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        *self.project().seeking = Some(position);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.project();
        let position = this.seeking.unwrap_or(SeekFrom::Current(0));
        let reached = ready!(this.inner.poll_seek(cx, position));
        *this.seeking = None;
        Poll::Ready(reached)
    }
}

#[cfg(test)]
mod tests;
