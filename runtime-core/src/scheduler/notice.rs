//! What a program that asked for nothing sees of its long stalls: a line on standard error.
//!
//! Like a panic, a stall is a bug that its author has to hear of without having asked. A place
//! (where the task was spawned) is named once in the life of a runtime, and so are at most
//! [`PLACES_MAX`] of them. `Builder::on_stall` takes the notices over, each and every one.
//!
//! A notice is written by a thread of its own that nobody waits for: standard error may be a pipe
//! that nobody reads, and whoever looks after the slots must not wait for it.

use std::io::{self, Write};
use std::panic::Location;
use std::time::Duration;

use super::config::Stall;
use crate::loom::thread;
use crate::util::lock::Mutex;

/// A shorter stall is counted and goes to `Builder::on_stall`, but is not worth a line: a busy
/// machine or an unoptimised build brings some about.
pub(super) const NOTICE_AFTER: Duration = Duration::from_millis(200);

const PLACES_MAX: usize = 64;

/// The places that were named already.
#[derive(Debug, Default)]
pub(super) struct Notices {
    named: Mutex<Vec<&'static Location<'static>>>,
}

impl Notices {
    pub(super) fn tell(&self, stall: &Stall) {
        if !self.is_new(stall.spawned_at) {
            return;
        }
        let line =
            format!("runtime: {stall} (shown once a place; Builder::on_stall gets each stall)\n");
        // Refused or failed: then there is nobody to tell.
        let _ = thread::Builder::new()
            .name("runtime-notice".to_string())
            .spawn(move || io::stderr().write_all(line.as_bytes()));
    }

    fn is_new(&self, place: &'static Location<'static>) -> bool {
        let mut named = self.named.lock();
        let is_new = named.len() < PLACES_MAX && !named.contains(&place);
        if is_new {
            named.push(place);
        }
        is_new
    }
}
