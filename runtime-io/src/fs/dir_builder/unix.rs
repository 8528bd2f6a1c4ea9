//! The permissions of a new directory.

use std::os::unix::fs::DirBuilderExt;

use super::DirBuilder;

#[derive(Debug, Default)]
pub(super) struct Mode(Option<u32>);

impl Mode {
    pub(super) fn apply(&self, builder: &mut std::fs::DirBuilder) {
        if let Some(mode) = self.0 {
            builder.mode(mode);
        }
    }
}

impl DirBuilder {
    /// The permissions of what is made, less those that the process masks.
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = Mode(Some(mode));
        self
    }
}
