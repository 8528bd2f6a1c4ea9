//! Reading once, and reading until a buffer is full.
#![allow(
    unsafe_code,
    reason = "tells a foreign buffer how much of it a reader has filled"
)]

use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BufMut;
use pin_project_lite::pin_project;

use crate::io::budget::{Laps, interrupted};
use crate::io::{AsyncRead, ReadBuf};

pin_project! {
    /// Future of [`AsyncReadExt::read`](crate::io::AsyncReadExt::read).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Read<'a, R: ?Sized> {
        pub(in crate::io) reader: &'a mut R,
        pub(in crate::io) buf: &'a mut [u8],
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for Read<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        let mut buf = ReadBuf::new(this.buf);
        ready!(Pin::new(&mut **this.reader).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

pin_project! {
    /// Future of [`AsyncReadExt::read_exact`](crate::io::AsyncReadExt::read_exact).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadExact<'a, R: ?Sized> {
        pub(in crate::io) reader: &'a mut R,
        pub(in crate::io) buf: ReadBuf<'a>,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        let mut laps = Laps::default();
        while this.buf.remaining() > 0 {
            ready!(laps.poll_next(cx));
            let before = this.buf.remaining();
            let outcome = Pin::new(&mut **this.reader).poll_read(cx, this.buf);
            if interrupted(&outcome) {
                continue;
            }
            ready!(outcome)?;
            if this.buf.remaining() == before {
                return Poll::Ready(Err(early_end()));
            }
        }
        Poll::Ready(Ok(this.buf.capacity()))
    }
}

pub(super) fn early_end() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended early")
}

pin_project! {
    /// Future of [`AsyncReadExt::read_buf`](crate::io::AsyncReadExt::read_buf).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadIntoBuf<'a, R: ?Sized, B: ?Sized> {
        pub(in crate::io) reader: &'a mut R,
        pub(in crate::io) buf: &'a mut B,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<R, B> Future for ReadIntoBuf<'_, R, B>
where
    R: AsyncRead + Unpin + ?Sized,
    B: BufMut + ?Sized,
{
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        poll_read_buf(Pin::new(&mut **this.reader), cx, *this.buf)
    }
}

/// Reads once into the next free part of a growing buffer.
pub(super) fn poll_read_buf<R, B>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut B,
) -> Poll<io::Result<usize>>
where
    R: AsyncRead + ?Sized,
    B: BufMut + ?Sized,
{
    if !buf.has_remaining_mut() {
        return Poll::Ready(Ok(0));
    }
    match fill(buf, |part| match reader.poll_read(cx, part) {
        Poll::Ready(outcome) => outcome.map(Poll::Ready),
        Poll::Pending => Ok(Poll::Pending),
    }) {
        Ok((Poll::Ready(()), read)) => Poll::Ready(Ok(read)),
        Ok((Poll::Pending, _)) => Poll::Pending,
        Err(error) => Poll::Ready(Err(error)),
    }
}

/// Lets `read` fill the next free part of `buf`, and counts what it filled.
///
/// # Panics
/// If `read` put another buffer in the place of the one that it was given.
pub(crate) fn fill<B: BufMut + ?Sized, T>(
    buf: &mut B,
    read: impl FnOnce(&mut ReadBuf<'_>) -> io::Result<T>,
) -> io::Result<(T, usize)> {
    let chunk = buf.chunk_mut();
    // SAFETY: the slice is only filled, through a `ReadBuf`, never made less initialised.
    let chunk = unsafe { chunk.as_uninit_slice_mut() };
    let mut part = ReadBuf::uninit(chunk);
    let start = part.filled().as_ptr();
    let value = read(&mut part)?;
    assert_eq!(
        part.filled().as_ptr(),
        start,
        "the reader exchanged the buffer"
    );
    let filled = part.filled().len();
    // SAFETY: `filled` bytes of this very chunk are initialised: `ReadBuf` counts no others, and it
    // is still the one that was made above.
    unsafe { buf.advance_mut(filled) };
    Ok((value, filled))
}
