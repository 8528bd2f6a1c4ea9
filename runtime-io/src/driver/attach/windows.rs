//! IOCP, through mio.

use std::io;

use mio::event::Source;
use mio::{Interest, Registry, Token};

/// What can be waited for.
pub(crate) trait Pollable: Source {}

impl<T: Source> Pollable for T {}

/// Sources are attached when they are made.
pub(in crate::driver) const LAZY: bool = false;

/// Only an operation that would block arms the next event.
pub(in crate::driver) const SHORT_MEANS_DRAINED: bool = false;

/// Never succeeds here: a source that was not attached when it was made never is.
pub(in crate::driver) fn attach<S: Pollable>(
    _registry: &Registry,
    _io: &S,
    _token: Token,
    _interest: Interest,
) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Adds a socket.
pub(in crate::driver) fn attach_early<S: Pollable>(
    registry: &Registry,
    io: &mut S,
    token: Token,
    interest: Interest,
) -> io::Result<()> {
    registry.register(io, token, interest)
}

/// Takes a socket out that will not be closed.
pub(in crate::driver) fn detach<S: Pollable>(registry: &Registry, io: &mut S) -> io::Result<()> {
    registry.deregister(io)
}
