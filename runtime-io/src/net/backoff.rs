//! How a listener goes on after an accept that failed.
//!
//! A full descriptor table leaves the connection in the listener's queue, and the listener ready:
//! to try again at once would spin. So it pauses, 1 ms at first and twice as long each time, at
//! most 100 ms, until a descriptor is free. A connection that failed by itself is gone, and the
//! next is tried at once; but only so often, in case it is not the connection.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::driver::current::Pause;
use crate::net::numbers::AcceptFailure;

const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(100);
const AT_ONCE_MAX: u32 = 64;

/// The failures since the last success.
#[derive(Default)]
pub(super) struct Backoff {
    at_once: u32,
    last_pause: Option<Duration>,
    /// For a listener that is polled: the pause that it makes.
    pub(super) pause: Option<Pause>,
}

impl Backoff {
    /// The pause to make after `error`, if any.
    ///
    /// # Errors
    /// `error` itself if it will not get better.
    pub(super) fn after(&mut self, error: io::Error) -> io::Result<Option<Pause>> {
        match AcceptFailure::of(&error) {
            AcceptFailure::Final => return Err(error),
            AcceptFailure::OneConnection if self.at_once < AT_ONCE_MAX => {
                self.at_once += 1;
                return Ok(None);
            }
            AcceptFailure::OneConnection | AcceptFailure::NoRoom => {}
        }
        Ok(Some(self.next_pause()))
    }

    /// A pause that is twice as long as the last.
    pub(super) fn next_pause(&mut self) -> Pause {
        let pause = self
            .last_pause
            .map_or(PAUSE_MIN, |last| (last * 2).min(PAUSE_MAX));
        self.last_pause = Some(pause);
        Pause::new(pause)
    }
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backoff")
            .field("last_pause", &self.last_pause)
            .finish_non_exhaustive()
    }
}
