//! What is Windows' own about a child.

use std::process;

pub(super) mod exit;

/// Nobody waits for the child any more. Nothing stays of a process once its handles are closed.
pub(super) fn leave(child: process::Child) {
    drop(child);
}
