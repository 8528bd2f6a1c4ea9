//! Linux: names that are no paths.

use std::io;
#[cfg(target_os = "android")]
use std::os::android::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;

pub(super) fn of_path(path: &Path) -> io::Result<SocketAddr> {
    match path.as_os_str().as_bytes() {
        [0, name @ ..] => of_name(name),
        _ => SocketAddr::from_pathname(path),
    }
}

pub(super) fn of_name(name: &[u8]) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

pub(super) fn name_of(addr: &SocketAddr) -> Option<&[u8]> {
    addr.as_abstract_name()
}
