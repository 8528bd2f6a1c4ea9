//! Reading all that comes.

use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::read::poll_read_buf;
use super::read_line::{keep_valid, utf8};
use crate::io::AsyncRead;
use crate::io::ReadBuf;
use crate::io::budget::Laps;

/// Room that is made when there is none: the vector itself grows by doubling.
const ROOM: usize = 32;

/// Reads into a vector until the end; `read` counts over all calls.
pub(super) fn poll_read_to_end<R: AsyncRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut Vec<u8>,
    read: &mut usize,
) -> Poll<io::Result<usize>> {
    let mut laps = Laps::default();
    loop {
        ready!(laps.poll_next(cx));
        // A vector that was given with just the right capacity shall not double it for the sake of
        // the end.
        let full = buf.len() == buf.capacity();
        let now = if full && buf.capacity() >= ROOM {
            ready!(poll_probe(reader.as_mut(), cx, buf))?
        } else {
            if full {
                buf.reserve(ROOM);
            }
            ready!(poll_read_buf(reader.as_mut(), cx, buf))?
        };
        if now == 0 {
            return Poll::Ready(Ok(mem::take(read)));
        }
        *read += now;
    }
}

/// Reads a little into the stack, and appends it.
fn poll_probe<R: AsyncRead + ?Sized>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut Vec<u8>,
) -> Poll<io::Result<usize>> {
    let mut bytes = [mem::MaybeUninit::uninit(); ROOM];
    let mut probe = ReadBuf::uninit(&mut bytes);
    ready!(reader.poll_read(cx, &mut probe))?;
    buf.extend_from_slice(probe.filled());
    Poll::Ready(Ok(probe.filled().len()))
}

pin_project! {
    /// Future of [`AsyncReadExt::read_to_end`](crate::io::AsyncReadExt::read_to_end).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadToEnd<'a, R: ?Sized> {
        pub(in crate::io) reader: &'a mut R,
        pub(in crate::io) buf: &'a mut Vec<u8>,
        pub(in crate::io) read: usize,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        poll_read_to_end(Pin::new(&mut **this.reader), cx, this.buf, this.read)
    }
}

pin_project! {
    /// Future of [`AsyncReadExt::read_to_string`](crate::io::AsyncReadExt::read_to_string); holds
    /// what it has read until the end.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadToString<'a, R: ?Sized> {
        pub(in crate::io) reader: &'a mut R,
        pub(in crate::io) output: &'a mut String,
        pub(in crate::io) bytes: Vec<u8>,
        pub(in crate::io) read: usize,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }

    impl<R: ?Sized> PinnedDrop for ReadToString<'_, R> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            keep_valid(mem::take(this.bytes), this.output);
        }
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToString<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        let reader = Pin::new(&mut **this.reader);
        let read = ready!(poll_read_to_end(reader, cx, this.bytes, this.read))?;
        let text = utf8(mem::take(this.bytes))?;
        this.output.push_str(&text);
        Poll::Ready(Ok(read))
    }
}
