//! TCP: streams, listeners, and sockets that become one of them.

mod listener;
pub use listener::TcpListener;

mod socket;
pub use socket::TcpSocket;

mod stream;
pub use stream::TcpStream;

mod split;
pub use split::{ReadHalf, WriteHalf};

mod split_owned;
pub use split_owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};

mod connect;
mod race;

#[cfg(all(test, unix, not(loom)))]
mod tests;
