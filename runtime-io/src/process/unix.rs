//! What is Unix's own about a child.

pub(super) mod exit;

pub(super) mod reaper;

#[cfg(target_os = "linux")]
#[path = "unix/pidfd.rs"]
mod pidfd;

#[cfg(not(target_os = "linux"))]
#[path = "unix/no_pidfd.rs"]
mod pidfd;

use pidfd::open_pidfd;
