//! Whether a socket of which nothing is known yet counts as readable.
//!
//! An accepted connection usually has something to read by the time somebody asks: so it is tried
//! before it is attached, and `readable` answers without a system call.
//!
//! **States.** *Assumed*, from the beginning and only if the maker says so; then *over*, for good.
//! Once the socket is attached its source decides, whatever stands here.
//!
//! **Steps.** Reader: (1) unattached and assumed: it is ready; (2) it tries; (3) would that block,
//! the assumption is over, and it asks again; (4) over: it attaches the socket and waits there.
//!
//! **Nobody waits for what is there, or asks for ever.** A reader waits only by (4), in the source,
//! which the attachment tells of what had come before. It is sent to (2) by an assumption at most
//! once: after its own (3) it sees the assumption over, since it wrote that itself.
//!
//! **Orderings**: all Relaxed. The bit is a hint, and carries nothing with it.
//!
//! Models: `loom_assumption_reader_against_arrival`, `…_two_readers_against_arrival`.

use runtime_core::loom::atomic::{AtomicBool, Ordering};

/// See the module's header.
pub(super) struct Assumption(AtomicBool);

impl Assumption {
    /// Assumed, or over from the beginning.
    pub(super) fn new(holds: bool) -> Assumption {
        Assumption(AtomicBool::new(holds))
    }

    /// Step (1).
    pub(super) fn holds(&self) -> bool {
        // Relaxed: a hint; the operation that follows finds out.
        self.0.load(Ordering::Relaxed)
    }

    /// Step (3).
    pub(super) fn end(&self) {
        // Relaxed: a hint, as above.
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
