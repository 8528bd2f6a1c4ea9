//! Handles of the standard streams, which stay open as long as the process.
#![allow(unsafe_code, reason = "the standard handles are lent without an owner")]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, RawHandle};

use super::{Stderr, Stdin, Stdout};

macro_rules! handle {
    ($stream:ident, $std:path) => {
        impl AsRawHandle for $stream {
            fn as_raw_handle(&self) -> RawHandle {
                $std().as_raw_handle()
            }
        }

        impl AsHandle for $stream {
            fn as_handle(&self) -> BorrowedHandle<'_> {
                // SAFETY: the standard library lends these for ever: they are not closed.
                unsafe { BorrowedHandle::borrow_raw(self.as_raw_handle()) }
            }
        }
    };
}

handle!(Stdin, io::stdin);
handle!(Stdout, io::stdout);
handle!(Stderr, io::stderr);
