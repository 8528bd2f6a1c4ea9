//! What the end of a runtime may wait for in its threads.
//!
//! A thread *begins* when our code runs on it, has *left* when that is over, and is *gone* when the
//! system has it back: its thread-locals are destroyed in between. Waiting until all are gone leaves
//! nothing behind, and can be done everywhere but on Windows. There threads begin and go under a
//! lock of the loader's, which also the destructors of thread-locals hold. A runtime that is dropped
//! by one of them would wait for ever: for a thread to be gone, or for one that was just started to
//! begin. So it waits there until each has left, and a little for those that have not begun: they
//! find the runtime closed, and the last of them finishes it.

#[cfg(not(windows))]
#[path = "thread_end/gone.rs"]
mod imp;

#[cfg(windows)]
#[path = "thread_end/left.rs"]
mod imp;

use std::time::Instant;

use crate::loom;

pub(crate) use imp::wait;

/// When who waits until `deadline` looks whether only threads that have not begun are left.
pub(crate) fn next_look(deadline: Option<Instant>) -> Option<Instant> {
    let look = imp::BEGINNING_MAX.map(|max| loom::now() + max);
    [look, deadline].into_iter().flatten().min()
}

/// Whether who has waited since then goes on waiting for threads that have not begun.
pub(crate) fn awaits_beginnings(since: Instant) -> bool {
    imp::BEGINNING_MAX.is_none_or(|max| loom::now().saturating_duration_since(since) < max)
}
