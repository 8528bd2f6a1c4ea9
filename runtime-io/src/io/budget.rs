//! The task's budget, for loops that may never have to wait.

use std::io;
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

/// Whether a signal came in between: nothing was done, and it is to be tried again.
pub(super) fn interrupted<T>(outcome: &Poll<io::Result<T>>) -> bool {
    let Poll::Ready(Err(error)) = outcome else {
        return false;
    };
    error.kind() == io::ErrorKind::Interrupted
}

/// Polls again for as long as it is only interrupted; each further time takes a unit.
pub(super) fn poll_uninterrupted<T>(
    cx: &mut Context<'_>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    loop {
        let outcome = poll(cx);
        if !interrupted(&outcome) {
            return outcome;
        }
        ready!(poll_unit(cx));
    }
}

/// What a writer says it took of `given` bytes.
///
/// # Panics
/// If it claims more: whoever believed that would pass over bytes that were never written, or count
/// round the end of a number.
#[track_caller]
pub(super) fn taken(written: usize, given: usize) -> usize {
    assert!(written <= given, "the writer claims more than it was given");
    written
}

/// Spends a unit, or wakes the task and returns `Pending` if none is left.
pub(super) fn poll_unit(cx: &mut Context<'_>) -> Poll<()> {
    ready!(coop::poll_proceed(cx)).made();
    Poll::Ready(())
}
