//! Elsewhere mio rounds a timeout up to what its selector counts in: a millisecond on Windows, a
//! nanosecond on kqueue.

use std::io;
use std::time::Duration;

/// Waits for events, at most for `timeout` rounded up.
pub(in crate::driver) fn wait(
    poll: &mut mio::Poll,
    events: &mut mio::Events,
    timeout: Option<Duration>,
) -> io::Result<()> {
    poll.poll(events, timeout)
}
