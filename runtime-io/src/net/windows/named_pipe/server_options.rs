//! How an instance of a pipe is made.
#![allow(unsafe_code, reason = "security attributes come as a pointer")]

use std::ffi::{OsStr, c_void};
use std::io;
use std::os::windows::io::IntoRawHandle;
use std::ptr;

use runtime_core::Handle;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_ACCESS_INBOUND, PIPE_ACCESS_OUTBOUND, WRITE_DAC,
    WRITE_OWNER,
};
use windows_sys::Win32::System::Pipes::{
    PIPE_READMODE_MESSAGE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES,
};

use super::{NamedPipeServer, PipeMode, system};

/// `ACCESS_SYSTEM_SECURITY`, which has a place among windows-sys' features of its own.
const ACCESS_SYSTEM_SECURITY: u32 = 0x0100_0000;

/// How to make an instance of a named pipe.
///
/// ```
/// use runtime::net::windows::named_pipe::ServerOptions;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let name = format!(r"\\.\pipe\runtime-options-{}", std::process::id());
/// // An error if another program was quicker to give this name to a pipe.
/// let first = ServerOptions::new().first_pipe_instance(true).max_instances(2).create(&name)?;
/// let second = ServerOptions::new().max_instances(2).create(&name)?;
/// assert!(ServerOptions::new().max_instances(2).create(&name).is_err());
/// # drop((first, second));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Bits of `dwOpenMode`.
    open_mode: u32,
    pipe_mode: PipeMode,
    rejects_remote_clients: bool,
    max_instances: u32,
    out_buffer_size: u32,
    in_buffer_size: u32,
}

impl ServerOptions {
    /// Bytes, both ways, of clients on this machine only, with buffers of 64 KiB and as many
    /// instances as the system allows.
    pub fn new() -> ServerOptions {
        ServerOptions {
            open_mode: PIPE_ACCESS_INBOUND | PIPE_ACCESS_OUTBOUND,
            pipe_mode: PipeMode::Byte,
            rejects_remote_clients: true,
            max_instances: PIPE_UNLIMITED_INSTANCES,
            out_buffer_size: 65536,
            in_buffer_size: 65536,
        }
    }

    /// How the pipe keeps what is written; all its instances agree. As bytes if not set.
    pub fn pipe_mode(&mut self, pipe_mode: PipeMode) -> &mut Self {
        self.pipe_mode = pipe_mode;
        self
    }

    /// Whether clients may write; they may if not set.
    pub fn access_inbound(&mut self, allowed: bool) -> &mut Self {
        self.bit(PIPE_ACCESS_INBOUND, allowed)
    }

    /// Whether clients may read; they may if not set.
    pub fn access_outbound(&mut self, allowed: bool) -> &mut Self {
        self.bit(PIPE_ACCESS_OUTBOUND, allowed)
    }

    /// Whether this must be the pipe's first instance: then no other program has been quicker.
    pub fn first_pipe_instance(&mut self, first: bool) -> &mut Self {
        self.bit(FILE_FLAG_FIRST_PIPE_INSTANCE, first)
    }

    /// Asks for the right to change the list of who may do what.
    pub fn write_dac(&mut self, requested: bool) -> &mut Self {
        self.bit(WRITE_DAC, requested)
    }

    /// Asks for the right to change the owner.
    pub fn write_owner(&mut self, requested: bool) -> &mut Self {
        self.bit(WRITE_OWNER, requested)
    }

    /// Asks for the right to change the list of what is recorded.
    pub fn access_system_security(&mut self, requested: bool) -> &mut Self {
        self.bit(ACCESS_SYSTEM_SECURITY, requested)
    }

    /// Whether clients of other machines are turned away; they are if not set.
    pub fn reject_remote_clients(&mut self, reject: bool) -> &mut Self {
        self.rejects_remote_clients = reject;
        self
    }

    /// How many instances there may be; set by the first.
    ///
    /// # Panics
    /// If it is more than 254.
    #[track_caller]
    pub fn max_instances(&mut self, instances: usize) -> &mut Self {
        assert!(instances < 255, "cannot specify more than 254 instances");
        self.max_instances = instances as u32;
        self
    }

    /// Bytes of the buffer for what the server writes: advice.
    pub fn out_buffer_size(&mut self, buffer: u32) -> &mut Self {
        self.out_buffer_size = buffer;
        self
    }

    /// Bytes of the buffer for what the client writes: advice.
    pub fn in_buffer_size(&mut self, buffer: u32) -> &mut Self {
        self.in_buffer_size = buffer;
        self
    }

    /// Makes an instance of the pipe `addr`, `\\.\pipe\` and a name.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn create(&self, addr: impl AsRef<OsStr>) -> io::Result<NamedPipeServer> {
        // SAFETY: there are no attributes.
        unsafe { self.create_with_security_attributes_raw(addr, ptr::null_mut()) }
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
    pub unsafe fn create_with_security_attributes_raw(
        &self,
        addr: impl AsRef<OsStr>,
        attrs: *mut c_void,
    ) -> io::Result<NamedPipeServer> {
        // Panics before a pipe is made.
        let _runtime = Handle::current();
        let instance = system::Instance {
            open_mode: self.open_mode,
            pipe_mode: self.mode_bits(),
            max_instances: self.max_instances,
            out_buffer_size: self.out_buffer_size,
            in_buffer_size: self.in_buffer_size,
        };
        // SAFETY: the caller's promise.
        let handle = unsafe { system::create(addr.as_ref(), &instance, attrs) }?;
        // SAFETY: new, ours, and made for overlapped I/O.
        unsafe { NamedPipeServer::from_raw_handle(handle.into_raw_handle()) }
    }

    /// `dwPipeMode`; bytes, and remote clients, are zeros.
    fn mode_bits(&self) -> u32 {
        let messages = match self.pipe_mode {
            PipeMode::Byte => 0,
            PipeMode::Message => PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
        };
        let rejects = if self.rejects_remote_clients {
            PIPE_REJECT_REMOTE_CLIENTS
        } else {
            0
        };
        messages | rejects
    }

    fn bit(&mut self, bit: u32, is_set: bool) -> &mut Self {
        self.open_mode &= !bit;
        if is_set {
            self.open_mode |= bit;
        }
        self
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self::new()
    }
}
