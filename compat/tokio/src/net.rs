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

#[cfg(unix)]
pub use ::runtime::net::{UnixDatagram, UnixListener, UnixSocket, UnixStream};

/// The parts of a Unix socket, and pipes.
#[cfg(unix)]
pub mod unix {
    pub use ::runtime::net::unix::{
        OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, SocketAddr, UCred, WriteHalf, gid_t,
        pid_t, uid_t,
    };

    /// Pipes.
    pub mod pipe {
        pub use ::runtime::net::unix::pipe::{OpenOptions, Receiver, Sender, pipe};
    }
}

/// Named pipes.
#[cfg(windows)]
pub mod windows {
    /// Their two ends, and how to open them.
    pub mod named_pipe {
        pub use ::runtime::net::windows::named_pipe::{
            ClientOptions, NamedPipeClient, NamedPipeServer, PipeEnd, PipeInfo, PipeMode,
            ServerOptions,
        };
    }
}
