//! The system's calls about named pipes.
#![allow(unsafe_code, reason = "calls without a safe face")]

use std::ffi::{OsStr, c_void};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{CreateFileW, FILE_FLAG_OVERLAPPED, OPEN_EXISTING};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, GetNamedPipeInfo, PIPE_READMODE_MESSAGE, PIPE_SERVER_END, PIPE_TYPE_MESSAGE,
    SetNamedPipeHandleState,
};

use super::{PipeEnd, PipeInfo, PipeMode};

/// The numbers of `CreateNamedPipe`.
pub(super) struct Instance {
    pub(super) open_mode: u32,
    pub(super) pipe_mode: u32,
    pub(super) max_instances: u32,
    pub(super) out_buffer_size: u32,
    pub(super) in_buffer_size: u32,
}

/// Makes an instance.
///
/// # Safety
/// `attributes` is null or points to a `SECURITY_ATTRIBUTES`.
pub(super) unsafe fn create(
    name: &OsStr,
    instance: &Instance,
    attributes: *mut c_void,
) -> io::Result<OwnedHandle> {
    let name = wide(name);
    // SAFETY: the name ends with a zero; the attributes are the caller's promise.
    let handle = unsafe {
        CreateNamedPipeW(
            name.as_ptr(),
            instance.open_mode | FILE_FLAG_OVERLAPPED,
            instance.pipe_mode,
            instance.max_instances,
            instance.out_buffer_size,
            instance.in_buffer_size,
            0,
            attributes.cast_const().cast(),
        )
    };
    owned(handle)
}

/// Opens a pipe that is there, for overlapped I/O.
///
/// # Safety
/// `attributes` is null or points to a `SECURITY_ATTRIBUTES`.
pub(super) unsafe fn open(
    name: &OsStr,
    access: u32,
    flags: u32,
    attributes: *mut c_void,
) -> io::Result<OwnedHandle> {
    let name = wide(name);
    // SAFETY: the name ends with a zero; the attributes are the caller's promise.
    let handle = unsafe {
        CreateFileW(
            name.as_ptr(),
            access,
            0,
            attributes.cast_const().cast(),
            OPEN_EXISTING,
            flags | FILE_FLAG_OVERLAPPED,
            ptr::null_mut(),
        )
    };
    owned(handle)
}

fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: new, and nobody else's.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Lets reads of this end stop where a write stopped.
pub(super) fn read_messages(pipe: BorrowedHandle<'_>) -> io::Result<()> {
    let mode = PIPE_READMODE_MESSAGE;
    // SAFETY: the handle is open; the other two settings stay.
    let is_set = unsafe {
        SetNamedPipeHandleState(
            pipe.as_raw_handle(),
            &raw const mode,
            ptr::null(),
            ptr::null(),
        )
    };
    answer(is_set)
}

pub(super) fn info(pipe: BorrowedHandle<'_>) -> io::Result<PipeInfo> {
    let (mut flags, mut out_buffer_size, mut in_buffer_size, mut max_instances) = (0, 0, 0, 0);
    // SAFETY: the handle is open; four places to write to.
    let is_told = unsafe {
        GetNamedPipeInfo(
            pipe.as_raw_handle(),
            &raw mut flags,
            &raw mut out_buffer_size,
            &raw mut in_buffer_size,
            &raw mut max_instances,
        )
    };
    answer(is_told)?;
    let is = |flag: u32| flags & flag != 0;
    Ok(PipeInfo {
        mode: if is(PIPE_TYPE_MESSAGE) {
            PipeMode::Message
        } else {
            PipeMode::Byte
        },
        end: if is(PIPE_SERVER_END) {
            PipeEnd::Server
        } else {
            PipeEnd::Client
        },
        max_instances,
        out_buffer_size,
        in_buffer_size,
    })
}

fn answer(is_done: i32) -> io::Result<()> {
    if is_done == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// As the system takes names: UTF-16, with a zero at the end.
fn wide(name: &OsStr) -> Vec<u16> {
    name.encode_wide().chain([0]).collect()
}
