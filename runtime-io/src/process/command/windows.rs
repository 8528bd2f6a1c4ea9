//! What `CreateProcess` is told on Windows.

use std::ffi::OsStr;
use std::os::windows::process::CommandExt;

use super::Command;

impl Command {
    /// Sets the flags of the new process, such as one for a process group or a console of its own.
    pub fn creation_flags(&mut self, flags: u32) -> &mut Command {
        self.std.creation_flags(flags);
        self
    }

    /// Adds text to the command line as it is, without quotes: for programs that take it apart by
    /// rules of their own, as `cmd.exe /c` does.
    pub fn raw_arg<S: AsRef<OsStr>>(&mut self, text_to_append_as_is: S) -> &mut Command {
        self.std.raw_arg(text_to_append_as_is);
        self
    }
}
