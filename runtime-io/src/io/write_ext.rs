//! What one calls on a writer.

use std::io::IoSlice;
use std::marker::PhantomPinned;

use bytes::Buf;

use super::{AsyncWrite, futures};

/// One method a number.
macro_rules! numbers {
    ($($method:ident($number:ty) -> futures::$future:ident;)+) => {$(
        /// Writes one number; big-endian, unless the name ends in `_le`.
        ///
        /// # Errors
        /// `WriteZero` if no more can be written; what the writer says.
        ///
        /// # Cancel safety
        /// Lossy: some of its bytes may have been written. One byte is.
        fn $method(&mut self, number: $number) -> futures::$future<&mut Self>
        where
            Self: Unpin,
        {
            futures::$future::new(self, number)
        }
    )+};
}

/// Methods of every [`AsyncWrite`].
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes some of `buf`, once, and says how many bytes.
    ///
    /// # Errors
    /// What the writer says; nothing was written then.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was written.
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> futures::Write<'a, Self>
    where
        Self: Unpin,
    {
        futures::Write {
            writer: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Writes some of several buffers, once, and says how many bytes.
    ///
    /// # Errors
    /// What the writer says; nothing was written then.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was written.
    fn write_vectored<'a, 'b>(
        &'a mut self,
        bufs: &'a [IoSlice<'b>],
    ) -> futures::WriteVectored<'a, 'b, Self>
    where
        Self: Unpin,
    {
        futures::WriteVectored {
            writer: self,
            bufs,
            pinned: PhantomPinned,
        }
    }

    /// Writes from the front of a buffer, once, takes out what was written, and says how many
    /// bytes.
    ///
    /// # Errors
    /// What the writer says; nothing was written then.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was written.
    fn write_buf<'a, B>(&'a mut self, buf: &'a mut B) -> futures::WriteBuf<'a, Self, B>
    where
        Self: Unpin + Sized,
        B: Buf,
    {
        futures::WriteBuf {
            writer: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Writes a buffer until it is empty; what was written is taken out.
    ///
    /// # Errors
    /// `WriteZero` if no more can be written; what the writer says. What was not written
    /// stays in the buffer.
    ///
    /// # Cancel safety
    /// Resumable: what was not written stays in the buffer.
    ///
    /// # Fairness
    /// Each write after the first takes a unit of the task's budget.
    fn write_all_buf<'a, B>(&'a mut self, buf: &'a mut B) -> futures::WriteAllBuf<'a, Self, B>
    where
        Self: Unpin + Sized,
        B: Buf,
    {
        futures::WriteAllBuf {
            writer: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Writes all of `buf`.
    ///
    /// # Errors
    /// `WriteZero` if no more can be written; what the writer says. How much was written is lost.
    ///
    /// # Cancel safety
    /// Lossy: how much was written is lost. [`AsyncWriteExt::write_all_buf`] keeps it.
    ///
    /// # Fairness
    /// Each write after the first takes a unit of the task's budget.
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> futures::WriteAll<'a, Self>
    where
        Self: Unpin,
    {
        futures::WriteAll {
            writer: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Brings everything that was written to where it belongs.
    ///
    /// # Errors
    /// What the writer says.
    ///
    /// # Cancel safety
    /// Resumable: another flush goes on with it.
    fn flush(&mut self) -> futures::Flush<'_, Self>
    where
        Self: Unpin,
    {
        futures::Flush {
            writer: self,
            pinned: PhantomPinned,
        }
    }

    /// Flushes, and ends the writing side.
    ///
    /// # Errors
    /// What the writer says.
    ///
    /// # Cancel safety
    /// Resumable: another shutdown goes on with it.
    fn shutdown(&mut self) -> futures::Shutdown<'_, Self>
    where
        Self: Unpin,
    {
        futures::Shutdown {
            writer: self,
            pinned: PhantomPinned,
        }
    }

    numbers! {
        write_u8(u8) -> futures::WriteU8;
        write_i8(i8) -> futures::WriteI8;
        write_u16(u16) -> futures::WriteU16;
        write_i16(i16) -> futures::WriteI16;
        write_u32(u32) -> futures::WriteU32;
        write_i32(i32) -> futures::WriteI32;
        write_u64(u64) -> futures::WriteU64;
        write_i64(i64) -> futures::WriteI64;
        write_u128(u128) -> futures::WriteU128;
        write_i128(i128) -> futures::WriteI128;
        write_f32(f32) -> futures::WriteF32;
        write_f64(f64) -> futures::WriteF64;
        write_u16_le(u16) -> futures::WriteU16Le;
        write_i16_le(i16) -> futures::WriteI16Le;
        write_u32_le(u32) -> futures::WriteU32Le;
        write_i32_le(i32) -> futures::WriteI32Le;
        write_u64_le(u64) -> futures::WriteU64Le;
        write_i64_le(i64) -> futures::WriteI64Le;
        write_u128_le(u128) -> futures::WriteU128Le;
        write_i128_le(i128) -> futures::WriteI128Le;
        write_f32_le(f32) -> futures::WriteF32Le;
        write_f64_le(f64) -> futures::WriteF64Le;
    }
}

impl<W: AsyncWrite + ?Sized> AsyncWriteExt for W {}
