//! Reading text, of which bytes come that need not be any.
//!
//! Bytes are collected apart and become text only as a whole. If they are none, the text they were
//! to be added to is untouched, and the error gives them back: it holds a
//! [`FromUtf8Error`](std::string::FromUtf8Error). If the read fails or is given up before its end,
//! as much as is valid text is added, so that only an incomplete character is lost.

use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::read_until::poll_read_until;
use crate::io::AsyncBufRead;

/// The bytes as text, or an error that holds them.
pub(in crate::io) fn utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Adds what is valid of the bytes of a read that came to no end.
pub(super) fn keep_valid(bytes: Vec<u8>, output: &mut String) {
    if let Some(valid) = bytes.utf8_chunks().next() {
        output.push_str(valid.valid());
    }
}

pin_project! {
    /// Future of [`AsyncBufReadExt::read_line`](crate::io::AsyncBufReadExt::read_line); holds what
    /// it has read until the line's end.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadLine<'a, R: ?Sized> {
        pub(in crate::io) reader: &'a mut R,
        pub(in crate::io) output: &'a mut String,
        pub(in crate::io) bytes: Vec<u8>,
        pub(in crate::io) read: usize,
        #[pin]
        pub(in crate::io) pinned: PhantomPinned,
    }

    impl<R: ?Sized> PinnedDrop for ReadLine<'_, R> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            keep_valid(mem::take(this.bytes), this.output);
        }
    }
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadLine<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.project();
        if this.bytes.capacity() == 0 && this.output.is_empty() {
            // The usual case, a string that is cleared for each line: its memory is used again.
            *this.bytes = mem::take(*this.output).into_bytes();
        }
        let reader = Pin::new(&mut **this.reader);
        let read = ready!(poll_read_until(reader, cx, b'\n', this.bytes, this.read))?;
        let text = utf8(mem::take(this.bytes))?;
        if this.output.is_empty() {
            **this.output = text;
        } else {
            this.output.push_str(&text);
        }
        Poll::Ready(Ok(read))
    }
}
