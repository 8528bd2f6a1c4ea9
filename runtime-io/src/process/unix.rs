//! What is Unix's own about a child.

pub(super) mod exit;

mod reaper;
pub(super) use reaper::adopt as leave;

#[cfg(target_os = "linux")]
#[path = "unix/pidfd.rs"]
mod pidfd;

#[cfg(not(target_os = "linux"))]
#[path = "unix/no_pidfd.rs"]
mod pidfd;

use pidfd::open_pidfd;
