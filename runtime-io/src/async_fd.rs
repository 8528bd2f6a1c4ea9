//! Descriptors of somebody else's: what they are ready for, and nothing more.
//!
//! It stands above the driver, and so apart from `io`, which knows none; the public path is
//! `runtime::io::unix`.
//!
//! **States.** An [`AsyncFd`] is attached from the moment it is made until it is dropped or taken
//! apart; unlike a socket of ours it is taken out of the selector then, since dropping the value
//! need not close the descriptor.
//!
//! **Guards** hold readiness as it was read, with its tick. Clearing it does nothing if an event has
//! come since, so a guard that is cleared late loses nothing; see `driver/readiness.rs`.
#![allow(
    unsafe_code,
    reason = "who registers a descriptor promises that it stays open"
)]

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll, ready};

use runtime_core::coop;

use crate::driver::attach::selector_interest;
use crate::driver::readiness::{Direction, ReadyEvent};
use crate::driver::registration::Registration;
use crate::io::Interest;

mod waiting;

mod error;
#[doc(hidden)]
#[allow(deprecated, reason = "the older name stays")]
pub use error::AsyncFdTryNewError;
pub use error::{AsyncFdRegisterError, TryIoError};

mod guard;
pub use guard::{AsyncFdReadyGuard, AsyncFdReadyMutGuard};

/// A value with a descriptor that tasks can wait for.
///
/// The value's own operations stay its own: they have to be non-blocking, and one that would block
/// has to be reported, by [`AsyncFdReadyGuard::try_io`] or [`clear_ready`], so that the next wait
/// waits. [`async_io`] does both.
///
/// [`clear_ready`]: AsyncFdReadyGuard::clear_ready
/// [`async_io`]: AsyncFd::async_io
///
/// ```
/// use runtime::io::Interest;
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
/// let count = near.async_io(Interest::READABLE, |mut near| near.read(&mut buf)).await?;
/// assert_eq!(&buf[..count], b"note");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct AsyncFd<T: AsRawFd> {
    /// Dropped before the value: a descriptor's number is free for others only when its source is
    /// vacant.
    registration: Registration,
    /// Gone only while it is taken apart.
    inner: Option<T>,
}

impl<T: AsRawFd> AsyncFd<T> {
    /// Lets tasks wait for the value's descriptor, to read and to write.
    ///
    /// # Safety
    /// `as_raw_fd` gives the same descriptor each time, and that is open and the value's own until
    /// this is dropped or taken apart. Else it would wait for, or disturb, what somebody else has
    /// opened under the same number.
    ///
    /// # Errors
    /// What the operating system says, with the value: that it cannot be waited for, like a file on
    /// disk, or is being waited for already; after a shutdown.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub unsafe fn register(inner: T) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        AsyncFd::attach(inner, Interest::READABLE | Interest::WRITABLE)
    }

    /// The same for what `interest` names.
    ///
    /// # Safety
    /// As [`AsyncFd::register`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    pub unsafe fn register_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        AsyncFd::attach(inner, interest)
    }

    /// [`AsyncFd::register`] without its contract.
    ///
    /// # Errors
    /// As there, without the value.
    ///
    /// # Panics
    /// As there.
    #[deprecated(note = "nothing holds the descriptor open; see `register`")]
    #[track_caller]
    pub fn new(inner: T) -> io::Result<AsyncFd<T>> {
        Ok(AsyncFd::attach(
            inner,
            Interest::READABLE | Interest::WRITABLE,
        )?)
    }

    /// [`AsyncFd::register_with_interest`] without its contract.
    ///
    /// # Errors
    /// As there, without the value.
    ///
    /// # Panics
    /// As there.
    #[deprecated(note = "nothing holds the descriptor open; see `register_with_interest`")]
    #[track_caller]
    pub fn with_interest(inner: T, interest: Interest) -> io::Result<AsyncFd<T>> {
        Ok(AsyncFd::attach(inner, interest)?)
    }

    /// [`AsyncFd::register`] without its contract.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    #[deprecated(note = "nothing holds the descriptor open; see `register`")]
    #[track_caller]
    pub fn try_new(inner: T) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        AsyncFd::attach(inner, Interest::READABLE | Interest::WRITABLE)
    }

    /// [`AsyncFd::register_with_interest`] without its contract.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    #[deprecated(note = "nothing holds the descriptor open; see `register_with_interest`")]
    #[track_caller]
    pub fn try_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        AsyncFd::attach(inner, interest)
    }

    #[track_caller]
    fn attach(mut inner: T, interest: Interest) -> Result<AsyncFd<T>, AsyncFdRegisterError<T>> {
        let registration = Registration::new(&mut inner, selector_interest(interest));
        let attached = registration.and_then(|registration| {
            registration.attach_alone(&inner)?;
            Ok(registration)
        });
        match attached {
            Ok(registration) => Ok(AsyncFd {
                registration,
                inner: Some(inner),
            }),
            Err(cause) => Err(AsyncFdRegisterError::new(inner, cause)),
        }
    }

    /// The value.
    pub fn get_ref(&self) -> &T {
        self.inner.as_ref().expect(PRESENT)
    }

    /// The value, to change it.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect(PRESENT)
    }

    /// The value, which is waited for no more; also after a shutdown.
    pub fn into_inner(mut self) -> T {
        let mut inner = self.inner.take().expect(PRESENT);
        // It fails where the descriptor is closed already: then it is out.
        let _ = self.registration.detach(&mut inner);
        inner
    }

    fn poll_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<ReadyEvent>>> {
        let unit = ready!(coop::poll_proceed(cx));
        let event = ready!(self.registration.poll_ready(direction, cx))?;
        unit.made();
        Poll::Ready(Ok(event))
    }

    /// Polls for something to read. Only the waker of the last call that reads counts.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    pub fn poll_read_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let event = ready!(self.poll_ready(Direction::Read, cx))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, event)))
    }

    /// The same with the right to change the value.
    ///
    /// # Errors
    /// As there.
    pub fn poll_read_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let event = ready!(self.poll_ready(Direction::Read, cx))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, event)))
    }

    /// Polls for room to write. Only the waker of the last call that writes counts.
    ///
    /// # Errors
    /// After a shutdown of the runtime.
    pub fn poll_write_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let event = ready!(self.poll_ready(Direction::Write, cx))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, event)))
    }

    /// The same with the right to change the value.
    ///
    /// # Errors
    /// As there.
    pub fn poll_write_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let event = ready!(self.poll_ready(Direction::Write, cx))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, event)))
    }
}

/// What [`AsyncFd`]'s option holds while anybody can see it.
const PRESENT: &str = "the value is there until the descriptor is taken apart";

impl<T: AsRawFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        if let Some(inner) = &mut self.inner {
            // As in `into_inner`.
            let _ = self.registration.detach(inner);
        }
    }
}

impl<T: AsRawFd> AsRawFd for AsyncFd<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.get_ref().as_raw_fd()
    }
}

impl<T: AsRawFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: who registered it promised that the descriptor stays open as long as this is.
        unsafe { BorrowedFd::borrow_raw(self.as_raw_fd()) }
    }
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd")
            .field("inner", self.get_ref())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
