//! A reader, line by line.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::AsyncBufRead;
use super::futures::poll_read_until;

pin_project! {
    /// The lines of a reader; from [`AsyncBufReadExt::lines`](super::AsyncBufReadExt::lines).
    ///
    /// ```
    /// use runtime::io::AsyncBufReadExt;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut lines = (&b"one\ntwo"[..]).lines();
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
    /// assert_eq!(lines.next_line().await?, None);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "lines do nothing unless polled"]
    pub struct Lines<R> {
        #[pin]
        reader: R,
        line: Vec<u8>,
        read: usize,
    }
}

impl<R> Lines<R> {
    pub(super) fn new(reader: R) -> Lines<R> {
        Lines {
            reader,
            line: Vec::new(),
            read: 0,
        }
    }

    /// The reader; what is read from it directly is missing from the lines.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The reader.
    pub fn get_ref(&mut self) -> &R {
        &self.reader
    }

    /// The reader back; the part of a line that was read already is lost.
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: AsyncBufRead> Lines<R> {
    /// The next line without its end (`\n` or `\r\n`); `None` at the end.
    ///
    /// # Errors
    /// `InvalidData` if the line is not UTF-8: the error holds a
    /// [`FromUtf8Error`](std::string::FromUtf8Error) with its bytes, and the next call goes on with
    /// the next line. What the reader says.
    ///
    /// # Cancel safety
    /// Lossless: the part of a line that was read is kept for the next call.
    ///
    /// ```
    /// use runtime::io::AsyncBufReadExt;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut lines = (&b"one\ntwo"[..]).lines();
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
    /// assert_eq!(lines.next_line().await?, None);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn next_line(&mut self) -> io::Result<Option<String>>
    where
        R: Unpin,
    {
        poll_fn(|cx| Pin::new(&mut *self).poll_next_line(cx)).await
    }

    /// Polls for the next line; see [`Lines::next_line`].
    ///
    /// # Errors
    /// As there.
    pub fn poll_next_line(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<String>>> {
        let this = self.project();
        let read = ready!(poll_read_until(
            this.reader,
            cx,
            b'\n',
            this.line,
            this.read
        ))?;
        if read == 0 && this.line.is_empty() {
            return Poll::Ready(Ok(None));
        }
        let mut line = mem::take(this.line);
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        Poll::Ready(text_of(line).map(Some))
    }
}

/// The bytes as text, or an error that gives them back.
fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
