//! epoll and kqueue.
//!
//! One call an object's life: edge-triggered, both directions, when the first operation would
//! block. The kernel reports at once what is ready by then, so nothing that came before is missed.
//! Closing the descriptor ends it; a duplicate that lives on elsewhere can still cause events,
//! which its token's generation makes stale.

use std::io;
use std::os::fd::AsRawFd;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

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
    interest: Interest,
) -> io::Result<()> {
    let descriptor = io.as_raw_fd();
    match registry.register(&mut SourceFd(&descriptor), token, interest) {
        // A duplicate of the same socket once stood under this number and was never taken out.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            registry.reregister(&mut SourceFd(&descriptor), token, interest)
        }
        outcome => outcome,
    }
}

/// Never called here.
pub(in crate::driver) fn attach_early<S: Pollable>(
    registry: &Registry,
    io: &mut S,
    token: Token,
    interest: Interest,
) -> io::Result<()> {
    attach(registry, io, token, interest)
}

/// Takes a descriptor out that will not be closed.
pub(in crate::driver) fn detach<S: Pollable>(registry: &Registry, io: &mut S) -> io::Result<()> {
    registry.deregister(&mut SourceFd(&io.as_raw_fd()))
}
