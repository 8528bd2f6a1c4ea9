//! A scheduler that is a queue, for models and tests of tasks.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::Location;

use super::cell::{Header, Schedule};
use super::owned::OwnedTasks;
use super::{Id, JoinHandle, Notified, TaskRef, new_task};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, Mutex};

/// The queue, and the live list beside it.
#[derive(Clone)]
pub(crate) struct Queue {
    shared: Arc<QueueShared>,
}

struct QueueShared {
    entries: Mutex<VecDeque<Notified>>,
    tasks: OwnedTasks,
}

impl Queue {
    pub(crate) fn new() -> Queue {
        let entries = Mutex::new(VecDeque::new());
        Queue {
            shared: Arc::new(QueueShared {
                entries,
                tasks: OwnedTasks::new(),
            }),
        }
    }

    /// A task whose first entry is queued.
    pub(crate) fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        let (entry, join) = self.make(future);
        self.shared.entries.lock().push_back(entry);
        join
    }

    fn make<F: Future + 'static>(&self, future: F) -> (Notified, JoinHandle<F::Output>) {
        let (task, entry, join) = new_task(future, self.clone(), Id::next(), 0, Location::caller());
        self.shared.tasks.link(task).expect("the list is open");
        (entry, join)
    }

    /// Runs one entry; false if there is none.
    pub(crate) fn run_one(&self) -> bool {
        let entry = self.shared.entries.lock().pop_front();
        entry.map(Notified::run).is_some()
    }

    /// How many there are of it: each task that is not freed has one.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn clones(&self) -> usize {
        Arc::strong_count(&self.shared)
    }

    pub(crate) fn live(&self) -> usize {
        self.shared.tasks.len()
    }

    /// Cancels all tasks, as a shutdown does.
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

    fn unlink(&self, header: &Header) -> bool {
        self.shared.tasks.unlink(header)
    }
}

/// A task that counts its one poll.
pub(crate) fn ready_task(queue: &Queue, ran: &Arc<AtomicUsize>) -> (Notified, JoinHandle<()>) {
    let ran = Arc::clone(ran);
    queue.make(async move {
        // Relaxed: a count, read after the threads were joined.
        ran.fetch_add(1, Ordering::Relaxed);
    })
}
