//! How a pipe is opened.
#![allow(unsafe_code, reason = "security attributes come as a pointer")]

use std::ffi::{OsStr, c_void};
use std::io;
use std::os::windows::io::{AsHandle, IntoRawHandle};
use std::ptr;

use runtime_core::Handle;
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{SECURITY_IDENTIFICATION, SECURITY_SQOS_PRESENT};

use super::{NamedPipeClient, PipeMode, system};

/// How to open a named pipe.
///
/// ```
/// use runtime::net::windows::named_pipe::ClientOptions;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let nowhere = ClientOptions::new().open(r"\\.\pipe\runtime-nobody-made-this");
/// assert_eq!(nowhere.unwrap_err().kind(), std::io::ErrorKind::NotFound);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientOptions {
    access: u32,
    security_qos_flags: u32,
    pipe_mode: PipeMode,
}

impl ClientOptions {
    /// To read and to write bytes; the server may learn who we are, and not act in our name.
    pub fn new() -> Self {
        ClientOptions {
            access: GENERIC_READ | GENERIC_WRITE,
            security_qos_flags: SECURITY_IDENTIFICATION | SECURITY_SQOS_PRESENT,
            pipe_mode: PipeMode::Byte,
        }
    }

    /// Whether to read; yes if not set.
    pub fn read(&mut self, allowed: bool) -> &mut Self {
        self.access(GENERIC_READ, allowed)
    }

    /// Whether to write; yes if not set.
    pub fn write(&mut self, allowed: bool) -> &mut Self {
        self.access(GENERIC_WRITE, allowed)
    }

    /// What the server may do in our name, as `SECURITY_…` flags.
    pub fn security_qos_flags(&mut self, flags: u32) -> &mut Self {
        self.security_qos_flags = flags | SECURITY_SQOS_PRESENT;
        self
    }

    /// Whether a read ends where a write ended, of a pipe that keeps messages. It does not if not
    /// set.
    pub fn pipe_mode(&mut self, pipe_mode: PipeMode) -> &mut Self {
        self.pipe_mode = pipe_mode;
        self
    }

    /// Opens the pipe `addr`, `\\.\pipe\` and a name.
    ///
    /// # Errors
    /// `NotFound` if nobody has made it; `ERROR_PIPE_BUSY` if all instances have a client: try
    /// again in a while. What else the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn open(&self, addr: impl AsRef<OsStr>) -> io::Result<NamedPipeClient> {
        // SAFETY: there are no attributes.
        unsafe { self.open_with_security_attributes_raw(addr, ptr::null_mut()) }
    }

    /// The same with security attributes.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    ///
    /// # Safety
    /// `attrs` is null or points to a `SECURITY_ATTRIBUTES`.
    #[track_caller]
    pub unsafe fn open_with_security_attributes_raw(
        &self,
        addr: impl AsRef<OsStr>,
        attrs: *mut c_void,
    ) -> io::Result<NamedPipeClient> {
        // Panics before a server sees us.
        let _runtime = Handle::current();
        // SAFETY: the caller's promise.
        let handle =
            unsafe { system::open(addr.as_ref(), self.access, self.security_qos_flags, attrs) }?;
        if self.pipe_mode == PipeMode::Message {
            system::read_messages(handle.as_handle())?;
        }
        // SAFETY: new, ours, and opened for overlapped I/O.
        unsafe { NamedPipeClient::from_raw_handle(handle.into_raw_handle()) }
    }

    fn access(&mut self, right: u32, allowed: bool) -> &mut Self {
        self.access &= !right;
        if allowed {
            self.access |= right;
        }
        self
    }
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self::new()
    }
}
