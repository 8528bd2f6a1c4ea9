//! The door of the fuzz targets: tasks on a scheduler that is a queue.
//!
//! It exists only under `--cfg runtime_fuzzing` (`cargo xtask fuzz`), where a target is a program of
//! its own and has to reach what is private otherwise.

use std::future::Future;

use crate::task::JoinHandle;
use crate::task::test_support::Queue;

/// A queue of tasks that are ready, run one by one.
pub struct Tasks(Queue);

impl Tasks {
    /// No task yet.
    pub fn new() -> Tasks {
        Tasks(Queue::new())
    }

    /// A task whose first poll is due.
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        self.0.spawn(future)
    }

    /// Runs one entry; false if there is none.
    pub fn run_one(&self) -> bool {
        self.0.run_one()
    }

    /// How many have not ended.
    pub fn live(&self) -> usize {
        self.0.live()
    }

    /// How many have waited and not ended.
    pub fn listed(&self) -> usize {
        self.0.listed()
    }

    /// How many allocations of tasks there are.
    pub fn allocated(&self) -> usize {
        self.0.allocated()
    }

    /// Cancels what waits, as a shutdown does; what has yet to wait ends when it does.
    pub fn close(&self) {
        self.0.cancel_all();
    }
}

impl Default for Tasks {
    fn default() -> Tasks {
        Tasks::new()
    }
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}
