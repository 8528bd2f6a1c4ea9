//! A timerfd that is read: the read sleeps until the timer rings, and setting the timer wakes
//! nobody.
//!
//! The period in force stands beside the descriptor, under a lock that is held over the system
//! call, so that [`Kernel::ring`] rings at once and keeps the period, whatever is set at the same
//! time.
//!
//! An error means that the descriptor is none of ours any more: somebody has closed it, and perhaps
//! its number is somebody else's now. A thread that slept in the read meanwhile goes on with the timer
//! that it had, and nobody else can reach that one. So a timer that is off rings all the same, once in
//! [`OFF_PERIOD`].
#![allow(unsafe_code, reason = "timerfd has no wrapper in the standard library")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Seldom enough to cost nothing; and for so long a closed descriptor may keep its sleeper.
const OFF_PERIOD: Duration = Duration::from_secs(5);

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
        let kernel = Kernel {
            timer,
            period: Mutex::new(OFF_PERIOD),
        };
        kernel.set(None).is_ok().then_some(kernel)
    }

    /// Nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, Duration> {
        self.period.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arm(&self, first: Duration, period: Duration) -> io::Result<()> {
        let times = libc::itimerspec {
            it_interval: timespec_of(period),
            it_value: timespec_of(first),
        };
        // SAFETY: a number and a valid `itimerspec` for the time of the call.
        let outcome =
            unsafe { libc::timerfd_settime(self.timer.as_raw_fd(), 0, &times, ptr::null_mut()) };
        match outcome {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub(crate) fn set(&self, after: Option<Duration>) -> io::Result<()> {
        let mut period = self.lock();
        *period = after.map_or(OFF_PERIOD, |after| after.max(Duration::from_nanos(1)));
        self.arm(*period, *period)
    }

    pub(crate) fn ring(&self) -> io::Result<()> {
        let period = self.lock();
        self.arm(Duration::from_nanos(1), *period)
    }

    /// Ends early by a signal.
    pub(crate) fn wait(&self) -> io::Result<()> {
        let mut rings = [0_u8; 8];
        // SAFETY: eight bytes to write to.
        let read = unsafe {
            libc::read(
                self.timer.as_raw_fd(),
                rings.as_mut_ptr().cast(),
                rings.len(),
            )
        };
        match read {
            8 => Ok(()),
            // Not a timer's.
            0.. => Err(io::ErrorKind::InvalidData.into()),
            _ => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
                error => Err(error),
            },
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

#[cfg(test)]
mod tests {
    use crate::Alarm;
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::thread;
    use std::time::{Duration, Instant};

    /// An alarm whose descriptor somebody else has taken. (To close it would give its number to
    /// another test.)
    fn robbed() -> Alarm {
        let alarm = Alarm::new();
        let kernel = alarm.kernel.as_ref().expect("a timer");
        let other = File::open("/dev/null").expect("it opens");
        // SAFETY: the alarm is the only owner, and is told by an error.
        let number = unsafe { libc::dup2(other.as_raw_fd(), kernel.timer.as_raw_fd()) };
        assert!(number >= 0);
        alarm
    }

    #[test]
    fn fault_095_a_sleeper_without_its_descriptor_does_not_spin() {
        let alarm = robbed();
        // The first may be early.
        alarm.wait();
        assert!(alarm.wakes_when_set());
        let start = Instant::now();
        alarm.set(Some(Duration::from_millis(2)));
        for rings in 1..4 {
            alarm.wait();
            assert!(start.elapsed() >= Duration::from_millis(2) * rings);
        }
    }

    #[test]
    fn fault_095_who_sets_or_rings_without_the_descriptor_is_heard() {
        let acts: [fn(&Alarm); 2] = [
            |alarm| alarm.set(Some(Duration::from_millis(1))),
            Alarm::ring,
        ];
        for act in acts {
            let alarm = robbed();
            act(&alarm);
            assert!(alarm.wakes_when_set());
            alarm.wait();
            alarm.set(None);
            thread::scope(|scope| {
                scope.spawn(|| alarm.wait());
                act(&alarm);
            });
        }
    }

    #[test]
    fn fault_095_an_alarm_that_is_gone_closes_nobodys_descriptor() {
        let alarm = robbed();
        let number = alarm.kernel.as_ref().expect("a timer").timer.as_raw_fd();
        alarm.ring();
        drop(alarm);
        // SAFETY: takes two integers.
        assert!(unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0);
    }
}
