//! What one calls on a stream with a position.

use std::io::SeekFrom;
use std::marker::PhantomPinned;

use super::{AsyncSeek, futures};

/// Methods of every [`AsyncSeek`].
pub trait AsyncSeekExt: AsyncSeek {
    /// Moves to a position, and gives it, from the start.
    ///
    /// # Errors
    /// What the stream says, for instance of a position before the start.
    ///
    /// # Cancel safety
    /// Lossy: the position may have moved or not;
    /// [`stream_position`](AsyncSeekExt::stream_position) tells.
    fn seek(&mut self, position: SeekFrom) -> futures::Seek<'_, Self>
    where
        Self: Unpin,
    {
        futures::Seek {
            stream: self,
            position: Some(position),
            pinned: PhantomPinned,
        }
    }

    /// Moves to the start.
    ///
    /// # Errors
    /// What the stream says.
    ///
    /// # Cancel safety
    /// Lossless: who calls again begins anew.
    fn rewind(&mut self) -> futures::Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Start(0))
    }

    /// The position, from the start.
    ///
    /// # Errors
    /// What the stream says.
    ///
    /// # Cancel safety
    /// Lossless.
    fn stream_position(&mut self) -> futures::Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Current(0))
    }
}

impl<S: AsyncSeek + ?Sized> AsyncSeekExt for S {}
