//! Pipes as sources of the driver.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::task::{Context, Poll};

use mio::Interest;
use mio::unix::pipe::{Receiver, Sender};

use super::{ChildStderr, ChildStdin, ChildStdout};
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::{ReadBuf, slices};

/// Several slices go out at once.
pub(super) const TAKES_SLICES: bool = true;

pub(super) struct WriteEnd(Evented<Sender>);

pub(super) struct ReadEnd(Evented<Receiver>);

macro_rules! end {
    ($end:ident, $inner:ident, $interest:ident) => {
        impl $end {
            #[track_caller]
            pub(super) fn new(inner: impl Into<$inner>) -> io::Result<$end> {
                let inner = inner.into();
                inner.set_nonblocking(true)?;
                Evented::new(inner, Interest::$interest).map($end)
            }

            /// The bare descriptor, which blocks again, as programs that inherit it expect.
            pub(super) fn into_owned(self) -> io::Result<OwnedFd> {
                let inner = self.0.into_inner()?;
                inner.set_nonblocking(false)?;
                Ok(inner.into())
            }

            pub(super) fn raw(&self) -> RawFd {
                self.0.as_raw_fd()
            }
        }
    };
}

end!(WriteEnd, Sender, WRITABLE);
end!(ReadEnd, Receiver, READABLE);

impl WriteEnd {
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = || (&*self.0).write(buf);
        self.0.poll_bytes(Direction::Write, cx, buf.len(), write)
    }

    pub(super) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bufs = slices::at_once(bufs);
        let wanted = slices::length(bufs);
        let write = || (&*self.0).write_vectored(bufs);
        self.0.poll_bytes(Direction::Write, cx, wanted, write)
    }
}

impl ReadEnd {
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = || {
            let read = (&*self.0).read(buf.initialize_unfilled())?;
            buf.advance(read);
            Ok(read)
        };
        let read = self.0.poll_io(Direction::Read, cx, read);
        read.map_ok(drop)
    }
}

macro_rules! descriptor {
    ($($pipe:ident),+) => {$(
        impl $pipe {
            /// The bare descriptor, which blocks again, as programs that inherit it expect.
            ///
            /// # Errors
            /// What the operating system says; the pipe is closed.
            pub fn into_owned_fd(self) -> io::Result<OwnedFd> {
                self.pipe.into_owned()
            }
        }

        impl AsRawFd for $pipe {
            fn as_raw_fd(&self) -> RawFd {
                self.pipe.raw()
            }
        }

        impl AsFd for $pipe {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.pipe.0.as_fd()
            }
        }
    )+};
}

descriptor!(ChildStdin, ChildStdout, ChildStderr);
