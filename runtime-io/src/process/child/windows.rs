//! Handles of processes.

use std::os::windows::io::{AsRawHandle, RawHandle};
use std::process;

use super::{Child, State};

impl Child {
    /// The handle of the child; `None` once its end was seen.
    pub fn raw_handle(&self) -> Option<RawHandle> {
        match &self.state {
            State::Running(running) => running.child.as_ref().map(process::Child::as_raw_handle),
            State::Ended(_) | State::Lost(_) => None,
        }
    }
}
