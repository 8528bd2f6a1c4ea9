//! Handles.
#![allow(unsafe_code, reason = "the contract of raw handles is handed on")]

use std::fs::File as StdFile;
use std::os::windows::io::{
    AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle, RawHandle,
};

use super::File;

impl From<OwnedHandle> for File {
    fn from(handle: OwnedHandle) -> Self {
        Self::from_std(StdFile::from(handle))
    }
}

impl AsRawHandle for File {
    fn as_raw_handle(&self) -> RawHandle {
        self.file.as_raw_handle()
    }
}

impl AsHandle for File {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.file.as_handle()
    }
}

impl FromRawHandle for File {
    unsafe fn from_raw_handle(handle: RawHandle) -> Self {
        // SAFETY: the caller's promise is the same: the handle is open and ours.
        Self::from_std(unsafe { StdFile::from_raw_handle(handle) })
    }
}
