//! Permissions and flags of Unix.

use std::os::unix::fs::OpenOptionsExt;

use super::OpenOptions;

impl OpenOptions {
    /// The permissions of a file that is made, less those that the process masks; 0o666 if not set.
    pub fn mode(&mut self, mode: u32) -> &mut OpenOptions {
        self.options.mode(mode);
        self
    }

    /// Flags for `open` beside those of the options; its access mode is not taken from here.
    pub fn custom_flags(&mut self, flags: i32) -> &mut OpenOptions {
        self.options.custom_flags(flags);
        self
    }
}
