//! File descriptors.
#![allow(
    unsafe_code,
    reason = "the trait's own contract hands an owned descriptor over"
)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, RawFd};

use crate::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

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

evented!(TcpStream, TcpListener, UdpSocket);

impl AsRawFd for TcpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

impl FromRawFd for TcpSocket {
    unsafe fn from_raw_fd(descriptor: RawFd) -> TcpSocket {
        // SAFETY: the caller owns it and gives it away.
        let inner = unsafe { socket2::Socket::from_raw_fd(descriptor) };
        TcpSocket { inner }
    }
}

impl IntoRawFd for TcpSocket {
    fn into_raw_fd(self) -> RawFd {
        self.inner.into_raw_fd()
    }
}
