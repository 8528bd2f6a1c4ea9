//! The pipes of a child: our ends of its standard streams.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::process::{self, Stdio};
use std::task::{Context, Poll};

use mio::Interest;
use mio::unix::pipe::{Receiver, Sender};

use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a child reads.
///
/// A child that reads to the end waits until this is dropped: there is no other way to say it, and
/// `shutdown` says nothing. Writing to a child that has ended, or has closed its end, is an error of
/// the kind `BrokenPipe`.
///
/// ```
/// use runtime::io::AsyncWriteExt;
/// use runtime::process::Command;
/// use std::process::Stdio;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut count = Command::new("wc").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
/// let mut stdin = count.stdin.take().unwrap();
/// stdin.write_all(b"seven..").await?;
/// drop(stdin);
/// let output = count.wait_with_output().await?;
/// assert_eq!(output.stdout.trim_ascii(), b"7");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ChildStdin {
    pipe: Evented<Sender>,
}

/// What a child writes to its standard output.
///
/// ```
/// use runtime::io::{AsyncBufReadExt, BufReader};
/// use runtime::process::Command;
/// use std::process::Stdio;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut child = Command::new("printf").arg("one\ntwo\n").stdout(Stdio::piped()).spawn()?;
/// let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
/// assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
/// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
/// assert_eq!(lines.next_line().await?, None);
/// assert!(child.wait().await?.success());
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ChildStdout {
    pipe: Evented<Receiver>,
}

/// What a child writes to its standard error.
///
/// ```
/// use runtime::io::AsyncReadExt;
/// use runtime::process::Command;
/// use std::process::Stdio;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut child = Command::new("sh").args(["-c", "echo oh >&2"]).stderr(Stdio::piped()).spawn()?;
/// let mut said = String::new();
/// child.stderr.take().unwrap().read_to_string(&mut said).await?;
/// assert_eq!(said, "oh\n");
/// child.wait().await?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ChildStderr {
    pipe: Evented<Receiver>,
}

/// What the three have in common.
macro_rules! pipe {
    ($pipe:ident, $end:ident, $interest:ident) => {
        impl $pipe {
            /// Takes over a pipe of std's.
            ///
            /// # Errors
            /// What the operating system says; the pipe is closed.
            ///
            /// # Panics
            /// If the calling thread is in no runtime.
            #[track_caller]
            pub fn from_std(inner: process::$pipe) -> io::Result<$pipe> {
                let end = $end::from(inner);
                end.set_nonblocking(true)?;
                let pipe = Evented::new(end, Interest::$interest)?;
                Ok($pipe { pipe })
            }

            /// The bare descriptor, which blocks again, as programs that inherit it expect.
            ///
            /// # Errors
            /// What the operating system says; the pipe is closed.
            pub fn into_owned_fd(self) -> io::Result<OwnedFd> {
                let end = self.pipe.into_inner()?;
                end.set_nonblocking(false)?;
                Ok(end.into())
            }
        }

        /// For the standard stream of another child. It fails with what the operating system says;
        /// the pipe is then closed.
        impl TryFrom<$pipe> for Stdio {
            type Error = io::Error;

            fn try_from(pipe: $pipe) -> io::Result<Stdio> {
                pipe.into_owned_fd().map(Stdio::from)
            }
        }

        impl AsRawFd for $pipe {
            fn as_raw_fd(&self) -> RawFd {
                self.pipe.as_raw_fd()
            }
        }

        impl AsFd for $pipe {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.pipe.as_fd()
            }
        }

        impl fmt::Debug for $pipe {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($pipe))
                    .field(&self.pipe.as_raw_fd())
                    .finish()
            }
        }
    };
}

pipe!(ChildStdin, Sender, WRITABLE);
pipe!(ChildStdout, Receiver, READABLE);
pipe!(ChildStderr, Receiver, READABLE);

impl AsyncWrite for ChildStdin {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = || (&*self.pipe).write(buf);
        self.pipe.poll_bytes(Direction::Write, cx, buf.len(), write)
    }

    /// Nothing to do: the kernel has it.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: a pipe's end is its last descriptor's.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = bufs.iter().map(|buf| buf.len()).sum();
        let write = || (&*self.pipe).write_vectored(bufs);
        self.pipe.poll_bytes(Direction::Write, cx, wanted, write)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

/// The reading of the two that read.
macro_rules! read {
    ($pipe:ident) => {
        impl AsyncRead for $pipe {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let wanted = buf.remaining();
                if wanted == 0 {
                    return Poll::Ready(Ok(()));
                }
                let read = || {
                    let read = (&*self.pipe).read(buf.initialize_unfilled())?;
                    buf.advance(read);
                    Ok(read)
                };
                let read = self.pipe.poll_bytes(Direction::Read, cx, wanted, read);
                read.map_ok(drop)
            }
        }
    };
}

read!(ChildStdout);
read!(ChildStderr);
