//! Models of the set: complete × join, abort, drop, detach. The tasks are real, their scheduler is a
//! queue.

use std::future::pending;
use std::pin::pin;
use std::task::Poll;

use super::JoinSet;
use crate::loom::model;
use crate::park::block_on_parked;
use crate::sync::test_support::poll_once;
use crate::task::test_support::Queue;

/// Another thread, which runs entries until it finds none.
fn run_beside(queue: &Queue) -> loom::thread::JoinHandle<()> {
    let queue = queue.clone();
    loom::thread::spawn(move || while queue.run_one() {})
}

/// Fault 8.
#[test]
fn loom_join_set_complete_vs_join_next() {
    model(|| {
        let queue = Queue::new();
        let mut set = JoinSet::new();
        set.insert(queue.spawn(async { 3 }));
        set.insert(queue.spawn(async { 4 }));
        let runner = run_beside(&queue);
        let mut sum = 0;
        while let Some(joined) = block_on_parked(set.join_next()) {
            sum += joined.unwrap();
        }
        assert_eq!(sum, 7);
        runner.join().unwrap();
        assert_eq!(queue.live(), 0);
    });
}

/// Who gives up waiting takes nothing along: neither a task's output nor its wake-up.
#[test]
fn loom_join_set_dropped_join_next_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let mut set = JoinSet::new();
        set.insert(queue.spawn(async { 3 }));
        let runner = run_beside(&queue);
        let given_up = poll_once(pin!(set.join_next()));
        let joined = match given_up {
            Poll::Ready(joined) => joined,
            Poll::Pending => block_on_parked(set.join_next()),
        };
        assert_eq!(joined.unwrap().unwrap(), 3);
        assert!(block_on_parked(set.join_next()).is_none());
        runner.join().unwrap();
        assert_eq!(queue.live(), 0);
    });
}

#[test]
fn loom_join_set_insert_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let handle = queue.spawn(async { 3 });
        let runner = run_beside(&queue);
        let mut set = JoinSet::new();
        set.insert(handle);
        let joined = block_on_parked(set.join_next());
        assert_eq!(joined.unwrap().unwrap(), 3);
        assert!(set.try_join_next().is_none() && set.is_empty());
        runner.join().unwrap();
    });
}

/// Fault 8.
#[test]
fn loom_join_set_abort_all_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let mut set = JoinSet::new();
        set.insert(queue.spawn(async { 3 }));
        set.insert(queue.spawn(pending()));
        let runner = run_beside(&queue);
        set.abort_all();
        // What the abort has queued after the other thread had looked.
        while queue.run_one() {}
        let mut cancelled = 0;
        while let Some(joined) = block_on_parked(set.join_next()) {
            match joined {
                Ok(output) => assert_eq!(output, 3),
                Err(error) => cancelled += usize::from(error.is_cancelled()),
            }
        }
        assert!((1..=2).contains(&cancelled));
        runner.join().unwrap();
        assert_eq!(queue.live(), 0);
    });
}

/// Fault 8.
#[test]
fn loom_join_set_drop_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let mut set = JoinSet::new();
        set.insert(queue.spawn(async { 3 }));
        set.insert(queue.spawn(pending()));
        let runner = run_beside(&queue);
        drop(set);
        runner.join().unwrap();
        while queue.run_one() {}
        assert_eq!(queue.live(), 0);
    });
}

/// Fault 8.
#[test]
fn loom_join_set_detach_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let mut set = JoinSet::new();
        set.insert(queue.spawn(async { 3 }));
        let runner = {
            let queue = queue.clone();
            loom::thread::spawn(move || queue.run_one())
        };
        set.detach_all();
        // It has the place of the one that was let go, and is not taken for it.
        set.insert(queue.spawn(pending()));
        assert!(set.try_join_next().is_none());
        runner.join().unwrap();
        assert!(set.try_join_next().is_none());
        assert_eq!(set.len(), 1);
        drop(set);
        while queue.run_one() {}
        assert_eq!(queue.live(), 0);
    });
}
