//! What one calls on a reader.

use std::marker::PhantomPinned;

use bytes::BufMut;

use super::{AsyncRead, Chain, ReadBuf, Take, futures};

/// One method a number.
macro_rules! numbers {
    ($($method:ident -> futures::$future:ident;)+) => {$(
        /// Reads one number; big-endian, unless the name ends in `_le`.
        ///
        /// # Errors
        /// `UnexpectedEof` at an end before or within it; what the reader says.
        ///
        /// # Cancel safety
        /// Lossy: bytes that were read already are lost. One byte is.
        fn $method(&mut self) -> futures::$future<&mut Self>
        where
            Self: Unpin,
        {
            futures::$future::new(self)
        }
    )+};
}

/// Methods of every [`AsyncRead`].
pub trait AsyncReadExt: AsyncRead {
    /// A reader that goes on with `next` where this one ends.
    fn chain<R>(self, next: R) -> Chain<Self, R>
    where
        Self: Sized,
        R: AsyncRead,
    {
        Chain::new(self, next)
    }

    /// Reads what there is, once, and says how many bytes; zero means the end, or an empty buffer.
    ///
    /// # Errors
    /// What the reader says; nothing was read then.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was read.
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> futures::Read<'a, Self>
    where
        Self: Unpin,
    {
        futures::Read {
            reader: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Reads what there is, once, into the free part of a buffer that may grow, and says how many
    /// bytes.
    ///
    /// # Errors
    /// What the reader says; nothing was read then.
    ///
    /// # Panics
    /// If the reader exchanges the buffer for another.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was read.
    fn read_buf<'a, B>(&'a mut self, buf: &'a mut B) -> futures::ReadIntoBuf<'a, Self, B>
    where
        Self: Unpin,
        B: BufMut + ?Sized,
    {
        futures::ReadIntoBuf {
            reader: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Reads until the buffer is full, and gives its length.
    ///
    /// # Errors
    /// `UnexpectedEof` if the end comes first; what the reader says. What was read until
    /// then stands in the buffer.
    ///
    /// # Cancel safety
    /// Lossy: what was read stands in the buffer, but how much is lost.
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> futures::ReadExact<'a, Self>
    where
        Self: Unpin,
    {
        futures::ReadExact {
            reader: self,
            buf: ReadBuf::new(buf),
            pinned: PhantomPinned,
        }
    }

    /// Appends all bytes until the end, and says how many.
    ///
    /// # Errors
    /// What the reader says. What was read until then stays in the vector.
    ///
    /// # Cancel safety
    /// Resumable: what was read stays in the vector.
    ///
    /// # Fairness
    /// Each read after the first takes a unit of the task's budget.
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> futures::ReadToEnd<'a, Self>
    where
        Self: Unpin,
    {
        futures::ReadToEnd {
            reader: self,
            filling: futures::Filling::of(buf),
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Appends all text until the end, and says how many bytes.
    ///
    /// # Errors
    /// `InvalidData` if it is not UTF-8: the error holds a [`Utf8Error`](std::str::Utf8Error), which
    /// counts from the beginning of `text`. What the reader says. Either way `text` is as before.
    ///
    /// # Cancel safety
    /// Resumable, but for an incomplete character: what was read is appended as far as it is valid.
    ///
    /// # Fairness
    /// Each read after the first takes a unit of the task's budget.
    fn read_to_string<'a>(&'a mut self, text: &'a mut String) -> futures::ReadToString<'a, Self>
    where
        Self: Unpin,
    {
        let bytes = Vec::new();
        let filling = futures::Filling::of(&bytes);
        let pinned = PhantomPinned;
        futures::ReadToString {
            reader: self,
            output: text,
            bytes,
            filling,
            pinned,
        }
    }

    /// A reader that ends after `limit` bytes of this one.
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, limit)
    }

    numbers! {
        read_u8 -> futures::ReadU8;
        read_i8 -> futures::ReadI8;
        read_u16 -> futures::ReadU16;
        read_i16 -> futures::ReadI16;
        read_u32 -> futures::ReadU32;
        read_i32 -> futures::ReadI32;
        read_u64 -> futures::ReadU64;
        read_i64 -> futures::ReadI64;
        read_u128 -> futures::ReadU128;
        read_i128 -> futures::ReadI128;
        read_f32 -> futures::ReadF32;
        read_f64 -> futures::ReadF64;
        read_u16_le -> futures::ReadU16Le;
        read_i16_le -> futures::ReadI16Le;
        read_u32_le -> futures::ReadU32Le;
        read_i32_le -> futures::ReadI32Le;
        read_u64_le -> futures::ReadU64Le;
        read_i64_le -> futures::ReadI64Le;
        read_u128_le -> futures::ReadU128Le;
        read_i128_le -> futures::ReadI128Le;
        read_f32_le -> futures::ReadF32Le;
        read_f64_le -> futures::ReadF64Le;
    }
}

impl<R: AsyncRead + ?Sized> AsyncReadExt for R {}
