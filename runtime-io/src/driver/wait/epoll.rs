//! epoll: a timeout that is not a whole number of milliseconds is waited for by `ppoll` on the
//! epoll descriptor, to the nanosecond.
//!
//! An epoll descriptor is readable while it has events to give, so `ppoll` sleeps and the
//! `epoll_wait` after it does not. Whole milliseconds, glances and endless waits go to `epoll_wait`
//! alone; so does any wait in a sandbox that refuses `ppoll`, rounded up to a millisecond.
#![allow(
    unsafe_code,
    reason = "one system call that no safe wrapper offers without its own crate"
)]

use std::io;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// How a selector waits for a time.
pub(in crate::driver) struct Waits;

impl Waits {
    pub(in crate::driver) fn new(_: &Arc<mio::Waker>) -> Waits {
        Waits
    }

    /// Waits for events, at most for `timeout`.
    pub(in crate::driver) fn wait(
        &mut self,
        poll: &mut mio::Poll,
        events: &mut mio::Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        let precise = timeout.filter(|timeout| timeout.subsec_nanos() % 1_000_000 != 0);
        let Some(precise) = precise else {
            return poll.poll(events, timeout);
        };
        events.clear();
        let timeout = match has_events_within(poll, precise) {
            Ok(false) => return Ok(()),
            Ok(true) => Some(Duration::ZERO),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(_) => timeout,
        };
        poll.poll(events, timeout)
    }
}

fn has_events_within(poll: &mio::Poll, timeout: Duration) -> io::Result<bool> {
    let mut descriptor = libc::pollfd {
        fd: poll.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let timeout = timespec_of(timeout);
    // SAFETY: one valid `pollfd` and a valid `timespec` for the time of the call; no signal mask.
    let ready = unsafe { libc::ppoll(&mut descriptor, 1, &timeout, ptr::null()) };
    if ready < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(ready > 0)
    }
}

/// A duration longer than the clock's own range becomes the longest that it has.
#[allow(
    clippy::unnecessary_fallible_conversions,
    reason = "32-bit targets count in fewer bits"
)]
fn timespec_of(duration: Duration) -> libc::timespec {
    // SAFETY: a `timespec` is plain integers, for which zero is a value; some targets add padding
    // fields.
    let mut timespec: libc::timespec = unsafe { std::mem::zeroed() };
    timespec.tv_sec = libc::time_t::try_from(duration.as_secs()).unwrap_or(libc::time_t::MAX);
    // Below 10^9, so it fits wherever the field has 32 bits.
    timespec.tv_nsec = duration.subsec_nanos() as _;
    timespec
}
