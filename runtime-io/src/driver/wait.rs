//! Sleeping for no longer than asked, where the selector counts in milliseconds.

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "wait/epoll.rs"]
mod imp;

#[cfg(windows)]
#[path = "wait/precise.rs"]
mod imp;

#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
#[path = "wait/rounded.rs"]
mod imp;

pub(super) use imp::Waits;
