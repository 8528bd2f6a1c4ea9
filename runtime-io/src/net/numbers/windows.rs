//! WSA error numbers, by value: they are part of the system's interface.

/// There is no signal to be raised.
pub(in crate::net) const NO_SIGNAL: i32 = 0;

/// WSAEWOULDBLOCK.
pub(super) const IN_PROGRESS: i32 = 10035;

/// WSAEMFILE, WSAENOBUFS.
pub(super) const NO_ROOM: &[i32] = &[10024, 10055];

/// WSAENETDOWN, WSAECONNABORTED, WSAECONNRESET.
pub(super) const ONE_CONNECTION: &[i32] = &[10050, 10053, 10054];
