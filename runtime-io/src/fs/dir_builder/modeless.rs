//! No permissions to be given with a new directory.

#[derive(Debug, Default)]
pub(super) struct Mode;

impl Mode {
    pub(super) fn apply(&self, _builder: &mut std::fs::DirBuilder) {}
}
