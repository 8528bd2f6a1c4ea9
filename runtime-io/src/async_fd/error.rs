//! What can go wrong with a descriptor of somebody else's.

use std::error::Error;
use std::fmt;
use std::io;

/// The operation that a guard was asked to try would block, and the readiness is cleared.
///
/// ```
/// use runtime::io::unix::AsyncFd;
/// use std::io::{ErrorKind, Write};
/// use std::os::unix::net::UnixStream;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, _far) = UnixStream::pair()?;
/// near.set_nonblocking(true)?;
/// // SAFETY: the stream keeps its descriptor open, and the same one.
/// let near = unsafe { AsyncFd::register(near) }?;
/// let mut guard = near.writable().await?;
/// let full = guard.try_io(|_near| Err::<(), _>(ErrorKind::WouldBlock.into()));
/// assert!(full.is_err(), "a `TryIoError`: wait again");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TryIoError(pub(super) ());

/// A descriptor that could not be registered, with its value.
///
/// ```
/// use runtime::io::unix::AsyncFd;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let file = std::fs::File::open("Cargo.toml")?;
/// // SAFETY: the file keeps its descriptor open, and the same one.
/// let refused = unsafe { AsyncFd::register(file) }.unwrap_err();
/// let (_file, cause) = refused.into_parts();
/// assert_eq!(cause.kind(), std::io::ErrorKind::PermissionDenied, "a file never waits");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct AsyncFdRegisterError<T> {
    inner: T,
    cause: io::Error,
}

/// The older name of [`AsyncFdRegisterError`].
#[deprecated(note = "the older name of `AsyncFdRegisterError`")]
pub type AsyncFdTryNewError<T> = AsyncFdRegisterError<T>;

impl<T> AsyncFdRegisterError<T> {
    pub(super) fn new(inner: T, cause: io::Error) -> AsyncFdRegisterError<T> {
        AsyncFdRegisterError { inner, cause }
    }

    /// The value, and what the operating system said.
    pub fn into_parts(self) -> (T, io::Error) {
        (self.inner, self.cause)
    }
}

impl<T> fmt::Display for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<T> fmt::Debug for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cause, f)
    }
}

impl<T> Error for AsyncFdRegisterError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl<T> From<AsyncFdRegisterError<T>> for io::Error {
    fn from(error: AsyncFdRegisterError<T>) -> io::Error {
        error.cause
    }
}
