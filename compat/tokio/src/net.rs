//! Sockets.

pub use ::runtime::net::{
    TcpListener, TcpSocket, TcpStream, ToSocketAddrs, UdpSocket, lookup_host,
};

/// The parts of a stream, and what can go wrong with them.
pub mod tcp {
    pub use ::runtime::net::tcp::{
        OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf,
    };
}
