//! What `CreateFile` is told on Windows.

use std::os::windows::fs::OpenOptionsExt;

use super::OpenOptions;

impl OpenOptions {
    /// `dwDesiredAccess`, instead of what `read`, `write` and `append` say.
    pub fn access_mode(&mut self, access: u32) -> &mut OpenOptions {
        self.options.access_mode(access);
        self
    }

    /// `dwShareMode`: what others may do with the file meanwhile; all if not set.
    pub fn share_mode(&mut self, share: u32) -> &mut OpenOptions {
        self.options.share_mode(share);
        self
    }

    /// Flags in `dwFlagsAndAttributes`.
    pub fn custom_flags(&mut self, flags: u32) -> &mut OpenOptions {
        self.options.custom_flags(flags);
        self
    }

    /// Attributes in `dwFlagsAndAttributes`, of a file that is made.
    pub fn attributes(&mut self, attributes: u32) -> &mut OpenOptions {
        self.options.attributes(attributes);
        self
    }

    /// What the other end of a named pipe may do in our name.
    pub fn security_qos_flags(&mut self, flags: u32) -> &mut OpenOptions {
        self.options.security_qos_flags(flags);
        self
    }
}
