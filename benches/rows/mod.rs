//! The bodies of all rows. This folder is compiled once for each peer: the crate under test is
//! called `rt` here.
//!
//! A body is built by a function that also builds its runtime, with default settings unless the
//! row's name says otherwise. "In a task" means that the clock runs while one spawned task works
//! and the main thread waits for it.

use super::rt;
use crate::row::Entry;

mod channels;
mod echo;
mod hand_down;
mod locks;
mod measured;
mod spawning;
mod support;
mod timers;
mod yields;

pub(crate) use measured::hostage;

/// The rows in the order of the report.
pub(crate) fn all() -> Vec<Entry> {
    let mut rows = spawning::rows();
    rows.extend(yields::rows());
    rows.extend(channels::rows());
    rows.extend(locks::rows());
    rows.extend(timers::rows());
    rows.extend(echo::rows());
    rows.extend(hand_down::rows());
    rows.extend(measured::rows());
    rows
}
