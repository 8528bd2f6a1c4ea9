//! An alarm: one thread sleeps on it, any thread sets when it rings.
//!
//! The runtime's sentinel sleeps here. Its alarm is set whenever a slot is taken and nobody watches,
//! so setting it must cost little and wake nobody. A timerfd can do that (Linux, Android), and
//! a waitable timer (Windows); elsewhere, or where the kernel gives none now, a condition variable
//! stands in, whose sleeper wakes when the alarm is set, and sleeps again for the interval.
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

use std::time::Duration;

use condition::Condition;
use kernel::Kernel;

/// See the crate's documentation.
#[derive(Debug)]
pub struct Alarm(Kind);

#[derive(Debug)]
enum Kind {
    Kernel(Kernel),
    Condition(Condition),
}

impl Alarm {
    /// An alarm that is off.
    pub fn new() -> Alarm {
        Alarm(Kernel::new().map_or_else(|| Kind::Condition(Condition::default()), Kind::Kernel))
    }

    /// Rings `after` from now and then every `after` until it is set anew; `None` turns it off.
    pub fn set(&self, after: Option<Duration>) {
        match &self.0 {
            Kind::Kernel(kernel) => kernel.set(after),
            Kind::Condition(condition) => condition.set(after),
        }
    }

    /// Rings at once, and goes on as it was set.
    pub fn ring(&self) {
        match &self.0 {
            Kind::Kernel(kernel) => kernel.ring(),
            Kind::Condition(condition) => condition.ring(),
        }
    }

    /// Sleeps until it rings. May return early.
    pub fn wait(&self) {
        match &self.0 {
            Kind::Kernel(kernel) => kernel.wait(),
            Kind::Condition(condition) => condition.wait(),
        }
    }

    /// Whether setting the alarm wakes the sleeper, so that it had better be left alone.
    pub fn wakes_when_set(&self) -> bool {
        matches!(self.0, Kind::Condition(_))
    }
}

impl Default for Alarm {
    fn default() -> Alarm {
        Alarm::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Alarm, Condition, Kind};
    use std::time::{Duration, Instant};

    fn both() -> [Alarm; 2] {
        [Alarm::new(), Alarm(Kind::Condition(Condition::default()))]
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
