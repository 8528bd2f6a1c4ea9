//! Pipes: bytes that flow one way, between processes or within one.
//!
//! A pipe without a name comes from [`pipe()`]; one that has a path (a FIFO) is opened by
//! [`OpenOptions`]; any other descriptor of a pipe is taken over by the `from_…` functions.
//!
//! A read never counts as the last one because it was short: of a pipe that keeps packets apart
//! (`O_DIRECT`) every read may be. A write to a pipe that nobody reads is an error and raises
//! SIGPIPE, which Rust's programs ignore unless they say otherwise.
//!
//! ```
//! use runtime::io::{AsyncReadExt, AsyncWriteExt};
//! use runtime::net::unix::pipe;
//!
//! # runtime::Runtime::new()?.block_on(async {
//! let (mut sender, mut receiver) = pipe::pipe()?;
//! sender.write_all(b"all").await?;
//! drop(sender);
//! let mut received = Vec::new();
//! receiver.read_to_end(&mut received).await?;
//! assert_eq!(received, b"all");
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::io;
use std::os::fd::OwnedFd;

mod open;
pub use open::OpenOptions;

mod sender;
pub use sender::Sender;

mod receiver;
pub use receiver::Receiver;

mod descriptor;

/// A new pipe without a name; neither end is handed to processes that are started.
///
/// # Errors
/// What the operating system says. Nothing is left open.
///
/// # Panics
/// If the calling thread is in no runtime.
#[track_caller]
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (sender, receiver) = mio::unix::pipe::new()?;
    Ok((
        Sender::from_owned_fd_unchecked(OwnedFd::from(sender))?,
        Receiver::from_owned_fd_unchecked(OwnedFd::from(receiver))?,
    ))
}

/// What the two ends have in common: `$direction` is what `ready` waits for.
macro_rules! pipe_end {
    ($end:ident, $direction:ident, $has_access:ident, $refusal:literal) => {
        /// Takes over a file that is this end of a pipe, and makes it non-blocking.
        ///
        /// # Errors
        /// `InvalidInput` if it is none; what the operating system says. The file is closed.
        ///
        /// # Panics
        /// If the calling thread is in no runtime.
        #[track_caller]
        pub fn from_file(file: File) -> io::Result<$end> {
            check_is_pipe(&file)?;
            let flags = Flags::of(&file)?;
            if !flags.$has_access() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, $refusal));
            }
            flags.set_nonblocking(&file, true)?;
            $end::from_file_unchecked(file)
        }

        /// The same for a bare descriptor.
        ///
        /// # Errors
        /// As there.
        ///
        /// # Panics
        /// As there.
        #[track_caller]
        pub fn from_owned_fd(owned_fd: OwnedFd) -> io::Result<$end> {
            $end::from_file(File::from(owned_fd))
        }

        /// Takes over a file without a look at it: it is expected to be this end of a pipe, or
        /// something like one, and non-blocking.
        ///
        /// # Errors
        /// What the operating system says, also that it cannot be waited for. The file is closed.
        ///
        /// # Panics
        /// If the calling thread is in no runtime.
        #[track_caller]
        pub fn from_file_unchecked(file: File) -> io::Result<$end> {
            Evented::new_attached(file, mio::Interest::$direction).map(|io| $end { io })
        }

        /// The same for a bare descriptor.
        ///
        /// # Errors
        /// As there.
        ///
        /// # Panics
        /// As there.
        #[track_caller]
        pub fn from_owned_fd_unchecked(owned_fd: OwnedFd) -> io::Result<$end> {
            $end::from_file_unchecked(File::from(owned_fd))
        }

        /// Waits until one of `interest` is ready. Any number of tasks may wait.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless: readiness stays until an operation finds that it would block.
        ///
        /// ```
        /// use runtime::io::Interest;
        ///
        /// # runtime::Runtime::new()?.block_on(async {
        /// let (sender, receiver) = runtime::net::unix::pipe::pipe()?;
        /// assert!(sender.ready(Interest::WRITABLE).await?.is_writable());
        /// drop(sender);
        /// assert!(receiver.ready(Interest::READABLE).await?.is_read_closed());
        /// # Ok::<(), std::io::Error>(())
        /// # })?;
        /// # Ok::<(), std::io::Error>(())
        /// ```
        pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
            self.io.ready(interest).await
        }

        /// Calls `f`, an operation of one's own on the pipe, if it may get somewhere.
        ///
        /// If it says `WouldBlock`, the readiness is used up; so it must say so only if the pipe
        /// did.
        ///
        /// # Errors
        /// `WouldBlock` if it is not ready; what `f` says.
        pub fn try_io<R>(&self, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
            self.io.try_io(Interest::$direction, f)
        }

        /// The descriptor, for a process to be started, say, or a thread that may block.
        ///
        /// # Errors
        /// What the operating system says; the pipe's end is closed.
        pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
            let file = self.io.into_inner()?;
            Flags::of(&file)?.set_nonblocking(&file, false)?;
            Ok(OwnedFd::from(file))
        }

        /// The descriptor, still non-blocking.
        ///
        /// # Errors
        /// What the operating system says; the pipe's end is closed.
        pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
            self.io.into_inner().map(OwnedFd::from)
        }
    };
}

use pipe_end;
