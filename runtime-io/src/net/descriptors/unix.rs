//! File descriptors.
#![allow(
    unsafe_code,
    reason = "the trait's own contract hands an owned descriptor over"
)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, RawFd};

use crate::net::unix::pipe;
use crate::net::{
    TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSocket,
    UnixStream,
};

/// A socket that stands in a reactor.
macro_rules! evented {
    ($($socket:ty),+) => {$(
        impl AsRawFd for $socket {
            fn as_raw_fd(&self) -> RawFd {
                self.io.as_raw_fd()
            }
        }

        impl AsFd for $socket {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.io.as_fd()
            }
        }
    )+};
}

evented!(
    TcpStream,
    TcpListener,
    UdpSocket,
    UnixStream,
    UnixListener,
    UnixDatagram,
    pipe::Sender,
    pipe::Receiver
);

/// A socket that stands in none yet.
macro_rules! plain {
    ($($socket:ident),+) => {$(
        impl AsRawFd for $socket {
            fn as_raw_fd(&self) -> RawFd {
                self.inner.as_raw_fd()
            }
        }

        impl AsFd for $socket {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.inner.as_fd()
            }
        }

        impl FromRawFd for $socket {
            unsafe fn from_raw_fd(descriptor: RawFd) -> $socket {
                // SAFETY: the caller owns it and gives it away.
                let inner = unsafe { socket2::Socket::from_raw_fd(descriptor) };
                $socket { inner }
            }
        }

        impl IntoRawFd for $socket {
            fn into_raw_fd(self) -> RawFd {
                self.inner.into_raw_fd()
            }
        }
    )+};
}

plain!(TcpSocket, UnixSocket);
