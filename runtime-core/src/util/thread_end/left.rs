//! A thread is awaited until it has left: whether it can go meanwhile, nobody knows.

use std::time::Duration;

use crate::loom::thread::{self, JoinHandle};

/// A thread that may begin does so sooner than this, unless the machine is very busy; then the drop
/// of its runtime returns although it has not finished yet.
pub(crate) const BEGINNING_MAX: Option<Duration> = Some(Duration::from_millis(200));

const PAUSE: Duration = Duration::from_millis(1);

pub(crate) fn wait(handle: JoinHandle<()>) {
    // Left behind are the last steps of its main function, none of which waits.
    while !handle.is_finished() {
        thread::sleep(PAUSE);
    }
}
