//! Writing once, writing all, and bringing it to an end.

use std::future::Future;
use std::io::{self, IoSlice};
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use pin_project_lite::pin_project;

use crate::io::AsyncWrite;
use crate::io::budget::{Laps, interrupted, taken};

/// Slices of a buffer that one vectored write takes at most.
const SLICES: usize = 64;

pin_project! {
    /// Future of [`AsyncWriteExt::write`](crate::io::AsyncWriteExt::write).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Write<'a, W: ?Sized> {
        pub(in crate::io) writer: &'a mut W,
        pub(in crate::io) buf: &'a [u8],
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Write<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        Pin::new(&mut **this.writer).poll_write(cx, this.buf)
    }
}

pin_project! {
    /// Future of [`AsyncWriteExt::write_vectored`](crate::io::AsyncWriteExt::write_vectored).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WriteVectored<'a, 'b, W: ?Sized> {
        pub(in crate::io) writer: &'a mut W,
        pub(in crate::io) bufs: &'a [IoSlice<'b>],
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteVectored<'_, '_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        Pin::new(&mut **this.writer).poll_write_vectored(cx, this.bufs)
    }
}

pin_project! {
    /// Future of [`AsyncWriteExt::write_buf`](crate::io::AsyncWriteExt::write_buf).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WriteBuf<'a, W: ?Sized, B: ?Sized> {
        pub(in crate::io) writer: &'a mut W,
        pub(in crate::io) buf: &'a mut B,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<W, B> Future for WriteBuf<'_, W, B>
where
    W: AsyncWrite + Unpin + ?Sized,
    B: Buf + ?Sized,
{
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        poll_write_buf(Pin::new(&mut **this.writer), cx, *this.buf)
    }
}

/// Writes once from the front of a buffer, and takes out what was written.
fn poll_write_buf<W, B>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    buf: &mut B,
) -> Poll<io::Result<usize>>
where
    W: AsyncWrite + ?Sized,
    B: Buf + ?Sized,
{
    if !buf.has_remaining() {
        return Poll::Ready(Ok(0));
    }
    let written = if writer.is_write_vectored() {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let count = buf.chunks_vectored(&mut slices);
        ready!(writer.poll_write_vectored(cx, &slices[..count]))?
    } else {
        ready!(writer.poll_write(cx, buf.chunk()))?
    };
    buf.advance(taken(written, buf.remaining()));
    Poll::Ready(Ok(written))
}

pin_project! {
    /// Future of [`AsyncWriteExt::write_all`](crate::io::AsyncWriteExt::write_all).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WriteAll<'a, W: ?Sized> {
        pub(in crate::io) writer: &'a mut W,
        pub(in crate::io) buf: &'a [u8],
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let mut laps = Laps::default();
        while !this.buf.is_empty() {
            ready!(laps.poll_next(cx));
            let outcome = Pin::new(&mut **this.writer).poll_write(cx, this.buf);
            if interrupted(&outcome) {
                continue;
            }
            let written = taken(ready!(outcome)?, this.buf.len());
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let (_, left) = mem::take(this.buf).split_at(written);
            *this.buf = left;
        }
        Poll::Ready(Ok(()))
    }
}

pin_project! {
    /// Future of [`AsyncWriteExt::write_all_buf`](crate::io::AsyncWriteExt::write_all_buf).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WriteAllBuf<'a, W: ?Sized, B: ?Sized> {
        pub(in crate::io) writer: &'a mut W,
        pub(in crate::io) buf: &'a mut B,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<W, B> Future for WriteAllBuf<'_, W, B>
where
    W: AsyncWrite + Unpin + ?Sized,
    B: Buf + ?Sized,
{
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let mut laps = Laps::default();
        while this.buf.has_remaining() {
            ready!(laps.poll_next(cx));
            let writer = Pin::new(&mut **this.writer);
            let outcome = poll_write_buf(writer, cx, *this.buf);
            if interrupted(&outcome) {
                continue;
            }
            if ready!(outcome)? == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

pin_project! {
    /// Future of [`AsyncWriteExt::flush`](crate::io::AsyncWriteExt::flush).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Flush<'a, W: ?Sized> {
        pub(in crate::io) writer: &'a mut W,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self.project().writer).poll_flush(cx)
    }
}

pin_project! {
    /// Future of [`AsyncWriteExt::shutdown`](crate::io::AsyncWriteExt::shutdown).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Shutdown<'a, W: ?Sized> {
        pub(in crate::io) writer: &'a mut W,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Shutdown<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self.project().writer).poll_shutdown(cx)
    }
}
