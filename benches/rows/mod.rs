//! The bodies of all rows. This folder is compiled once for each peer: the crate under test is
//! called `rt` here.
//!
//! A body is built by a function that also builds its runtime, with default settings unless the
//! row's name says otherwise. "In a task" means that the clock runs while one spawned task works
//! and the main thread waits for it.

use super::{PEER, multi_thread, rt};
use crate::row::Entry;

mod channels;
mod counted;
mod cross;
mod current;
pub(crate) mod curves;
mod echo;
mod files;
mod hand_down;
mod http;
mod locks;
mod measured;
mod memory;
mod network;
mod service;
mod spawning;
mod support;
mod timers;
mod waiters;
mod yields;

pub(crate) use counted::{all as counted, echo_many};
pub(crate) use measured::hostage;
pub(crate) use memory::hello;

/// The rows in the order of the report.
pub(crate) fn all() -> Vec<Entry> {
    let groups = [
        spawning::rows(),
        yields::rows(),
        cross::rows(),
        channels::rows(),
        locks::rows(),
        waiters::rows(),
        timers::rows(),
        echo::rows(),
        http::rows(),
        network::rows(),
        files::rows(),
        memory::rows(),
        hand_down::rows(),
        service::rows(),
        current::rows(),
        measured::rows(),
    ];
    groups.into_iter().flatten().collect()
}
