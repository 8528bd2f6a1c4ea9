//! Streams in memory: one way, and both ways.
//!
//! Both stand on the `pipe`. The one-way stream owns its pipe, and its user sees to it that one
//! thread has it at a time; the ends of the two-way stream share two pipes, each behind a lock. One
//! operation goes through the same steps in both: (1) try; (2) it has to wait, and its waker stands
//! there already: `Pending`; (3) clone the waker, without the lock, and try again; (4) it still has
//! to wait: exchange the waker, drop the old one without the lock. Who moved bytes, or closes, takes
//! the other end's waker out with the same hold of the lock and wakes it after.
//!
//! **No wake-up is lost**: trying and leaving the waker are one hold of the lock, as are moving bytes
//! and taking the other's waker out. Models: `loom_memory_…`.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use runtime_core::coop;
use runtime_core::loom::Mutex;
use runtime_core::util::wake_list::WakeList;

use super::pipe::{End, Pipe};
use super::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf, split};

/// Bytes in memory, one way: what is written can be read.
///
/// `poll_shutdown` ends the writing: the reader then reads to the end. Either side may wait for the
/// other, so the two usually live in two tasks: see [`simplex`].
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt, SimplexStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut stream = SimplexStream::new_unsplit(64);
/// stream.write_all(b"note").await?;
/// stream.shutdown().await?;
///
/// let mut text = String::new();
/// stream.read_to_string(&mut text).await?;
/// assert_eq!(text, "note");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SimplexStream {
    pipe: Pipe,
}

/// A one-way stream in memory, of at most `max_buf_size` bytes at a time: its reader and its writer.
///
/// The writer ends the writing by its shutdown; dropping it does not.
///
/// # Panics
/// If `max_buf_size` is 0.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt, simplex};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (mut reader, mut writer) = simplex(2);
/// runtime::spawn(async move {
///     writer.write_all(b"in parts").await.unwrap();
///     writer.shutdown().await.unwrap();
/// });
/// let mut text = String::new();
/// reader.read_to_string(&mut text).await?;
/// assert_eq!(text, "in parts");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn simplex(max_buf_size: usize) -> (ReadHalf<SimplexStream>, WriteHalf<SimplexStream>) {
    split(SimplexStream::new_unsplit(max_buf_size))
}

impl SimplexStream {
    /// A one-way stream of at most `max_buf_size` bytes at a time, both ends in one.
    ///
    /// # Panics
    /// If `max_buf_size` is 0.
    #[track_caller]
    pub fn new_unsplit(max_buf_size: usize) -> SimplexStream {
        SimplexStream {
            pipe: Pipe::new(max_buf_size),
        }
    }
}

/// One end of a two-way stream in memory; made by [`duplex`].
///
/// Dropping it closes both directions: the other end reads what is there and then the end, and its
/// writes, waiting ones too, are `BrokenPipe`.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt, duplex};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (mut client, mut server) = duplex(64);
/// client.write_all(b"ping").await?;
///
/// let mut ping = [0; 4];
/// server.read_exact(&mut ping).await?;
/// assert_eq!(&ping, b"ping");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct DuplexStream {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
}

/// A two-way stream in memory, of at most `max_buf_size` bytes at a time each way: its two ends.
///
/// # Panics
/// If `max_buf_size` is 0.
#[track_caller]
pub fn duplex(max_buf_size: usize) -> (DuplexStream, DuplexStream) {
    let there = Arc::new(Mutex::new(Pipe::new(max_buf_size)));
    let back = Arc::new(Mutex::new(Pipe::new(max_buf_size)));
    let near = DuplexStream {
        incoming: Arc::clone(&back),
        outgoing: Arc::clone(&there),
    };
    let far = DuplexStream {
        incoming: there,
        outgoing: back,
    };
    (near, far)
}

/// How an operation comes to its pipe.
trait Access {
    fn with<R>(&mut self, f: impl FnOnce(&mut Pipe) -> R) -> R;
}

impl Access for &mut Pipe {
    fn with<R>(&mut self, f: impl FnOnce(&mut Pipe) -> R) -> R {
        f(self)
    }
}

impl Access for &Mutex<Pipe> {
    fn with<R>(&mut self, f: impl FnOnce(&mut Pipe) -> R) -> R {
        f(&mut self.lock())
    }
}

/// What one try led to.
enum Tried {
    /// Done, and whom to wake.
    Done(io::Result<usize>, Option<Waker>),
    /// The caller's waker stands in the pipe; the one before it is to be dropped.
    Waits(Option<Waker>),
    /// A waker has to be cloned first.
    NeedsWaker,
}

/// The steps of the header, for the operation `act` of one end.
fn poll_pipe(
    mut pipe: impl Access,
    end: End,
    cx: &mut Context<'_>,
    mut act: impl FnMut(&mut Pipe) -> Option<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    let unit = ready!(coop::poll_proceed(cx));
    let mut fresh = None;
    loop {
        let tried = pipe.with(|pipe| {
            if let Some(outcome) = act(pipe) {
                let other = match outcome {
                    Ok(1..) => pipe.waiting(end.other()).take(),
                    _ => None,
                };
                return Tried::Done(outcome, other);
            }
            let place = pipe.waiting(end);
            match (fresh.take(), &*place) {
                (Some(fresh), _) => Tried::Waits(place.replace(fresh)),
                (None, Some(waker)) if waker.will_wake(cx.waker()) => Tried::Waits(None),
                (None, _) => Tried::NeedsWaker,
            }
        });
        match tried {
            Tried::Done(outcome, other) => {
                unit.made();
                if let Some(waker) = other {
                    waker.wake();
                }
                return Poll::Ready(outcome);
            }
            Tried::Waits(_displaced) => return Poll::Pending,
            Tried::NeedsWaker => fresh = Some(cx.waker().clone()),
        }
    }
}

/// Closes a pipe and gives out the waker of who waits at `end`.
#[must_use = "who waits has to be woken"]
fn close(mut pipe: impl Access, end: End) -> Option<Waker> {
    pipe.with(|pipe| {
        pipe.close();
        pipe.waiting(end).take()
    })
}

/// A stream over the pipe that it reads from and the one that it writes to.
macro_rules! stream {
    ($stream:ty, $this:ident, $incoming:expr, $outgoing:expr) => {
        impl AsyncRead for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let $this = self.get_mut();
                poll_pipe($incoming, End::Reader, cx, |pipe| pipe.read(buf).map(Ok)).map_ok(drop)
            }
        }

        impl AsyncWrite for $stream {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.poll_write_vectored(cx, &[IoSlice::new(buf)])
            }

            /// Nothing to do: the reader has it.
            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Ends the writing; what is there can still be read.
            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $this = self.get_mut();
                if let Some(waker) = close($outgoing, End::Reader) {
                    waker.wake();
                }
                Poll::Ready(Ok(()))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let $this = self.get_mut();
                poll_pipe($outgoing, End::Writer, cx, |pipe| pipe.write(bufs))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    };
}

stream!(SimplexStream, this, &mut this.pipe, &mut this.pipe);
stream!(DuplexStream, this, &*this.incoming, &*this.outgoing);

impl fmt::Debug for DuplexStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DuplexStream").finish_non_exhaustive()
    }
}

impl Drop for DuplexStream {
    fn drop(&mut self) {
        let mut waiting = WakeList::new();
        waiting.extend(close(&*self.outgoing, End::Reader));
        waiting.extend(close(&*self.incoming, End::Writer));
        waiting.wake_all();
    }
}

#[cfg(all(test, not(loom)))]
#[path = "memory/tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "memory/loom_tests.rs"]
mod loom_tests;
