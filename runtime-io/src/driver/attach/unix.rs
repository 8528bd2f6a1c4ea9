//! epoll and kqueue.
//!
//! One call an object's life: edge-triggered, both directions, when the first operation would
//! block. The kernel reports at once what is ready by then, so nothing that came before is missed.
//! Closing the descriptor ends it; a duplicate that lives on elsewhere can still cause events,
//! which its token's generation makes stale.

use std::io;
use std::os::fd::AsRawFd;

use mio::unix::SourceFd;
use mio::{Interest as MioInterest, Registry, Token};

use crate::io::Interest;

/// What can be waited for.
pub(crate) trait Pollable: AsRawFd {}

impl<T: AsRawFd> Pollable for T {}

/// Sources are attached when they first have to wait.
pub(in crate::driver) const LAZY: bool = true;

/// Whether a read or write of fewer bytes than asked for means that the next would block, and that
/// its end will be an event.
pub(in crate::driver) const SHORT_MEANS_DRAINED: bool = true;

/// Adds a descriptor.
pub(in crate::driver) fn attach<S: Pollable>(
    registry: &Registry,
    io: &S,
    token: Token,
    interest: MioInterest,
) -> io::Result<()> {
    match attach_alone(registry, io, token, interest) {
        // A duplicate of the same socket once stood under this number and was never taken out.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            registry.reregister(&mut SourceFd(&io.as_raw_fd()), token, interest)
        }
        outcome => outcome,
    }
}

/// Adds a descriptor that somebody else may have added: then it is an error, as it is if a duplicate
/// of it once stood under this number.
pub(in crate::driver) fn attach_alone<S: Pollable>(
    registry: &Registry,
    io: &S,
    token: Token,
    interest: MioInterest,
) -> io::Result<()> {
    registry.register(&mut SourceFd(&io.as_raw_fd()), token, interest)
}

/// Never called here.
pub(in crate::driver) fn attach_early<S: Pollable>(
    registry: &Registry,
    io: &mut S,
    token: Token,
    interest: MioInterest,
) -> io::Result<()> {
    attach(registry, io, token, interest)
}

/// Takes a descriptor out that will not be closed.
pub(in crate::driver) fn detach<S: Pollable>(registry: &Registry, io: &mut S) -> io::Result<()> {
    registry.deregister(&mut SourceFd(&io.as_raw_fd()))
}

/// What to ask the selector for. It always tells of errors, but must be asked for something.
pub(crate) fn selector_interest(interest: Interest) -> MioInterest {
    let parts = [
        (interest.is_readable(), Some(MioInterest::READABLE)),
        (interest.is_writable(), Some(MioInterest::WRITABLE)),
        (interest.is_priority(), URGENT),
    ];
    let asked = parts
        .into_iter()
        .filter_map(|(is, part)| part.filter(|_| is));
    asked
        .reduce(MioInterest::add)
        .unwrap_or(MioInterest::READABLE)
}

/// Only epoll tells of urgent data.
#[cfg(any(target_os = "linux", target_os = "android"))]
const URGENT: Option<MioInterest> = Some(MioInterest::PRIORITY);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const URGENT: Option<MioInterest> = None;
