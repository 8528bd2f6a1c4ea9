//! The pipes of a child: our ends of its standard streams.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::process::{self, Stdio};
use std::task::{Context, Poll};

use imp::{ReadEnd, WriteEnd};

use crate::io::{AsyncRead, AsyncWrite, ReadBuf};

#[cfg(unix)]
#[path = "pipes/unix.rs"]
mod imp;

#[cfg(windows)]
#[path = "pipes/windows.rs"]
mod imp;

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
    pipe: WriteEnd,
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
    pipe: ReadEnd,
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
    pipe: ReadEnd,
}

/// What the three have in common.
macro_rules! pipe {
    ($($pipe:ident: $end:ident),+) => {$(
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
                $end::new(inner).map(|pipe| $pipe { pipe })
            }
        }

        /// For the standard stream of another child. It fails with what the operating system says;
        /// the pipe is then closed.
        impl TryFrom<$pipe> for Stdio {
            type Error = io::Error;

            fn try_from(pipe: $pipe) -> io::Result<Stdio> {
                pipe.pipe.into_owned().map(Stdio::from)
            }
        }

        impl fmt::Debug for $pipe {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($pipe))
                    .field(&self.pipe.raw())
                    .finish()
            }
        }
    )+};
}

pipe!(ChildStdin: WriteEnd, ChildStdout: ReadEnd, ChildStderr: ReadEnd);

impl AsyncWrite for ChildStdin {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().pipe.poll_write(cx, buf)
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
        self.get_mut().pipe.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        imp::TAKES_SLICES
    }
}

/// The reading of the two that read.
macro_rules! read {
    ($($pipe:ident),+) => {$(
        impl AsyncRead for $pipe {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                if buf.remaining() == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.get_mut().pipe.poll_read(cx, buf)
            }
        }
    )+};
}

read!(ChildStdout, ChildStderr);
