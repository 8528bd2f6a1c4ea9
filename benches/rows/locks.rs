//! One lock, many tasks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::rt;
use super::rt::sync::Mutex;
use super::support::{default_runtime, in_task};
use crate::row::{Body, Divisor, Entry, Figure};

const TASKS: u64 = 64;
const TURNS: u64 = 1_000;
const TURNS_ALONE: u64 = 100_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("mutex", TASKS * TURNS, 10, contended),
        Entry::measure(&["mutex_longest_wait"], longest_wait),
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

/// Each turn is timed, so the row is slower than the one without; and the longest of all is kept.
fn longest_wait(divisor: Divisor) -> Vec<Figure> {
    let turns = (TURNS / divisor).max(1);
    let longest = default_runtime().block_on(async move {
        let total = Arc::new(Mutex::new(0));
        let take_turns = || rt::spawn(longest_of(Arc::clone(&total), turns));
        let handles: Vec<_> = (0..TASKS).map(|_| take_turns()).collect();
        let mut longest = Duration::ZERO;
        for handle in handles {
            longest = longest.max(handle.await.expect("an adding task does not panic"));
        }
        longest
    });
    let nanos = longest.as_nanos() as f64;
    vec![Figure::new("mutex_longest_wait", "ns", nanos)]
}

async fn longest_of(total: Arc<Mutex<u64>>, turns: u64) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..turns {
        let asked = Instant::now();
        let mut total = total.lock().await;
        longest = longest.max(asked.elapsed());
        *total += 1;
    }
    longest
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
