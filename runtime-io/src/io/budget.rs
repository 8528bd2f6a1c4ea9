//! The task's budget, for loops that may never have to wait.

use std::task::{Context, Poll, ready};

use runtime_core::coop;

/// Counts the laps of a loop over a reader or writer.
///
/// The first lap is free, since a leaf takes a unit itself; from the second on each takes one, so
/// that a loop over something that is always ready still lets other tasks run.
#[derive(Debug, Default)]
pub(super) struct Laps {
    begun: bool,
}

impl Laps {
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.begun {
            ready!(poll_unit(cx));
        }
        self.begun = true;
        Poll::Ready(())
    }
}

/// Spends a unit, or wakes the task and returns `Pending` if none is left.
pub(super) fn poll_unit(cx: &mut Context<'_>) -> Poll<()> {
    ready!(coop::poll_proceed(cx)).made();
    Poll::Ready(())
}
