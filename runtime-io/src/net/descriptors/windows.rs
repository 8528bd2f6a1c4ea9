//! Socket handles.
#![allow(
    unsafe_code,
    reason = "the trait's own contract hands an owned socket over"
)]

use std::os::windows::io::{
    AsRawSocket, AsSocket, BorrowedSocket, FromRawSocket, IntoRawSocket, RawSocket,
};

use crate::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

/// A socket that stands in a reactor.
macro_rules! evented {
    ($($socket:ty),+) => {$(
        impl AsRawSocket for $socket {
            fn as_raw_socket(&self) -> RawSocket {
                self.io.as_raw_socket()
            }
        }

        impl AsSocket for $socket {
            fn as_socket(&self) -> BorrowedSocket<'_> {
                self.io.as_socket()
            }
        }
    )+};
}

evented!(TcpStream, TcpListener, UdpSocket);

impl AsRawSocket for TcpSocket {
    fn as_raw_socket(&self) -> RawSocket {
        self.inner.as_raw_socket()
    }
}

impl AsSocket for TcpSocket {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.inner.as_socket()
    }
}

impl FromRawSocket for TcpSocket {
    unsafe fn from_raw_socket(socket: RawSocket) -> TcpSocket {
        // SAFETY: the caller owns it and gives it away.
        let inner = unsafe { socket2::Socket::from_raw_socket(socket) };
        TcpSocket { inner }
    }
}

impl IntoRawSocket for TcpSocket {
    fn into_raw_socket(self) -> RawSocket {
        self.inner.into_raw_socket()
    }
}
