//! A sleep without a driver, and the kick that ends it: a token, which ends the sleep that is under
//! way or else the next one.
//!
//! A condition variable will do where its timeouts are exact. On Windows they end with the system's
//! tick, up to 15.6 ms late; there an alarm is slept on.

#[cfg(not(windows))]
#[path = "plain/condition.rs"]
mod imp;

#[cfg(windows)]
#[path = "plain/alarm.rs"]
mod imp;

pub(crate) use imp::PlainSleeper;
