//! A thread in `block_on`: its own future is its own, whatever the tasks do.

mod support;

#[path = "guest/beside_tasks.rs"]
mod beside_tasks;
#[path = "guest/busy.rs"]
mod busy;
#[cfg(target_os = "linux")]
#[path = "guest/rest.rs"]
mod rest;

use runtime::runtime::{Builder, Runtime};

fn multi_thread(workers: usize) -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(workers).build();
    runtime.expect("a runtime")
}
