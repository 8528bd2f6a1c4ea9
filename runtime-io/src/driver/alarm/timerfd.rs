//! A timerfd that is read: the read sleeps until the timer rings, and setting the timer wakes
//! nobody.
//!
//! The period in force stands beside the descriptor, under a lock that is held over the system
//! call, so that [`Alarm::ring`] rings at once and keeps the period, whatever is set at the same
//! time.
#![allow(unsafe_code, reason = "timerfd has no wrapper in the standard library")]

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use runtime_core::loom::Mutex;
use runtime_core::park::driver::Alarm;

use crate::driver::wait::timespec_of;

/// `None` where the kernel gives no timer now.
pub(in crate::driver) fn alarm() -> Option<Box<dyn Alarm>> {
    TimerFd::new()
        .ok()
        .map(|alarm| Box::new(alarm) as Box<dyn Alarm>)
}

struct TimerFd {
    timer: OwnedFd,
    period: Mutex<Duration>,
}

impl TimerFd {
    fn new() -> io::Result<TimerFd> {
        // SAFETY: takes two integers.
        let raw = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC) };
        if raw < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made it, for nobody else.
        let timer = unsafe { OwnedFd::from_raw_fd(raw) };
        Ok(TimerFd {
            timer,
            period: Mutex::new(Duration::ZERO),
        })
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
        debug_assert_eq!(outcome, 0, "a timer of ours, a time in range");
    }
}

impl fmt::Debug for TimerFd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimerFd")
            .field("timer", &self.timer)
            .finish_non_exhaustive()
    }
}

impl Alarm for TimerFd {
    fn set(&self, after: Option<Duration>) {
        let mut period = self.period.lock();
        *period = after.map_or(Duration::ZERO, |after| after.max(Duration::from_nanos(1)));
        self.arm(*period, *period);
    }

    fn ring(&self) {
        let period = self.period.lock();
        self.arm(Duration::from_nanos(1), *period);
    }

    fn wait(&self) {
        let mut rings = [0_u8; 8];
        // SAFETY: a live descriptor and eight bytes to write to. An error ends the wait early, as
        // it may.
        unsafe {
            libc::read(
                self.timer.as_raw_fd(),
                rings.as_mut_ptr().cast(),
                rings.len(),
            )
        };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::TimerFd;
    use runtime_core::park::driver::Alarm;
    use std::time::{Duration, Instant};

    #[test]
    fn it_rings_again_and_again_and_never_early() {
        let alarm = TimerFd::new().unwrap();
        let start = Instant::now();
        alarm.set(Some(Duration::from_micros(300)));
        for rings in 1..4 {
            alarm.wait();
            assert!(start.elapsed() >= Duration::from_micros(300) * rings);
        }
    }

    #[test]
    fn ringing_ends_a_wait_that_would_last_and_keeps_the_period() {
        let alarm = TimerFd::new().unwrap();
        alarm.set(Some(Duration::from_secs(3600)));
        alarm.ring();
        alarm.wait();
        assert_eq!(*alarm.period.lock(), Duration::from_secs(3600));
    }

    #[test]
    fn ringing_ends_a_wait_without_end() {
        let alarm = TimerFd::new().unwrap();
        alarm.set(Some(Duration::ZERO));
        alarm.set(None);
        std::thread::scope(|scope| {
            scope.spawn(|| alarm.wait());
            alarm.ring();
        });
    }
}
