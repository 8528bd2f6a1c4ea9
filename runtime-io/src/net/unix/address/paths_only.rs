//! Everywhere else a path is a path.

use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;

pub(super) fn of_path(path: &Path) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(path)
}

/// No kernel gives one.
pub(super) fn of_name(_name: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::InvalidData.into())
}
