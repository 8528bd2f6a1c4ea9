//! A bound on how long a test may take: a test that hangs ends the process with a message.
//!
//! The message goes past the test harness's capture, which would be lost with the process.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::{is_building, slow};

/// Watches until it is dropped.
#[derive(Debug)]
pub(crate) struct Watchdog {
    /// The watching thread ends when this is gone.
    _alive: Sender<()>,
}

impl Watchdog {
    pub(crate) const LIMIT: Duration = Duration::from_secs(60);

    /// Gives the calling test a minute; longer where all is slow.
    pub(crate) fn new() -> Watchdog {
        Watchdog::with_limit(Watchdog::LIMIT)
    }

    pub(crate) fn with_limit(limit: Duration) -> Watchdog {
        let limit = limit * slow();
        let (alive, gone) = channel::<()>();
        let test = thread::current().name().unwrap_or("a test").to_string();
        thread::Builder::new()
            .name("watchdog".to_string())
            .spawn(move || {
                while gone.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    // A test that waits for a compiler has its time after that.
                    if !is_building() {
                        let _ = writeln!(std::io::stderr(), "watchdog: {test} hung for {limit:?}");
                        std::process::abort();
                    }
                }
            })
            .expect("a thread for the watchdog");
        Watchdog { _alive: alive }
    }
}
