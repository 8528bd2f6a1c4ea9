//! A reader of nothing, a reader of one byte for ever, a writer to nowhere.
//!
//! All are always ready, so each operation takes a unit of the task's budget.

use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::budget::poll_unit;
use super::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf, slices};

/// At its end from the start, and takes whatever is written; made by [`empty`].
///
/// ```
/// use runtime::io::AsyncReadExt;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut text = String::new();
/// assert_eq!(runtime::io::empty().read_to_string(&mut text).await?, 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Empty(());

/// A reader without bytes, which also takes whatever is written.
pub fn empty() -> Empty {
    Empty(())
}

impl AsyncRead for Empty {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_unit(cx).map(Ok)
    }
}

impl AsyncBufRead for Empty {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        ready!(poll_unit(cx));
        Poll::Ready(Ok(&[]))
    }

    fn consume(self: Pin<&mut Self>, _amount: usize) {}
}

impl AsyncSeek for Empty {
    fn start_seek(self: Pin<&mut Self>, _position: SeekFrom) -> io::Result<()> {
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        ready!(poll_unit(cx));
        Poll::Ready(Ok(0))
    }
}

/// One byte, again and again; made by [`repeat`].
///
/// ```
/// use runtime::io::AsyncReadExt;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut bytes = [0; 3];
/// runtime::io::repeat(7).read_exact(&mut bytes).await?;
/// assert_eq!(bytes, [7; 3]);
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Repeat(u8);

/// A reader that never ends.
pub fn repeat(byte: u8) -> Repeat {
    Repeat(byte)
}

impl AsyncRead for Repeat {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(poll_unit(cx));
        let rest = buf.remaining();
        buf.initialize_unfilled().fill(self.0);
        buf.advance(rest);
        Poll::Ready(Ok(()))
    }
}

/// Takes whatever is written; made by [`sink`].
///
/// ```
/// use runtime::io::AsyncWriteExt;
///
/// # runtime::Runtime::new()?.block_on(async {
/// runtime::io::sink().write_all(b"gone").await?;
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Sink(());

/// A writer to nowhere.
pub fn sink() -> Sink {
    Sink(())
}

/// Everything is written at once, and gone.
macro_rules! swallow {
    ($($writer:ty),+) => {$(
        impl AsyncWrite for $writer {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                poll_unit(cx).map(|()| Ok(buf.len()))
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                poll_unit(cx).map(Ok)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                poll_unit(cx).map(Ok)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                poll_unit(cx).map(|()| Ok(slices::length(bufs)))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    )+};
}

swallow!(Empty, Sink);
