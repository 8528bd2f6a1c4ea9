//! A thread is awaited until it is gone.

use std::time::Duration;

use crate::loom::thread::JoinHandle;

/// It begins whatever the waiting thread holds.
pub(crate) const BEGINNING_MAX: Option<Duration> = None;

pub(crate) fn wait(handle: JoinHandle<()>) {
    // A thread that panicked (in a hook of the user's) has said so.
    let _ = handle.join();
}
