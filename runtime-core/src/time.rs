//! Waiting: [`sleep`], [`timeout`], [`interval`], and a clock that tests can stop.
//!
//! Time is measured in nanoseconds: nothing here is early, not by a nanosecond, and nothing is
//! rounded to a tick. How late a task runs depends on the operating system and on what else is
//! ready. Any [`Duration`] is allowed; one that the clock cannot add to the present stands for some
//! 30 years.
//!
//! A timer belongs to the runtime in whose context it was made, and is measured on that runtime's
//! clock wherever it is polled. It is registered when it is first polled and found to be early,
//! with the timers of the slot that polls it, and taken back when it is dropped: a timeout that
//! never strikes costs some ten nanoseconds.
//!
//! # Panics
//! Making a timer outside of a runtime panics; so does polling one that is not yet due after its
//! runtime was shut down, because nothing would ever end the wait.

pub mod error;

mod instant;
mod interval;
mod pause;
mod send_timeout;
mod sleep;
mod timeout;
mod timer;

#[cfg(all(test, not(loom)))]
mod tests;

pub use std::time::Duration;

pub use instant::Instant;
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use pause::{advance, pause, resume};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Timeout, timeout, timeout_at};
