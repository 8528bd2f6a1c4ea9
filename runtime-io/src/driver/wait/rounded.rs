//! Elsewhere mio rounds a timeout up to what its selector counts in: a nanosecond on kqueue.

use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How a selector waits for a time.
pub(in crate::driver) struct Waits;

impl Waits {
    pub(in crate::driver) fn new(_: &Arc<mio::Waker>) -> Waits {
        Waits
    }

    /// Waits for events, at most for `timeout` rounded up.
    pub(in crate::driver) fn wait(
        &mut self,
        poll: &mut mio::Poll,
        events: &mut mio::Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        poll.poll(events, timeout)
    }
}
