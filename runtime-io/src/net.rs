//! TCP, UDP and Unix sockets, pipes, and the addresses they are given.

mod addr;
pub use addr::ToSocketAddrs;

mod lookup_host;
pub use lookup_host::lookup_host;

pub mod tcp;
#[doc(inline)]
pub use tcp::{TcpListener, TcpSocket, TcpStream};

mod udp;
pub use udp::{Datagram, Received, UdpSocket};

#[cfg(unix)]
pub mod unix;
#[cfg(unix)]
#[doc(inline)]
pub use unix::{UnixDatagram, UnixListener, UnixSocket, UnixStream};

#[cfg(windows)]
pub mod windows;

mod accept;
mod backoff;
mod byte_stream;
mod datagram;
mod descriptors;
mod halves;
mod numbers;
mod options;
mod receive;
