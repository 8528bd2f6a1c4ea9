//! The two directions of any stream, each owned.
//!
//! Both halves poll one stream, which only one may do at a time: `turn.rs` says whose turn it is.
//! The stream's own code runs during a turn; neither a panic there nor a waker that polls the other
//! half can block it. Sockets have an `into_split` that needs no turns.
//!
//! **Invariants.** 1. The stream is touched only by who has the turn, or by who has the last half.
//! 2. While both halves live the stream does not move: it lies in an `Arc`, and only `unsplit`,
//! which wants `Unpin`, takes it out.
#![allow(
    unsafe_code,
    reason = "a stream that is shared by turns, and pinned where it lies"
)]

use std::cell::UnsafeCell;
use std::fmt;
use std::io::{self, IoSlice};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::turn::Turn;
use super::{AsyncRead, AsyncWrite, ReadBuf};

/// The direction that reads; made by [`split`].
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, mut far) = duplex(64);
/// let (mut reader, mut writer) = split(near);
/// writer.write_all(b"ask").await?;
/// far.write_all(b"answer").await?;
///
/// let mut answer = [0; 6];
/// reader.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"answer");
/// let _near = reader.unsplit(writer);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ReadHalf<T> {
    shared: Arc<Shared<T>>,
}

/// The direction that writes; made by [`split`]. Dropping it does not end the writing.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, mut far) = duplex(64);
/// let (_reader, mut writer) = split(near);
/// writer.write_all(b"all").await?;
/// writer.shutdown().await?;
///
/// let mut text = String::new();
/// far.read_to_string(&mut text).await?;
/// assert_eq!(text, "all");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct WriteHalf<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    turn: Turn,
    /// Asked once: it does not change in the life of a stream.
    is_write_vectored: bool,
    stream: UnsafeCell<T>,
}

/// Both directions of a stream apart, for two tasks.
///
/// A half whose turn it is not is `Pending`; no thread is blocked. [`ReadHalf::unsplit`] puts them
/// together again.
pub fn split<T>(stream: T) -> (ReadHalf<T>, WriteHalf<T>)
where
    T: AsyncRead + AsyncWrite,
{
    let shared = Arc::new(Shared {
        turn: Turn::new(),
        is_write_vectored: stream.is_write_vectored(),
        stream: UnsafeCell::new(stream),
    });
    let read = ReadHalf {
        shared: Arc::clone(&shared),
    };
    (read, WriteHalf { shared })
}

impl<T> Shared<T> {
    /// Calls `f` if it is the caller's turn; else its waker waits for that.
    fn poll_with<R>(
        &self,
        cx: &mut Context<'_>,
        f: impl FnOnce(Pin<&mut T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let Some(turn) = self.turn.take(cx) else {
            return Poll::Pending;
        };
        // SAFETY: invariant 1: the turn is ours.
        let stream = unsafe { &mut *self.stream.get() };
        // SAFETY: invariant 2.
        let stream = unsafe { Pin::new_unchecked(stream) };
        let outcome = f(stream, cx);
        drop(turn);
        outcome
    }
}

impl<T> ReadHalf<T> {
    /// Whether both are halves of one stream.
    pub fn is_pair_of(&self, other: &WriteHalf<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// The stream again.
    ///
    /// # Panics
    /// If they are halves of two streams; [`ReadHalf::is_pair_of`] tells.
    #[track_caller]
    pub fn unsplit(self, write: WriteHalf<T>) -> T
    where
        T: Unpin,
    {
        assert!(
            self.is_pair_of(&write),
            "the halves to be put together are of two streams"
        );
        drop(write);
        let Ok(shared) = Arc::try_unwrap(self.shared) else {
            unreachable!("a stream has two halves");
        };
        shared.stream.into_inner()
    }
}

impl<T> WriteHalf<T> {
    /// Whether both are halves of one stream.
    pub fn is_pair_of(&self, other: &ReadHalf<T>) -> bool {
        other.is_pair_of(self)
    }
}

impl<T: AsyncRead> AsyncRead for ReadHalf<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.shared
            .poll_with(cx, |stream, cx| stream.poll_read(cx, buf))
    }
}

impl<T: AsyncWrite> AsyncWrite for WriteHalf<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared
            .poll_with(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared
            .poll_with(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared
            .poll_with(cx, |stream, cx| stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared
            .poll_with(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.shared.is_write_vectored
    }
}

// SAFETY: a half lends its stream to one thread at a time (invariant 1), and may end its life.
unsafe impl<T: Send> Send for ReadHalf<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for WriteHalf<T> {}
// SAFETY: through a shared half nobody comes to the stream.
unsafe impl<T: Sync> Sync for ReadHalf<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for WriteHalf<T> {}
// A turn that a panic ended has ended: the stream is as its own code left it.
impl<T> UnwindSafe for Shared<T> {}
impl<T> RefUnwindSafe for Shared<T> {}

impl<T> fmt::Debug for ReadHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("split::ReadHalf").finish()
    }
}

impl<T> fmt::Debug for WriteHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("split::WriteHalf").finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
