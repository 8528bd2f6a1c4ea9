//! Reading text, of which bytes come that need not be any.
//!
//! Bytes are collected apart and become text only as a whole. If they are none, the text they were
//! to be added to is untouched, and the error holds a [`Utf8Error`](std::str::Utf8Error) that counts
//! from the beginning of that text. If the read is given up before its end, as much as is valid is
//! added, so that only an incomplete character is lost.

use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::str::{self, Utf8Error};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::read_until::poll_read_until;
use crate::io::AsyncBufRead;

/// Appends the bytes, if they are text; the error counts from the beginning of `output`.
pub(super) fn append_utf8(output: &mut String, bytes: Vec<u8>) -> io::Result<()> {
    match String::from_utf8(bytes) {
        Ok(text) if output.is_empty() => *output = text,
        Ok(text) => output.push_str(&text),
        Err(error) => {
            let all = [output.as_bytes(), error.as_bytes()].concat();
            str::from_utf8(&all).map_err(invalid)?;
        }
    }
    Ok(())
}

fn invalid(error: Utf8Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
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
        let read = ready!(poll_read_until(reader, cx, b'\n', this.bytes, this.read));
        // If the read failed, its error is told, and the bytes are added only if all are text.
        let appended = append_utf8(this.output, mem::take(this.bytes));
        Poll::Ready(read.and_then(|read| appended.map(|()| read)))
    }
}
