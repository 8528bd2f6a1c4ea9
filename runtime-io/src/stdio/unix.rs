//! Descriptors of the standard streams, which stay open as long as the process.
#![allow(
    unsafe_code,
    reason = "the standard descriptors are lent without a handle"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use super::{Stderr, Stdin, Stdout};

macro_rules! descriptor {
    ($stream:ident, $std:path) => {
        impl AsRawFd for $stream {
            fn as_raw_fd(&self) -> RawFd {
                $std().as_raw_fd()
            }
        }

        impl AsFd for $stream {
            fn as_fd(&self) -> BorrowedFd<'_> {
                // SAFETY: the standard library lends these for ever: they are not closed.
                unsafe { BorrowedFd::borrow_raw(self.as_raw_fd()) }
            }
        }
    };
}

descriptor!(Stdin, io::stdin);
descriptor!(Stdout, io::stdout);
descriptor!(Stderr, io::stderr);
