//! A reader, segment by segment.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::AsyncBufRead;
use super::futures::poll_read_until;

pin_project! {
    /// What stands between delimiters; from
    /// [`AsyncBufReadExt::split`](super::AsyncBufReadExt::split).
    ///
    /// ```
    /// use runtime::io::AsyncBufReadExt;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut parts = AsyncBufReadExt::split(&b"a,b"[..], b',');
    /// assert_eq!(parts.next_segment().await?.as_deref(), Some(&b"a"[..]));
    /// assert_eq!(parts.next_segment().await?.as_deref(), Some(&b"b"[..]));
    /// assert_eq!(parts.next_segment().await?, None);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "a split does nothing unless polled"]
    pub struct Split<R> {
        #[pin]
        reader: R,
        segment: Vec<u8>,
        delimiter: u8,
        read: usize,
    }
}

impl<R> Split<R> {
    pub(super) fn new(reader: R, delimiter: u8) -> Split<R> {
        Split {
            reader,
            segment: Vec::new(),
            delimiter,
            read: 0,
        }
    }
}

impl<R: AsyncBufRead> Split<R> {
    /// The next segment without its delimiter; `None` at the end.
    ///
    /// # Errors
    /// What the reader says.
    ///
    /// # Cancel safety
    /// Lossless: the part of a segment that was read is kept for the next call.
    ///
    /// ```
    /// use runtime::io::AsyncBufReadExt;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut parts = AsyncBufReadExt::split(&b"a,b"[..], b',');
    /// assert_eq!(parts.next_segment().await?.as_deref(), Some(&b"a"[..]));
    /// assert_eq!(parts.next_segment().await?.as_deref(), Some(&b"b"[..]));
    /// assert_eq!(parts.next_segment().await?, None);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn next_segment(&mut self) -> io::Result<Option<Vec<u8>>>
    where
        R: Unpin,
    {
        poll_fn(|cx| Pin::new(&mut *self).poll_next_segment(cx)).await
    }

    /// Polls for the next segment; see [`Split::next_segment`].
    ///
    /// # Errors
    /// As there.
    pub fn poll_next_segment(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Vec<u8>>>> {
        let this = self.project();
        let delimiter = *this.delimiter;
        let read = ready!(poll_read_until(
            this.reader,
            cx,
            delimiter,
            this.segment,
            this.read
        ))?;
        if read == 0 && this.segment.is_empty() {
            return Poll::Ready(Ok(None));
        }
        if this.segment.last() == Some(&delimiter) {
            this.segment.pop();
        }
        Poll::Ready(Ok(Some(mem::take(this.segment))))
    }
}
