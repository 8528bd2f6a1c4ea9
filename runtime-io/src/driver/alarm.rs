//! A timed sleep whose end others move without waking the sleeper.

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "alarm/timerfd.rs"]
mod imp;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "alarm/none.rs"]
mod imp;

pub(super) use imp::alarm;
