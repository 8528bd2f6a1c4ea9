//! Reading up to a delimiter, and looking into the buffer.

use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::io::AsyncBufRead;
use crate::io::budget::{Laps, interrupted};
use crate::io::find::find;

/// Appends bytes up to and with the delimiter, or the end; `read` counts over all calls.
pub(in crate::io) fn poll_read_until<R: AsyncBufRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    delimiter: u8,
    buf: &mut Vec<u8>,
    read: &mut usize,
) -> Poll<io::Result<usize>> {
    let mut laps = Laps::default();
    loop {
        ready!(laps.poll_next(cx));
        let outcome = reader.as_mut().poll_fill_buf(cx);
        if interrupted(&outcome) {
            continue;
        }
        let available = ready!(outcome)?;
        let found = find(delimiter, available);
        let used = found.map_or(available.len(), |index| index + 1);
        buf.extend_from_slice(&available[..used]);
        reader.as_mut().consume(used);
        *read += used;
        if found.is_some() || used == 0 {
            return Poll::Ready(Ok(mem::take(read)));
        }
    }
}

pin_project! {
    /// Future of [`AsyncBufReadExt::read_until`](crate::io::AsyncBufReadExt::read_until).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadUntil<'a, R: ?Sized> {
        pub(in crate::io) reader: &'a mut R,
        pub(in crate::io) delimiter: u8,
        pub(in crate::io) buf: &'a mut Vec<u8>,
        pub(in crate::io) read: usize,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadUntil<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        let reader = Pin::new(&mut **this.reader);
        poll_read_until(reader, cx, *this.delimiter, this.buf, this.read)
    }
}

pin_project! {
    /// Future of [`AsyncBufReadExt::fill_buf`](crate::io::AsyncBufReadExt::fill_buf).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct FillBuf<'a, R: ?Sized> {
        pub(in crate::io) reader: Option<&'a mut R>,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<'a, R: AsyncBufRead + Unpin + ?Sized> Future for FillBuf<'a, R> {
    type Output = io::Result<&'a [u8]>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&'a [u8]>> {
        let slot = self.project().reader;
        let reader = slot.take().expect("polled after completion");
        match Pin::new(&mut *reader).poll_fill_buf(cx) {
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => {
                *slot = Some(reader);
                return Poll::Pending;
            }
        }
        // Asked again for the whole lifetime: a filled buffer is shown without reading.
        match Pin::new(reader).poll_fill_buf(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => Poll::Ready(Ok(&[])),
        }
    }
}
