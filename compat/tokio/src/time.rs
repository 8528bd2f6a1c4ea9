//! Timers and clocks.

pub use ::runtime::time::{
    Duration, Instant, Interval, MissedTickBehavior, Sleep, Timeout, interval, interval_at, sleep,
    sleep_until, timeout, timeout_at,
};

#[cfg(feature = "test-util")]
pub use ::runtime::time::{advance, pause, resume};

/// What can go wrong with them.
pub mod error {
    pub use ::runtime::time::error::{Elapsed, Error};
}
