//! How a socket comes to its selector, and what that selector promises.
//!
//! On epoll and kqueue the descriptor is enough, it may be added late, and closing it takes it
//! away. On Windows the socket itself is needed, at once and by `&mut`, and only an operation that
//! went through mio and would block arms the next event.

#[cfg(unix)]
#[path = "attach/unix.rs"]
mod imp;

#[cfg(windows)]
#[path = "attach/windows.rs"]
mod imp;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "attach/standing/epoll.rs"]
mod standing;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
#[path = "attach/standing/unknown.rs"]
mod standing;

pub(super) use imp::{LAZY, SHORT_MEANS_DRAINED, attach, attach_early, detach};

#[cfg(unix)]
pub(super) use imp::attach_alone;

#[cfg(unix)]
pub(super) use standing::standing;

#[cfg(unix)]
pub(crate) use imp::selector_interest;

pub(crate) use imp::Pollable;
