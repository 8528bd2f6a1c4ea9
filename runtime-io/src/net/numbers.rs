//! What the numbers of the operating system mean.

use std::io;

#[cfg(unix)]
#[path = "numbers/unix.rs"]
mod imp;

#[cfg(windows)]
#[path = "numbers/windows.rs"]
mod imp;

pub(super) use imp::NO_SIGNAL;

/// What becomes of an accept that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AcceptFailure {
    /// That one connection is gone, or cannot be had; the next may be there already.
    OneConnection,
    /// There is no room for another descriptor or its memory now.
    NoRoom,
    /// It will not get better.
    Final,
}

impl AcceptFailure {
    pub(super) fn of(error: &io::Error) -> AcceptFailure {
        match error.raw_os_error() {
            Some(number) if imp::NO_ROOM.contains(&number) => AcceptFailure::NoRoom,
            Some(number) if imp::ONE_CONNECTION.contains(&number) => AcceptFailure::OneConnection,
            _ => AcceptFailure::Final,
        }
    }
}

/// Whether a connect goes on by itself.
pub(super) fn is_in_progress(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(imp::IN_PROGRESS)
}
