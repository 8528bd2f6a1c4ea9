//! Readiness as it was read, and what becomes of it.

use std::fmt;
use std::io;
use std::os::fd::AsRawFd;

use super::{AsyncFd, TryIoError};
use crate::driver::readiness::ReadyEvent;
use crate::io::Ready;

/// Readiness as it was read, less what was cleared of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen(Option<ReadyEvent>);

impl Seen {
    pub(super) fn new(event: Option<ReadyEvent>) -> Seen {
        Seen(event)
    }

    /// What to clear to forget the part that is in `ready`; from now on it is not seen any more.
    #[must_use = "it is to be cleared"]
    pub(super) fn take(&mut self, ready: Ready) -> Option<ReadyEvent> {
        let event = self.0?;
        let rest = event.only(event.ready - ready);
        self.0 = (!rest.ready.is_empty()).then_some(rest);
        Some(event.only(ready))
    }

    fn ready(&self) -> Ready {
        self.0.map_or(Ready::EMPTY, |event| event.ready)
    }
}

/// What both guards do with the readiness that they hold.
macro_rules! readiness {
    () => {
        /// Forgets the readiness, unless something has happened since: the next wait waits.
        ///
        /// Only for who knows that the descriptor has nothing more: else the wait never ends.
        pub fn clear_ready(&mut self) {
            self.clear_ready_matching(Ready::ALL);
        }

        /// The same for the part of it that is in `ready`.
        pub fn clear_ready_matching(&mut self, ready: Ready) {
            self.async_fd.registration.clear(self.seen.take(ready));
        }

        /// Keeps the readiness, as dropping the guard does; says so.
        pub fn retain_ready(&mut self) {}

        /// What the descriptor was found ready for, without what was cleared.
        pub fn ready(&self) -> Ready {
            self.seen.ready()
        }
    };
}

/// A descriptor that was found ready; from [`AsyncFd::ready`] and its kin.
///
/// ```
/// use runtime::io::unix::AsyncFd;
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, mut far) = UnixStream::pair()?;
/// near.set_nonblocking(true)?;
/// // SAFETY: the stream keeps its descriptor open, and the same one.
/// let near = unsafe { AsyncFd::register(near) }?;
/// far.write_all(b"note")?;
/// let mut buf = [0; 8];
/// let count = loop {
///     let mut guard = near.readable().await?;
///     if let Ok(read) = guard.try_io(|near| near.get_ref().read(&mut buf)) {
///         break read?;
///     }
/// };
/// assert_eq!(&buf[..count], b"note");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "say what becomes of the readiness: `try_io`, `clear_ready` or `retain_ready`"]
pub struct AsyncFdReadyGuard<'a, T: AsRawFd> {
    async_fd: &'a AsyncFd<T>,
    seen: Seen,
}

/// A descriptor that was found ready, with the right to change its value; from
/// [`AsyncFd::ready_mut`] and its kin.
///
/// ```
/// use runtime::io::unix::AsyncFd;
/// use std::io::Write;
/// use std::os::unix::net::UnixStream;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (near, _far) = UnixStream::pair()?;
/// near.set_nonblocking(true)?;
/// // SAFETY: the stream keeps its descriptor open, and the same one.
/// let mut near = unsafe { AsyncFd::register(near) }?;
/// let mut guard = near.writable_mut().await?;
/// guard.get_inner_mut().write_all(b"note")?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "say what becomes of the readiness: `try_io`, `clear_ready` or `retain_ready`"]
pub struct AsyncFdReadyMutGuard<'a, T: AsRawFd> {
    async_fd: &'a mut AsyncFd<T>,
    seen: Seen,
}

impl<'a, T: AsRawFd> AsyncFdReadyGuard<'a, T> {
    pub(super) fn new(async_fd: &'a AsyncFd<T>, event: Option<ReadyEvent>) -> Self {
        AsyncFdReadyGuard {
            async_fd,
            seen: Seen::new(event),
        }
    }

    readiness!();

    /// Calls `f`, and clears the readiness if it says `WouldBlock`.
    ///
    /// # Errors
    /// [`TryIoError`] in place of `WouldBlock`.
    pub fn try_io<R>(
        &mut self,
        f: impl FnOnce(&'a AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let outcome = f(self.async_fd);
        if would_block(&outcome) {
            let seen = self.seen.take(Ready::ALL);
            let seen = seen.map(ReadyEvent::disproved);
            self.async_fd.registration.clear(seen);
            return Err(TryIoError(()));
        }
        Ok(outcome)
    }

    /// The descriptor.
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.async_fd
    }

    /// Its value.
    pub fn get_inner(&self) -> &'a T {
        self.async_fd.get_ref()
    }
}

impl<'a, T: AsRawFd> AsyncFdReadyMutGuard<'a, T> {
    pub(super) fn new(async_fd: &'a mut AsyncFd<T>, event: Option<ReadyEvent>) -> Self {
        AsyncFdReadyMutGuard {
            async_fd,
            seen: Seen::new(event),
        }
    }

    readiness!();

    /// Calls `f`, and clears the readiness if it says `WouldBlock`.
    ///
    /// # Errors
    /// [`TryIoError`] in place of `WouldBlock`.
    pub fn try_io<R>(
        &mut self,
        f: impl FnOnce(&mut AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let outcome = f(self.async_fd);
        if would_block(&outcome) {
            let seen = self.seen.take(Ready::ALL);
            let seen = seen.map(ReadyEvent::disproved);
            self.async_fd.registration.clear(seen);
            return Err(TryIoError(()));
        }
        Ok(outcome)
    }

    /// The descriptor.
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.async_fd
    }

    /// The descriptor, to change it.
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.async_fd
    }

    /// Its value.
    pub fn get_inner(&self) -> &T {
        self.async_fd.get_ref()
    }

    /// Its value, to change it.
    pub fn get_inner_mut(&mut self) -> &mut T {
        self.async_fd.get_mut()
    }
}

fn would_block<R>(outcome: &io::Result<R>) -> bool {
    matches!(outcome, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFdReadyGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFdReadyGuard")
            .field("async_fd", &self.async_fd)
            .finish_non_exhaustive()
    }
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFdReadyMutGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFdReadyMutGuard")
            .field("async_fd", &self.async_fd)
            .finish_non_exhaustive()
    }
}
