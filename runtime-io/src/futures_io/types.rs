//! Our types as streams of `futures-io`.
//!
//! What is shown for each: that its reads, writes and buffers are those that it has anyway, by
//! other names. What goes around a stream does so if that stream is one of ours.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io as foreign;

use super::read_into;
use crate::io::{
    AsyncBufRead, AsyncRead, AsyncWrite, BufReader, BufStream, BufWriter, Chain, DuplexStream,
    Empty, Join, ReadHalf, Repeat, SimplexStream, Sink, Take, WriteHalf,
};

macro_rules! read {
    ($([$($bounds:tt)*] $reader:ty,)*) => {$(
        impl<$($bounds)*> foreign::AsyncRead for $reader {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                read_into(self, cx, bytes)
            }
        }
    )*};
}

macro_rules! buf_read {
    ($([$($bounds:tt)*] $reader:ty,)*) => {$(
        impl<$($bounds)*> foreign::AsyncBufRead for $reader {
            fn poll_fill_buf(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<&[u8]>> {
                AsyncBufRead::poll_fill_buf(self, cx)
            }

            fn consume(self: Pin<&mut Self>, amount: usize) {
                AsyncBufRead::consume(self, amount);
            }
        }
    )*};
}

macro_rules! write {
    ($([$($bounds:tt)*] $writer:ty,)*) => {$(
        impl<$($bounds)*> foreign::AsyncWrite for $writer {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                AsyncWrite::poll_write(self, cx, bytes)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                AsyncWrite::poll_write_vectored(self, cx, slices)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                AsyncWrite::poll_flush(self, cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                AsyncWrite::poll_shutdown(self, cx)
            }
        }
    )*};
}

read! {
    [] DuplexStream,
    [] SimplexStream,
    [] Empty,
    [] Repeat,
    [T: AsyncRead] ReadHalf<T>,
    [R: AsyncRead] BufReader<R>,
    [W: AsyncRead + AsyncWrite] BufWriter<W>,
    [RW: AsyncRead + AsyncWrite] BufStream<RW>,
    [R: AsyncRead] Take<R>,
    [T: AsyncRead, U: AsyncRead] Chain<T, U>,
    [R: AsyncRead, W] Join<R, W>,
}

buf_read! {
    [] Empty,
    [R: AsyncRead] BufReader<R>,
    [W: AsyncWrite + AsyncBufRead] BufWriter<W>,
    [RW: AsyncRead + AsyncWrite] BufStream<RW>,
    [R: AsyncBufRead] Take<R>,
    [T: AsyncBufRead, U: AsyncBufRead] Chain<T, U>,
    [R: AsyncBufRead, W] Join<R, W>,
}

write! {
    [] DuplexStream,
    [] SimplexStream,
    [] Empty,
    [] Sink,
    [T: AsyncWrite] WriteHalf<T>,
    [R: AsyncRead + AsyncWrite] BufReader<R>,
    [W: AsyncWrite] BufWriter<W>,
    [RW: AsyncRead + AsyncWrite] BufStream<RW>,
    [R, W: AsyncWrite] Join<R, W>,
}

#[cfg(feature = "net")]
mod net {
    use super::*;
    use crate::net::{TcpStream, tcp};

    read! {
        [] TcpStream,
        [] tcp::OwnedReadHalf,
        ['stream] tcp::ReadHalf<'stream>,
    }

    write! {
        [] TcpStream,
        [] tcp::OwnedWriteHalf,
        ['stream] tcp::WriteHalf<'stream>,
    }
}

#[cfg(all(unix, feature = "net"))]
mod unix {
    use super::*;
    use crate::net::unix::pipe;
    use crate::net::{UnixStream, unix};

    read! {
        [] UnixStream,
        [] unix::OwnedReadHalf,
        ['stream] unix::ReadHalf<'stream>,
        [] pipe::Receiver,
    }

    write! {
        [] UnixStream,
        [] unix::OwnedWriteHalf,
        ['stream] unix::WriteHalf<'stream>,
        [] pipe::Sender,
    }
}

#[cfg(all(windows, feature = "net"))]
mod windows {
    use super::*;
    use crate::net::windows::named_pipe::{NamedPipeClient, NamedPipeServer};

    read! {
        [] NamedPipeClient,
        [] NamedPipeServer,
    }

    write! {
        [] NamedPipeClient,
        [] NamedPipeServer,
    }
}

#[cfg(feature = "process")]
mod process {
    use super::*;
    use crate::process::{ChildStderr, ChildStdin, ChildStdout};

    read! {
        [] ChildStdout,
        [] ChildStderr,
    }

    write! {
        [] ChildStdin,
    }
}

#[cfg(feature = "fs")]
mod fs {
    use super::*;
    use crate::fs::File;

    read! {
        [] File,
    }

    write! {
        [] File,
    }
}

#[cfg(feature = "io-std")]
mod stdio {
    use super::*;
    use crate::stdio::{Stderr, Stdin, Stdout};

    read! {
        [] Stdin,
    }

    write! {
        [] Stdout,
        [] Stderr,
    }
}
