//! Sockets as the operating system knows them.

#[cfg(unix)]
#[path = "descriptors/unix.rs"]
mod imp;

#[cfg(windows)]
#[path = "descriptors/windows.rs"]
mod imp;
