//! Work-stealing deques where crossbeam's cannot be used, since it knows nothing of model checkers: the
//! same few verbs on a locked queue.

use super::{Arc, Mutex};
use std::collections::VecDeque;

pub use crossbeam_deque::Steal;

type Queue<T> = Arc<Mutex<VecDeque<T>>>;

pub struct Worker<T>(Queue<T>);

impl<T> Worker<T> {
    pub fn new_fifo() -> Worker<T> {
        Worker(Arc::new(Mutex::new(VecDeque::new())))
    }

    pub fn push(&self, value: T) {
        self.0.lock().push_back(value);
    }

    pub fn pop(&self) -> Option<T> {
        self.0.lock().pop_front()
    }

    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn stealer(&self) -> Stealer<T> {
        Stealer(Arc::clone(&self.0))
    }
}

pub struct Stealer<T>(Queue<T>);

impl<T> Stealer<T> {
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn steal(&self) -> Steal<T> {
        steal_one(&self.0)
    }

    pub fn steal_batch_with_limit_and_pop(&self, to: &Worker<T>, limit: usize) -> Steal<T> {
        steal_half(&self.0, to, limit)
    }
}

pub struct Injector<T>(Queue<T>);

impl<T> Injector<T> {
    pub fn new() -> Injector<T> {
        Injector(Arc::new(Mutex::new(VecDeque::new())))
    }

    pub fn push(&self, value: T) {
        self.0.lock().push_back(value);
    }

    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    pub fn steal(&self) -> Steal<T> {
        steal_one(&self.0)
    }

    pub fn steal_batch_with_limit_and_pop(&self, to: &Worker<T>, limit: usize) -> Steal<T> {
        steal_half(&self.0, to, limit)
    }
}

fn steal_one<T>(from: &Queue<T>) -> Steal<T> {
    from.lock().pop_front().map_or(Steal::Empty, Steal::Success)
}

fn steal_half<T>(from: &Queue<T>, to: &Worker<T>, limit: usize) -> Steal<T> {
    let mut taken = {
        let mut from = from.lock();
        let count = from.len().div_ceil(2).min(limit);
        from.drain(..count).collect::<VecDeque<T>>()
    };
    let Some(first) = taken.pop_front() else {
        return Steal::Empty;
    };
    to.0.lock().extend(taken);
    Steal::Success(first)
}
