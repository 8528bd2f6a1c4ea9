//! A scheduler that is a queue, for models and tests of tasks.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::Location;

use super::cell::{Header, Schedule};
use super::owned::OwnedTasks;
use super::{Id, JoinHandle, Notified, TaskRef, new_task};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, Mutex};

/// The queue, and the live list beside it, for those that have had to wait.
#[derive(Clone)]
pub(crate) struct Queue {
    shared: Arc<QueueShared>,
}

struct QueueShared {
    entries: Mutex<VecDeque<Notified>>,
    tasks: OwnedTasks,
    alive: AtomicUsize,
}

impl Queue {
    pub(crate) fn new() -> Queue {
        let entries = Mutex::new(VecDeque::new());
        Queue {
            shared: Arc::new(QueueShared {
                entries,
                tasks: OwnedTasks::new(),
                alive: AtomicUsize::new(0),
            }),
        }
    }

    /// A task whose first entry is queued.
    pub(crate) fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        let (entry, join) = self.make(future);
        self.shared.entries.lock().push_back(entry);
        join
    }

    pub(crate) fn make<F: Future + 'static>(&self, future: F) -> (Notified, JoinHandle<F::Output>) {
        // Relaxed: a count.
        self.shared.alive.fetch_add(1, Ordering::Relaxed);
        new_task(future, self.clone(), Id::next(), Location::caller())
    }

    /// Runs one entry; false if there is none.
    pub(crate) fn run_one(&self) -> bool {
        self.take().map(Notified::run).is_some()
    }

    pub(crate) fn take(&self) -> Option<Notified> {
        self.shared.entries.lock().pop_front()
    }

    /// How many there are of it: each task that is not freed has one.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn clones(&self) -> usize {
        Arc::strong_count(&self.shared)
    }

    /// How many tasks are not freed.
    #[cfg(runtime_fuzzing)]
    pub(crate) fn allocated(&self) -> usize {
        Arc::strong_count(&self.shared) - 1
    }

    pub(crate) fn live(&self) -> usize {
        // Acquire: pairs with `ends`.
        self.shared.alive.load(Ordering::Acquire)
    }

    pub(crate) fn listed(&self) -> usize {
        self.shared.tasks.len()
    }

    /// Cancels all tasks that wait, as a shutdown does; what is queued ends when it has to wait.
    pub(crate) fn cancel_all(&self) {
        loop {
            let batch = self.shared.tasks.close();
            if batch.is_empty() {
                break;
            }
            batch.into_iter().for_each(TaskRef::shutdown);
        }
    }
}

impl Schedule for Queue {
    fn schedule(&self, entry: Notified) {
        self.shared.entries.lock().push_back(entry);
    }

    fn requeue(&self, entry: Notified) {
        self.schedule(entry);
    }

    fn link(&self, task: TaskRef) -> Result<u32, TaskRef> {
        self.shared.tasks.link(task).map(|()| 0)
    }

    fn ends(&self) {
        // Release: who finds nothing alive has seen all that was done before.
        self.shared.alive.fetch_sub(1, Ordering::Release);
    }

    fn unlink(&self, header: &Header, _list: u32) -> bool {
        self.shared.tasks.unlink(header)
    }
}

/// A task that counts its one poll.
#[cfg(test)]
pub(crate) fn ready_task(queue: &Queue, ran: &Arc<AtomicUsize>) -> (Notified, JoinHandle<()>) {
    let ran = Arc::clone(ran);
    queue.make(async move {
        // Relaxed: a count, read after the threads were joined.
        ran.fetch_add(1, Ordering::Relaxed);
    })
}
