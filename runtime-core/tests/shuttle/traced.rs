//! A scheduler that keeps a hash of its choices.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

/// A hash of all choices so far, and how many there were.
pub(crate) type Trace = Arc<Mutex<(u64, usize)>>;

#[derive(Debug)]
pub(crate) struct Traced<S> {
    inner: S,
    trace: Trace,
}

impl<S> Traced<S> {
    pub(crate) fn new(inner: S, trace: &Trace) -> Traced<S> {
        let trace = Arc::clone(trace);
        Traced { inner, trace }
    }

    fn note(&self, choice: impl Hash) {
        let mut trace = self.trace.lock().expect("the trace");
        let mut hasher = DefaultHasher::new();
        (trace.0, choice).hash(&mut hasher);
        *trace = (hasher.finish(), trace.1 + 1);
    }
}

impl<S: Scheduler> Scheduler for Traced<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.inner.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let next = self.inner.next_task(runnable, current, is_yielding);
        let others: Vec<usize> = runnable.iter().map(|task| task.id().into()).collect();
        self.note((next.map(usize::from), others, is_yielding));
        next
    }

    fn next_u64(&mut self) -> u64 {
        let drawn = self.inner.next_u64();
        self.note(drawn);
        drawn
    }
}
