//! The end of a runtime: whatever its tasks are doing, and wherever it is dropped, the drop returns
//! and each future is dropped exactly once.

mod support;

#[path = "shutdown/late.rs"]
mod late;
#[path = "shutdown/nesting.rs"]
mod nesting;
#[path = "shutdown/places.rs"]
mod places;
#[path = "shutdown/resources.rs"]
mod resources;
#[path = "shutdown/spawning.rs"]
mod spawning;
#[path = "shutdown/tasks.rs"]
mod tasks;

use runtime::runtime::{Builder, Runtime};

/// A current-thread runtime, and multi-thread ones with 1, 2 and 4 workers.
fn runtimes() -> impl Iterator<Item = (String, Runtime)> {
    let multi_thread = [1, 2, 4].into_iter().map(|workers| {
        let runtime = Builder::new_multi_thread().worker_threads(workers).build();
        (format!("{workers} workers"), runtime.expect("a runtime"))
    });
    let current_thread = std::iter::once_with(|| {
        let runtime = Builder::new_current_thread().build();
        ("current thread".to_string(), runtime.expect("a runtime"))
    });
    current_thread.chain(multi_thread)
}

/// As [`runtimes`], without the current-thread one.
fn multi_thread_runtimes() -> impl Iterator<Item = (String, Runtime)> {
    runtimes().skip(1)
}

/// Lets the runtime's tasks run for a while.
fn turn_over(runtime: &Runtime) {
    runtime.block_on(async {
        for _ in 0..200 {
            runtime::task::yield_now().await;
        }
        runtime::time::sleep(std::time::Duration::from_millis(2)).await;
    });
}
