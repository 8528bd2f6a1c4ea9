//! What Unix does between fork and exec.
#![allow(unsafe_code, reason = "`pre_exec` is unsafe by its signature")]

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;

use super::Command;

impl Command {
    /// Sets the user that the child runs as.
    pub fn uid(&mut self, id: u32) -> &mut Command {
        self.std.uid(id);
        self
    }

    /// Sets the group that the child runs as.
    pub fn gid(&mut self, id: u32) -> &mut Command {
        self.std.gid(id);
        self
    }

    /// Sets what the child sees as its own name.
    pub fn arg0<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.std.arg0(arg);
        self
    }

    /// Runs a closure in the child, between fork and exec.
    ///
    /// # Safety
    /// The closure must do with what is allowed there: no allocation, no lock, no other thread's
    /// state; see `std::os::unix::process::CommandExt::pre_exec`.
    pub unsafe fn pre_exec<F>(&mut self, f: F) -> &mut Command
    where
        F: FnMut() -> io::Result<()> + Send + Sync + 'static,
    {
        // SAFETY: the caller's promise is the one that std asks for.
        unsafe { self.std.pre_exec(f) };
        self
    }

    /// Sets the process group of the child; 0 is one of its own, which signals from the terminal
    /// do not reach.
    pub fn process_group(&mut self, pgroup: i32) -> &mut Command {
        self.std.process_group(pgroup);
        self
    }
}
