//! The first bytes of a reader.
#![allow(
    unsafe_code,
    reason = "hands on what a reader has filled of a part of the buffer"
)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{AsyncBufRead, AsyncRead, ReadBuf};

pin_project! {
    /// Ends after a number of bytes; from [`AsyncReadExt::take`](super::AsyncReadExt::take).
    ///
    /// ```
    /// use runtime::io::AsyncReadExt;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut first = (&b"abcd"[..]).take(2);
    /// let mut text = String::new();
    /// first.read_to_string(&mut text).await?;
    /// assert_eq!(text, "ab");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    pub struct Take<R> {
        #[pin]
        inner: R,
        limit: u64,
    }
}

impl<R> Take<R> {
    pub(super) fn new(inner: R, limit: u64) -> Take<R> {
        Take { inner, limit }
    }

    /// How many bytes may still be read; there may be fewer.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Sets how many bytes may be read from now on.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// The reader.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The reader; what is read from it directly is not counted.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The reader, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().inner
    }

    /// The reader back.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: AsyncRead> AsyncRead for Take<R> {
    /// # Panics
    /// If the inner reader exchanges the buffer for another.
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        if *this.limit == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut part = buf.take(usize::try_from(*this.limit).unwrap_or(usize::MAX));
        let start = part.filled().as_ptr();
        ready!(this.inner.poll_read(cx, &mut part))?;
        assert_eq!(
            part.filled().as_ptr(),
            start,
            "the reader exchanged the buffer"
        );
        let filled = part.filled().len();
        // SAFETY: `part` is still the next unfilled part of `buf`, and has that many bytes filled.
        unsafe { buf.assume_init(filled) };
        buf.advance(filled);
        *this.limit -= filled as u64;
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead> AsyncBufRead for Take<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        if *this.limit == 0 {
            return Poll::Ready(Ok(&[]));
        }
        let available = ready!(this.inner.poll_fill_buf(cx))?;
        let within = usize::try_from(*this.limit)
            .unwrap_or(usize::MAX)
            .min(available.len());
        Poll::Ready(Ok(&available[..within]))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.project();
        let within = usize::try_from(*this.limit)
            .unwrap_or(usize::MAX)
            .min(amount);
        *this.limit -= within as u64;
        this.inner.consume(within);
    }
}
