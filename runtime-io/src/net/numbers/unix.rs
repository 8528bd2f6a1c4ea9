//! errno and flags of Unix systems; accept(2) lists what a connection's own failure looks like.

/// Lets a send to a closed connection fail without SIGPIPE; where there is no such flag, the socket
/// has an option set.
#[cfg(not(target_vendor = "apple"))]
pub(in crate::net) const NO_SIGNAL: i32 = libc::MSG_NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(in crate::net) const NO_SIGNAL: i32 = 0;

pub(super) const IN_PROGRESS: i32 = libc::EINPROGRESS;

pub(super) const NO_ROOM: &[i32] = &[libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];

pub(super) const ONE_CONNECTION: &[i32] = &[
    libc::ECONNABORTED,
    libc::ECONNRESET,
    libc::EPROTO,
    libc::EPERM,
    libc::ENOPROTOOPT,
    libc::ENETDOWN,
    libc::ENETUNREACH,
    libc::EHOSTDOWN,
    libc::EHOSTUNREACH,
    libc::ETIMEDOUT,
];
