//! On a waitable timer.
//!
//! The period in force stands beside it, under a lock that is held over the system call, so that
//! [`Kernel::ring`] rings at once and keeps the period, whatever is set at the same time.
#![allow(
    unsafe_code,
    reason = "the wait has no wrapper in the standard library"
)]

use std::io;
use std::os::windows::io::AsRawHandle;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{INFINITE, WaitForSingleObject};

use crate::waitable::Waitable;

#[derive(Debug)]
pub(crate) struct Kernel {
    timer: Waitable,
    period: Mutex<Option<Duration>>,
}

impl Kernel {
    /// `None` where the system has no such timer.
    pub(crate) fn new() -> Option<Kernel> {
        let timer = Waitable::new()?;
        let period = Mutex::new(None);
        Some(Kernel { timer, period })
    }

    /// Nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, Option<Duration>> {
        self.period.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, after: Option<Duration>) -> io::Result<()> {
        let mut period = self.lock();
        *period = after;
        let done = match after {
            Some(after) => self.timer.start(after, Some(after)),
            None => self.timer.cancel(),
        };
        or_error(done)
    }

    pub(crate) fn ring(&self) -> io::Result<()> {
        let period = self.lock();
        or_error(self.timer.start(Duration::ZERO, *period))
    }

    pub(crate) fn wait(&self) -> io::Result<()> {
        // SAFETY: takes a handle and a number.
        let ended = unsafe { WaitForSingleObject(self.timer.as_raw_handle(), INFINITE) };
        or_error(ended == WAIT_OBJECT_0)
    }
}

/// What the system refused, it says of this thread's last call.
fn or_error(done: bool) -> io::Result<()> {
    if done {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
