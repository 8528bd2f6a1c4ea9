//! One lock, many tasks.

use std::sync::Arc;

use super::rt;
use super::rt::sync::Mutex;
use super::support::{default_runtime, in_task};
use crate::row::{Body, Entry};

const TASKS: u64 = 64;
const TURNS: u64 = 1_000;
const TURNS_ALONE: u64 = 100_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("mutex", TASKS * TURNS, 10, contended),
        Entry::new("mutex_alone", TURNS_ALONE, 20, alone),
    ]
}

fn contended() -> Body {
    in_task(default_runtime(), || async {
        let total = Arc::new(Mutex::new(0));
        let take_turns = || rt::spawn(add(Arc::clone(&total), TURNS));
        let handles: Vec<_> = (0..TASKS).map(|_| take_turns()).collect();
        for handle in handles {
            handle.await.expect("an adding task does not panic");
        }
        assert_eq!(*total.lock().await, TASKS * TURNS);
    })
}

fn alone() -> Body {
    in_task(default_runtime(), || {
        add(Arc::new(Mutex::new(0)), TURNS_ALONE)
    })
}

async fn add(total: Arc<Mutex<u64>>, turns: u64) {
    for _ in 0..turns {
        *total.lock().await += 1;
    }
}
