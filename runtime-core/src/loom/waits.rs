//! The standard library's wait with a limit, without poison.

use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

/// Waits to be notified, for so long at most; true if the time is over.
pub(crate) fn wait_for<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    limit: Duration,
) -> (MutexGuard<'a, T>, bool) {
    let outcome = condition.wait_timeout(guard, limit);
    let (guard, timed_out) = outcome.unwrap_or_else(PoisonError::into_inner);
    (guard, timed_out.timed_out())
}
