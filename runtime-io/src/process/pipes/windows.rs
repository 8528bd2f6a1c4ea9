//! Pipes as sources of the driver: to the system they are named pipes, opened for overlapped I/O.
//!
//! mio reads ahead: from the moment that the driver has a pipe, up to 4 KiB of it stand in memory.
//! So the driver gets it at the first read or write, and until then it can be handed on whole, to
//! another child, say. Afterwards the reading end cannot: bytes would be missing, and that is an
//! error, not a silence.
//!
//! A write is copied, [`WRITE_MAX`] bytes at most, and under way when it is done here; the next
//! waits for it, and has its error. Dropping the end lets it go on.
#![allow(unsafe_code, reason = "owned handles change hands, and are lent")]

use std::io::{self, IoSlice, Read, Write};
use std::os::windows::io::{
    AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, IntoRawHandle, OwnedHandle, RawHandle,
};
use std::task::{Context, Poll};

use mio::Interest;
use mio::windows::NamedPipe;

use super::{ChildStderr, ChildStdin, ChildStdout};
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::ReadBuf;

/// Only the first slice goes out at once.
pub(super) const TAKES_SLICES: bool = false;

/// As much as one write takes.
const WRITE_MAX: usize = 64 * 1024;

pub(super) struct WriteEnd(Evented<NamedPipe>);

pub(super) struct ReadEnd(Evented<NamedPipe>);

/// The pipe of a handle that std gave away; the driver does not have it yet.
#[track_caller]
fn unattached(handle: OwnedHandle, interest: Interest) -> io::Result<Evented<NamedPipe>> {
    // SAFETY: the handle is ours alone, and open; std's children have overlapped ones.
    let pipe = unsafe { NamedPipe::from_raw_handle(handle.into_raw_handle()) };
    Evented::new_unattached(pipe, interest)
}

fn lend(pipe: &Evented<NamedPipe>) -> BorrowedHandle<'_> {
    // SAFETY: it stays open as long as the pipe.
    unsafe { BorrowedHandle::borrow_raw(pipe.as_raw_handle()) }
}

impl WriteEnd {
    #[track_caller]
    pub(super) fn new(inner: impl Into<OwnedHandle>) -> io::Result<WriteEnd> {
        unattached(inner.into(), Interest::WRITABLE).map(WriteEnd)
    }

    pub(super) fn into_owned(self) -> io::Result<OwnedHandle> {
        lend(&self.0).try_clone_to_owned()
    }

    pub(super) fn raw(&self) -> RawHandle {
        self.0.as_raw_handle()
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            // A write of nothing would look like the end to who reads.
            return Poll::Ready(Ok(0));
        }
        self.0.attach()?;
        let buf = &buf[..buf.len().min(WRITE_MAX)];
        self.0
            .poll_io(Direction::Write, cx, || (&*self.0).write(buf))
    }

    pub(super) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(cx, first.map_or(&[], |buf| &**buf))
    }
}

impl ReadEnd {
    #[track_caller]
    pub(super) fn new(inner: impl Into<OwnedHandle>) -> io::Result<ReadEnd> {
        unattached(inner.into(), Interest::READABLE).map(ReadEnd)
    }

    pub(super) fn into_owned(self) -> io::Result<OwnedHandle> {
        if self.0.is_attached() {
            return Err(io::Error::other(
                "a pipe that was read from has been read ahead: it cannot be handed on",
            ));
        }
        lend(&self.0).try_clone_to_owned()
    }

    pub(super) fn raw(&self) -> RawHandle {
        self.0.as_raw_handle()
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.attach()?;
        self.0.poll_io(Direction::Read, cx, || {
            let read = (&*self.0).read(buf.initialize_unfilled())?;
            buf.advance(read);
            Ok(())
        })
    }
}

macro_rules! handle {
    ($($pipe:ident),+) => {$(
        impl $pipe {
            /// The bare handle.
            ///
            /// # Errors
            /// What the operating system says. Of a pipe that reads: if it was read from, when what
            /// was read ahead would be missing. The pipe is closed.
            pub fn into_owned_handle(self) -> io::Result<OwnedHandle> {
                self.pipe.into_owned()
            }
        }

        impl AsRawHandle for $pipe {
            fn as_raw_handle(&self) -> RawHandle {
                self.pipe.raw()
            }
        }

        impl AsHandle for $pipe {
            fn as_handle(&self) -> BorrowedHandle<'_> {
                lend(&self.pipe.0)
            }
        }
    )+};
}

handle!(ChildStdin, ChildStdout, ChildStderr);
