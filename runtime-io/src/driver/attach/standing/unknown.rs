//! Where nobody says what a selector holds. (kqueue does not refuse what stands there already.)

use std::io;
use std::os::fd::AsRawFd;

use mio::{Registry, Token};

/// Always an error here.
pub(in crate::driver) fn standing<S: AsRawFd>(
    _registry: &Registry,
    _io: &S,
) -> io::Result<Vec<Token>> {
    Err(io::ErrorKind::Unsupported.into())
}
