//! Reading all that comes.
#![allow(unsafe_code, reason = "counts what a reader has filled of a vector")]

use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::read_line::{append_utf8, keep_valid};
use crate::io::AsyncRead;
use crate::io::ReadBuf;
use crate::io::budget::{Laps, interrupted};

/// Room that is made when there is less: the vector itself grows by doubling.
const ROOM: usize = 32;

/// A vector's filling under way.
#[derive(Debug)]
pub(in crate::io) struct Filling {
    read: usize,
    /// The capacity that the vector was given with.
    given: usize,
    /// Bytes behind the vector's end that a reader has initialised.
    initialized: usize,
}

impl Filling {
    pub(in crate::io) fn of(buf: &Vec<u8>) -> Filling {
        Filling {
            read: 0,
            given: buf.capacity(),
            initialized: 0,
        }
    }

    /// Reads until the end; the count is over all calls.
    fn poll<R: AsyncRead + ?Sized>(
        &mut self,
        mut reader: Pin<&mut R>,
        cx: &mut Context<'_>,
        buf: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        let mut laps = Laps::default();
        loop {
            ready!(laps.poll_next(cx));
            let outcome = self.poll_once(reader.as_mut(), cx, buf);
            if interrupted(&outcome) {
                continue;
            }
            let now = ready!(outcome)?;
            if now == 0 {
                return Poll::Ready(Ok(mem::take(&mut self.read)));
            }
            self.read += now;
        }
    }

    fn poll_once<R: AsyncRead + ?Sized>(
        &mut self,
        reader: Pin<&mut R>,
        cx: &mut Context<'_>,
        buf: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        if buf.capacity() - buf.len() < ROOM {
            // A vector that was given with just the right capacity shall not double it for the sake
            // of the end.
            if buf.capacity() == self.given && buf.capacity() >= ROOM {
                // What it appends is counted nowhere.
                self.initialized = 0;
                return poll_probe(reader, cx, buf);
            }
            buf.reserve(ROOM);
            self.initialized = 0;
        }
        let mut part = ReadBuf::uninit(buf.spare_capacity_mut());
        // SAFETY: a `ReadBuf` over this very place has counted them.
        unsafe { part.assume_init(self.initialized) };
        let start = part.filled().as_ptr();
        ready!(reader.poll_read(cx, &mut part))?;
        assert_eq!(
            part.filled().as_ptr(),
            start,
            "the reader exchanged the buffer"
        );
        let filled = part.filled().len();
        self.initialized = part.initialized().len() - filled;
        let length = buf.len() + filled;
        // SAFETY: that many bytes behind the end are initialised: the part counts no others, and it
        // is still the one that was made above.
        unsafe { buf.set_len(length) };
        Poll::Ready(Ok(filled))
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
        pub(in crate::io) filling: Filling,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        let reader = Pin::new(&mut **this.reader);
        this.filling.poll(reader, cx, this.buf)
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
        pub(in crate::io) filling: Filling,
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
        let outcome = ready!(this.filling.poll(reader, cx, this.bytes));
        // If the read failed, the text is as before.
        let bytes = mem::take(this.bytes);
        let read = outcome?;
        append_utf8(this.output, bytes)?;
        Poll::Ready(Ok(read))
    }
}
