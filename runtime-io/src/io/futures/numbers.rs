//! Numbers of a fixed size, in either order of bytes.

use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::read::early_end;
use crate::io::budget::{poll_uninterrupted, taken};
use crate::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A future pair for each number: `Read…` and `Write…`, and how its bytes are made.
macro_rules! numbers {
    ($($read:ident, $write:ident: $number:ty, $from:ident, $to:ident;)+) => {$(
        pin_project! {
            #[doc = concat!("Future that reads one `", stringify!($number), "`.")]
            #[derive(Debug)]
            #[must_use = "futures do nothing unless polled"]
            pub struct $read<R> {
                #[pin]
                reader: R,
                bytes: [u8; size_of::<$number>()],
                done: u8,
                #[pin]
                pinned: PhantomPinned,
            }
        }

        impl<R> $read<R> {
            pub(in crate::io) fn new(reader: R) -> $read<R> {
                let bytes = [0; size_of::<$number>()];
                $read { reader, bytes, done: 0, pinned: PhantomPinned }
            }
        }

        impl<R: AsyncRead> Future for $read<R> {
            type Output = io::Result<$number>;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<$number>> {
                let this = self.project();
                ready!(poll_read_bytes(this.reader, cx, this.bytes, this.done))?;
                Poll::Ready(Ok(<$number>::$from(*this.bytes)))
            }
        }

        pin_project! {
            #[doc = concat!("Future that writes one `", stringify!($number), "`.")]
            #[derive(Debug)]
            #[must_use = "futures do nothing unless polled"]
            pub struct $write<W> {
                #[pin]
                writer: W,
                bytes: [u8; size_of::<$number>()],
                done: u8,
                #[pin]
                pinned: PhantomPinned,
            }
        }

        impl<W> $write<W> {
            pub(in crate::io) fn new(writer: W, number: $number) -> $write<W> {
                $write { writer, bytes: number.$to(), done: 0, pinned: PhantomPinned }
            }
        }

        impl<W: AsyncWrite> Future for $write<W> {
            type Output = io::Result<()>;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let this = self.project();
                poll_write_bytes(this.writer, cx, this.bytes, this.done)
            }
        }
    )+};
}

fn poll_read_bytes<R: AsyncRead>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    bytes: &mut [u8],
    done: &mut u8,
) -> Poll<io::Result<()>> {
    // At most sixteen laps.
    while usize::from(*done) < bytes.len() {
        let mut buf = ReadBuf::new(&mut bytes[usize::from(*done)..]);
        ready!(poll_uninterrupted(cx, |cx| reader
            .as_mut()
            .poll_read(cx, &mut buf)))?;
        let read = buf.filled().len();
        if read == 0 {
            return Poll::Ready(Err(early_end()));
        }
        let room = bytes.len() - usize::from(*done);
        assert!(read <= room, "the reader exchanged the buffer");
        *done += read as u8;
    }
    Poll::Ready(Ok(()))
}

fn poll_write_bytes<W: AsyncWrite>(
    mut writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    bytes: &[u8],
    done: &mut u8,
) -> Poll<io::Result<()>> {
    // At most sixteen laps.
    while usize::from(*done) < bytes.len() {
        let rest = &bytes[usize::from(*done)..];
        let written = ready!(poll_uninterrupted(cx, |cx| writer
            .as_mut()
            .poll_write(cx, rest)))?;
        let written = taken(written, rest.len());
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        *done += written as u8;
    }
    Poll::Ready(Ok(()))
}

numbers! {
    ReadU8, WriteU8: u8, from_be_bytes, to_be_bytes;
    ReadI8, WriteI8: i8, from_be_bytes, to_be_bytes;
    ReadU16, WriteU16: u16, from_be_bytes, to_be_bytes;
    ReadI16, WriteI16: i16, from_be_bytes, to_be_bytes;
    ReadU32, WriteU32: u32, from_be_bytes, to_be_bytes;
    ReadI32, WriteI32: i32, from_be_bytes, to_be_bytes;
    ReadU64, WriteU64: u64, from_be_bytes, to_be_bytes;
    ReadI64, WriteI64: i64, from_be_bytes, to_be_bytes;
    ReadU128, WriteU128: u128, from_be_bytes, to_be_bytes;
    ReadI128, WriteI128: i128, from_be_bytes, to_be_bytes;
    ReadF32, WriteF32: f32, from_be_bytes, to_be_bytes;
    ReadF64, WriteF64: f64, from_be_bytes, to_be_bytes;
    ReadU16Le, WriteU16Le: u16, from_le_bytes, to_le_bytes;
    ReadI16Le, WriteI16Le: i16, from_le_bytes, to_le_bytes;
    ReadU32Le, WriteU32Le: u32, from_le_bytes, to_le_bytes;
    ReadI32Le, WriteI32Le: i32, from_le_bytes, to_le_bytes;
    ReadU64Le, WriteU64Le: u64, from_le_bytes, to_le_bytes;
    ReadI64Le, WriteI64Le: i64, from_le_bytes, to_le_bytes;
    ReadU128Le, WriteU128Le: u128, from_le_bytes, to_le_bytes;
    ReadI128Le, WriteI128Le: i128, from_le_bytes, to_le_bytes;
    ReadF32Le, WriteF32Le: f32, from_le_bytes, to_le_bytes;
    ReadF64Le, WriteF64Le: f64, from_le_bytes, to_le_bytes;
}
