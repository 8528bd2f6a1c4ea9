//! A timerfd that is read: the read sleeps until the timer rings, and setting the timer wakes
//! nobody.
//!
//! The period in force stands beside the descriptor, under a lock that is held over the system
//! call, so that [`Kernel::ring`] rings at once and keeps the period, whatever is set at the same
//! time.
#![allow(unsafe_code, reason = "timerfd has no wrapper in the standard library")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Kernel {
    timer: OwnedFd,
    period: Mutex<Duration>,
}

impl Kernel {
    /// `None` where the kernel gives no timer now.
    pub(crate) fn new() -> Option<Kernel> {
        // SAFETY: takes two integers.
        let raw = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC) };
        if raw < 0 {
            return None;
        }
        // SAFETY: the kernel has just made it, for nobody else.
        let timer = unsafe { OwnedFd::from_raw_fd(raw) };
        Some(Kernel {
            timer,
            period: Mutex::new(Duration::ZERO),
        })
    }

    /// Nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, Duration> {
        self.period.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Zero turns the timer off.
    fn arm(&self, first: Duration, period: Duration) {
        let times = libc::itimerspec {
            it_interval: timespec_of(period),
            it_value: timespec_of(first),
        };
        // SAFETY: a live descriptor and a valid `itimerspec` for the time of the call.
        let outcome =
            unsafe { libc::timerfd_settime(self.timer.as_raw_fd(), 0, &times, ptr::null_mut()) };
        debug_assert_eq!(
            outcome,
            0,
            "a timer of ours: {}",
            io::Error::last_os_error()
        );
    }

    pub(crate) fn set(&self, after: Option<Duration>) {
        let mut period = self.lock();
        *period = after.map_or(Duration::ZERO, |after| after.max(Duration::from_nanos(1)));
        self.arm(*period, *period);
    }

    pub(crate) fn ring(&self) {
        let period = self.lock();
        self.arm(Duration::from_nanos(1), *period);
    }

    pub(crate) fn wait(&self) {
        let mut rings = [0_u8; 8];
        // SAFETY: a live descriptor and eight bytes to write to. An error ends the wait early, as
        // it may.
        unsafe {
            libc::read(
                self.timer.as_raw_fd(),
                rings.as_mut_ptr().cast(),
                rings.len(),
            );
        }
    }
}

/// A duration longer than the clock's own range becomes the longest that it has.
#[allow(
    clippy::unnecessary_fallible_conversions,
    reason = "32-bit targets count in fewer bits"
)]
fn timespec_of(duration: Duration) -> libc::timespec {
    // SAFETY: a `timespec` is plain integers, for which zero is a value; some targets add padding
    // fields.
    let mut timespec: libc::timespec = unsafe { std::mem::zeroed() };
    timespec.tv_sec = libc::time_t::try_from(duration.as_secs()).unwrap_or(libc::time_t::MAX);
    // Below 10^9, so it fits wherever the field has 32 bits.
    timespec.tv_nsec = duration.subsec_nanos() as _;
    timespec
}
