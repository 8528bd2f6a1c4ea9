//! What a socket of which nothing is known yet counts as ready for.
//!
//! An accepted connection usually has something to read by the time somebody asks, and a fresh pipe
//! has room: so they are tried before they are attached, and `readable` or `writable` answers
//! without a system call. (Who asks what it is ready for, by `ready`, is told what the driver knows.)
//!
//! **States**, for each kind of readiness: *assumed*, from the beginning and only if the maker says
//! so; then *over*, for good. Once the socket is attached its source decides, whatever stands here;
//! it begins with what is assumed by then, which is all of it where a socket is attached when it is
//! made.
//!
//! **Steps.** Reader: (1) unattached and assumed: it is ready; (2) it tries; (3) would that block,
//! the assumption is over, and it asks again; (4) over: it attaches the socket and waits there.
//!
//! **Nobody waits for what is there, or asks for ever.** A reader waits only by (4), in the source,
//! which the attachment tells of what had come before. It is sent to (2) by an assumption at most
//! once: after its own (3) it sees the assumption over, since it wrote that itself. What the source
//! begins with is forgotten by the first operation that would block, as any readiness is.
//!
//! **Orderings**: all Relaxed. The bits are a hint, and carry nothing with them.
//!
//! Models: `loom_assumption_reader_against_arrival`, `…_two_readers_against_arrival`.

use runtime_core::loom::atomic::{AtomicU8, Ordering};

use super::readiness::answers_to;
use crate::io::{Interest, Ready};

/// See the module's header.
pub(super) struct Assumption(AtomicU8);

impl Assumption {
    /// Ready for that, until something is known.
    pub(super) fn new(ready: Ready) -> Assumption {
        Assumption(AtomicU8::new(ready.bits()))
    }

    /// Step (1): whether any of `interest` is assumed.
    pub(super) fn holds(&self, interest: Interest) -> bool {
        !(self.rest() & answers_to(interest)).is_empty()
    }

    /// All that is assumed.
    pub(super) fn rest(&self) -> Ready {
        // Relaxed: a hint; the operation that follows finds out.
        Ready::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// Step (3).
    pub(super) fn end(&self, interest: Interest) {
        let tried = answers_to(interest).bits();
        // Relaxed: a hint, as above.
        self.0.fetch_and(!tried, Ordering::Relaxed);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
