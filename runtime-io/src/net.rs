//! TCP and UDP sockets and the addresses they are given.

mod addr;
pub use addr::ToSocketAddrs;

mod lookup_host;
pub use lookup_host::lookup_host;

pub mod tcp;
#[doc(inline)]
pub use tcp::{TcpListener, TcpSocket, TcpStream};

mod udp;
pub use udp::UdpSocket;

mod descriptors;
mod numbers;
mod options;
mod receive;
