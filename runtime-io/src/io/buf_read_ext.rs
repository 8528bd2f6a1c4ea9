//! What one calls on a reader with a buffer.

use std::marker::PhantomPinned;
use std::pin::Pin;

use super::{AsyncBufRead, Lines, Split, futures};

/// Methods of every [`AsyncBufRead`].
pub trait AsyncBufReadExt: AsyncBufRead {
    /// Appends bytes up to and with `delimiter`, or the end, and says how many.
    ///
    /// # Errors
    /// What the reader says. What was read until then stays in the vector.
    ///
    /// # Cancel safety
    /// Resumable: what was read stays in the vector.
    ///
    /// # Fairness
    /// Each buffer after the first takes a unit of the task's budget.
    fn read_until<'a>(
        &'a mut self,
        delimiter: u8,
        buf: &'a mut Vec<u8>,
    ) -> futures::ReadUntil<'a, Self>
    where
        Self: Unpin,
    {
        futures::ReadUntil {
            reader: self,
            delimiter,
            buf,
            read: 0,
            pinned: PhantomPinned,
        }
    }

    /// Appends one line with its end, and says how many bytes; zero means the end.
    ///
    /// # Errors
    /// `InvalidData` if it is not UTF-8: `text` is as before, the line is taken from the reader, and
    /// the error holds a [`Utf8Error`](std::str::Utf8Error), which counts from the beginning of
    /// `text`. What the reader says: `text` has what came until then, if all of it is UTF-8.
    ///
    /// # Cancel safety
    /// Resumable, but for an incomplete character: what was read is appended as far as it is valid.
    ///
    /// # Fairness
    /// Each buffer after the first takes a unit of the task's budget.
    fn read_line<'a>(&'a mut self, text: &'a mut String) -> futures::ReadLine<'a, Self>
    where
        Self: Unpin,
    {
        let bytes = Vec::new();
        futures::ReadLine {
            reader: self,
            output: text,
            bytes,
            read: 0,
            pinned: PhantomPinned,
        }
    }

    /// What stands between the delimiters, one by one.
    fn split(self, delimiter: u8) -> Split<Self>
    where
        Self: Sized + Unpin,
    {
        Split::new(self, delimiter)
    }

    /// The bytes in the buffer, filled anew if there were none; an empty slice means the end.
    ///
    /// # Errors
    /// What the reader says.
    ///
    /// # Cancel safety
    /// Lossless: nothing is taken out.
    fn fill_buf(&mut self) -> futures::FillBuf<'_, Self>
    where
        Self: Unpin,
    {
        futures::FillBuf {
            reader: Some(self),
            pinned: PhantomPinned,
        }
    }

    /// Takes `amount` bytes, of those that [`AsyncBufReadExt::fill_buf`] showed, out of the buffer.
    fn consume(&mut self, amount: usize)
    where
        Self: Unpin,
    {
        Pin::new(self).consume(amount);
    }

    /// The lines, one by one, without their ends.
    fn lines(self) -> Lines<Self>
    where
        Self: Sized,
    {
        Lines::new(self)
    }
}

impl<R: AsyncBufRead + ?Sized> AsyncBufReadExt for R {}
