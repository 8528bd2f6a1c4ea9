//! Sockets among the processes of one machine, and pipes.
//!
//! Their addresses are paths, or on Linux abstract names: texts that begin with a zero byte, which
//! leave nothing in the file system. A path that was bound stays there after its socket is closed:
//! who binds it again removes it first.

mod address;
pub use address::SocketAddr;

mod credentials;
pub use credentials::UCred;

mod stream;
pub use stream::UnixStream;

mod split;
pub use split::{ReadHalf, WriteHalf};

mod split_owned;
pub use split_owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};

mod listener;
pub use listener::UnixListener;

mod socket;
pub use socket::UnixSocket;

mod datagram;
pub use datagram::UnixDatagram;

pub mod pipe;

/// The number of a user.
#[allow(non_camel_case_types, reason = "the name that it has in C")]
pub type uid_t = u32;

/// The number of a group.
#[allow(non_camel_case_types, reason = "the name that it has in C")]
pub type gid_t = u32;

/// The number of a process, or of a group of processes.
#[allow(non_camel_case_types, reason = "the name that it has in C")]
pub type pid_t = i32;

#[cfg(all(test, not(loom)))]
mod tests;
