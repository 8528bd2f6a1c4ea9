//! An alarm: one thread sleeps on it, any thread sets when it rings.
//!
//! The runtime's sentinel sleeps here. Its alarm is set whenever a slot is taken and nobody watches,
//! so setting it must cost little and wake nobody. A timerfd can do that (Linux, Android), and
//! a waitable timer (Windows); elsewhere, or where the kernel gives none now, a condition variable
//! stands in, whose sleeper wakes when the alarm is set, and sleeps again for the interval.
//!
//! **If it fails.** Foreign code may close a descriptor of ours (`close_range`). Whoever finds the
//! kernel's timer gone, setter or sleeper, says so for good, and the condition variable stands in from
//! then on. *Nothing is lost*: a setter that fails sets the stand-in instead. What was set before, on
//! a timer that had been there, is gone with it; so a sleeper that fails returns, early, and sets the
//! alarm anew. One that slept in the kernel when the descriptor was closed still hears its timer, which
//! is why that rings now and then even when it is off.
//!
//! A crate of its own, below the core, so that the core knows no descriptors.
#![deny(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod condition;

#[cfg(windows)]
pub mod waitable;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "timerfd.rs"]
mod kernel;

#[cfg(windows)]
#[path = "windows.rs"]
mod kernel;

#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
#[path = "no_kernel.rs"]
mod kernel;

use std::io;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use condition::Condition;
use kernel::Kernel;

/// See the crate's documentation.
#[derive(Debug)]
pub struct Alarm {
    /// Where the system gives one.
    kernel: Option<Kernel>,
    has_failed: AtomicBool,
    stand_in: Condition,
}

impl Alarm {
    /// An alarm that is off.
    pub fn new() -> Alarm {
        Alarm {
            kernel: Kernel::new(),
            has_failed: AtomicBool::new(false),
            stand_in: Condition::default(),
        }
    }

    /// Rings `after` from now and then every `after` until it is set anew; `None` turns it off.
    pub fn set(&self, after: Option<Duration>) {
        if !self.by_kernel(|kernel| kernel.set(after)) {
            self.stand_in.set(after);
        }
    }

    /// Rings at once, and goes on as it was set.
    pub fn ring(&self) {
        if !self.by_kernel(Kernel::ring) {
            self.stand_in.ring();
        }
    }

    /// Sleeps until it rings. May return early; then it may be off, and has to be set again.
    pub fn wait(&self) {
        match self.kernel() {
            Some(kernel) => self.note(kernel.wait()),
            None => self.stand_in.wait(),
        }
    }

    /// Whether setting the alarm wakes the sleeper, so that it had better be left alone.
    pub fn wakes_when_set(&self) -> bool {
        self.kernel().is_none()
    }

    /// The kernel's timer, as long as it is known to be there.
    fn kernel(&self) -> Option<&Kernel> {
        // Acquire: pairs with `note`.
        let has_failed = self.has_failed.load(Ordering::Acquire);
        self.kernel.as_ref().filter(|_| !has_failed)
    }

    /// Whether the kernel's timer is there and has done it.
    fn by_kernel(&self, act: impl FnOnce(&Kernel) -> io::Result<()>) -> bool {
        self.kernel().is_some_and(|kernel| {
            let outcome = act(kernel);
            let done = outcome.is_ok();
            self.note(outcome);
            done
        })
    }

    fn note(&self, outcome: io::Result<()>) {
        if outcome.is_err() {
            // Release: pairs with `kernel`.
            self.has_failed.store(true, Ordering::Release);
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if *self.has_failed.get_mut() {
            // What bears its number now, if anything, is somebody else's: it is not closed.
            let _not_closed = ManuallyDrop::new(self.kernel.take());
        }
    }
}

impl Default for Alarm {
    fn default() -> Alarm {
        Alarm::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Alarm;
    use std::sync::atomic::AtomicBool;
    use std::time::{Duration, Instant};

    fn both() -> [Alarm; 2] {
        let stand_in = Alarm {
            kernel: None,
            has_failed: AtomicBool::new(false),
            stand_in: Default::default(),
        };
        [Alarm::new(), stand_in]
    }

    #[test]
    fn it_rings_again_and_again_and_never_early() {
        for alarm in both() {
            let start = Instant::now();
            alarm.set(Some(Duration::from_micros(300)));
            for rings in 1..4 {
                alarm.wait();
                assert!(
                    start.elapsed() >= Duration::from_micros(300) * rings,
                    "{alarm:?}"
                );
            }
        }
    }

    #[test]
    fn ringing_ends_a_wait_that_would_last() {
        for alarm in both() {
            alarm.set(Some(Duration::from_secs(3600)));
            alarm.ring();
            alarm.wait();
        }
    }

    #[test]
    fn ringing_ends_a_wait_without_end() {
        for alarm in both() {
            alarm.set(Some(Duration::from_secs(1)));
            alarm.set(None);
            std::thread::scope(|scope| {
                scope.spawn(|| alarm.wait());
                alarm.ring();
            });
        }
    }

    #[test]
    fn setting_it_shortens_a_wait_without_end() {
        for alarm in both() {
            std::thread::scope(|scope| {
                scope.spawn(|| alarm.wait());
                alarm.set(Some(Duration::from_millis(1)));
            });
        }
    }
}
