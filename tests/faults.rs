//! What the system refuses, delays and takes away: descriptors, threads, room on a disk, an answer, a
//! parent. Each test bears the number of its fault; what changes a process has one of its own.
#![cfg(target_os = "linux")]

mod support;

#[path = "faults/everything.rs"]
mod everything;

#[path = "faults/refusal.rs"]
mod refusal;

#[path = "faults/children.rs"]
mod children;
#[path = "faults/descriptors.rs"]
mod descriptors;
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/fork.rs"]
mod fork;
#[path = "faults/guards.rs"]
mod guards;
#[path = "faults/load.rs"]
mod load;
#[path = "faults/names.rs"]
mod names;
#[path = "faults/panics.rs"]
mod panics;
#[path = "faults/paths.rs"]
mod paths;
#[path = "faults/sockets.rs"]
mod sockets;
#[path = "faults/threads.rs"]
mod threads;
#[path = "faults/wakers.rs"]
mod wakers;

#[path = "faults/without_threads.rs"]
mod without_threads;

use runtime::runtime::{Builder, Runtime};

/// A current-thread runtime, and one with two workers.
fn runtimes() -> impl Iterator<Item = Runtime> {
    [true, false].into_iter().map(|one_thread| {
        let mut builder = if one_thread {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        };
        builder.worker_threads(2).build().expect("a runtime")
    })
}
