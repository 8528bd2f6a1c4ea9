//! From a reader to a writer, until the end.
//!
//! While the reader has nothing, what was written is flushed: nobody waits for bytes that stand in
//! a buffer. While the writer takes nothing, the free part of the buffer is filled, so that reads
//! and writes overlap.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::budget::{interrupted, poll_uninterrupted, poll_unit, taken};
use super::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

/// Bytes under way at most, unless the caller says otherwise.
pub(super) const CAPACITY: usize = 8 * 1024;

/// Copies everything from `reader` to `writer`, flushes, and says how many bytes.
///
/// # Errors
/// What either says, but `Interrupted`, after which it tries again; `WriteZero` if no more can be
/// written. Bytes that were read and not written are lost.
///
/// # Cancel safety
/// Lossy: up to 8 KiB that were read and not written are lost.
///
/// # Fairness
/// Each lap takes a unit of the task's budget.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let mut copied = Vec::new();
/// let bytes = runtime::io::copy(&mut &b"abc"[..], &mut copied).await?;
/// assert_eq!((bytes, &copied[..]), (3, &b"abc"[..]));
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn copy<'a, R, W>(reader: &'a mut R, writer: &'a mut W) -> io::Result<u64>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut copy = Copy::new(CAPACITY);
    poll_fn(|cx| copy.poll(cx, Pin::new(&mut *reader), Pin::new(&mut *writer))).await
}

/// Copies everything from `reader`, out of its own buffer, to `writer`, flushes, and says how many
/// bytes.
///
/// # Errors
/// What either says, but `Interrupted`, after which it tries again; `WriteZero` if no more can be
/// written. Bytes that were not written stay in the reader.
///
/// # Cancel safety
/// Resumable: bytes that were not written stay in the reader.
///
/// # Fairness
/// Each lap takes a unit of the task's budget.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let mut copied = Vec::new();
/// let bytes = runtime::io::copy_buf(&mut &b"abc"[..], &mut copied).await?;
/// assert_eq!((bytes, &copied[..]), (3, &b"abc"[..]));
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn copy_buf<'a, R, W>(reader: &'a mut R, writer: &'a mut W) -> io::Result<u64>
where
    R: AsyncBufRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut copied = 0;
    let mut unflushed = false;
    poll_fn(|cx| {
        loop {
            ready!(poll_unit(cx));
            let filled = Pin::new(&mut *reader).poll_fill_buf(cx);
            if interrupted(&filled) {
                continue;
            }
            let available = match filled? {
                Poll::Ready(available) => available,
                Poll::Pending => return poll_idle(Pin::new(&mut *writer), cx, &mut unflushed),
            };
            if available.is_empty() {
                ready!(Pin::new(&mut *writer).poll_flush(cx))?;
                return Poll::Ready(Ok(copied));
            }
            let written = ready!(poll_uninterrupted(cx, |cx| {
                Pin::new(&mut *writer).poll_write(cx, available)
            }))?;
            let written = taken(written, available.len());
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            unflushed = true;
            copied += written as u64;
            Pin::new(&mut *reader).consume(written);
        }
    })
    .await
}

/// The reader has nothing: what was written shall arrive.
fn poll_idle<W: AsyncWrite + ?Sized, T>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    unflushed: &mut bool,
) -> Poll<io::Result<T>> {
    if *unflushed {
        ready!(writer.poll_flush(cx))?;
        *unflushed = false;
    }
    Poll::Pending
}

/// A copy under way: `buf[start..end]` was read and not yet written.
pub(super) struct Copy {
    buf: Box<[u8]>,
    start: usize,
    end: usize,
    copied: u64,
    ended: bool,
    unflushed: bool,
}

impl Copy {
    pub(super) fn new(capacity: usize) -> Copy {
        let buf = vec![0; capacity].into_boxed_slice();
        Copy {
            buf,
            start: 0,
            end: 0,
            copied: 0,
            ended: false,
            unflushed: false,
        }
    }

    /// `Ready` when everything up to the reader's end was written and flushed.
    pub(super) fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        loop {
            ready!(poll_unit(cx));
            let read = self.poll_fill(cx, reader.as_mut())?;
            while self.start < self.end {
                let given = self.end - self.start;
                let written = ready!(self.poll_write(cx, reader.as_mut(), writer.as_mut()))?;
                let written = taken(written, given);
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.start += written;
                self.copied += written as u64;
                self.unflushed = true;
            }
            if self.ended {
                ready!(writer.as_mut().poll_flush(cx))?;
                return Poll::Ready(Ok(self.copied));
            }
            if read.is_pending() {
                return poll_idle(writer.as_mut(), cx, &mut self.unflushed);
            }
        }
    }

    /// Writes once; if the writer takes nothing, reads meanwhile.
    fn poll_write<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<usize>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        let bytes = &self.buf[self.start..self.end];
        let outcome = poll_uninterrupted(cx, |cx| writer.as_mut().poll_write(cx, bytes));
        if outcome.is_pending() {
            // Whatever comes of it is seen by the next poll: progress wakes nobody, so the task
            // polls itself again.
            if self.poll_fill(cx, reader)?.is_ready() && !self.ended && self.end < self.buf.len() {
                cx.waker().wake_by_ref();
            }
        }
        outcome
    }

    /// Reads once into the free part; `Ready` if there was none, or the end has come.
    fn poll_fill<R: AsyncRead + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
    ) -> Poll<io::Result<()>> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        if self.ended || self.end == self.buf.len() {
            return Poll::Ready(Ok(()));
        }
        let mut buf = ReadBuf::new(&mut self.buf[self.end..]);
        ready!(poll_uninterrupted(cx, |cx| reader
            .as_mut()
            .poll_read(cx, &mut buf)))?;
        let filled = buf.filled().len();
        assert!(
            filled <= self.buf.len() - self.end,
            "the reader exchanged the buffer"
        );
        self.end += filled;
        self.ended = filled == 0;
        Poll::Ready(Ok(()))
    }
}
