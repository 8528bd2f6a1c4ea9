//! A waker that panics.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::{Wake, Waker};

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        // No panic's hook is called: a model would print its line thousands of times.
        resume_unwind(Box::new("a waker's panic"));
    }
}

/// A waker that panics when it is woken.
pub(crate) fn bomb() -> Waker {
    Waker::from(Arc::new(Bomb))
}
