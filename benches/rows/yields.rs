//! Tasks that only give way to each other.

use super::rt;
use super::rt::task::yield_now;
use super::support::{default_runtime, in_task, one_worker_runtime};
use crate::row::{Body, Entry};

const TASKS: u64 = 200;
const YIELDS: u64 = 1_000;
const YIELDS_ALONE: u64 = 100_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("yield_many", TASKS * YIELDS, 15, yield_many),
        Entry::new(
            "yield_many_one_worker",
            TASKS * YIELDS,
            15,
            yield_many_one_worker,
        ),
        Entry::new("yield_one", YIELDS_ALONE, 10, yield_one),
    ]
}

fn yield_many() -> Body {
    in_task(default_runtime(), many)
}

fn yield_many_one_worker() -> Body {
    in_task(one_worker_runtime(), many)
}

async fn many() {
    let handles: Vec<_> = (0..TASKS).map(|_| rt::spawn(give_way(YIELDS))).collect();
    for handle in handles {
        handle.await.expect("a yielding task does not panic");
    }
}

/// One task alone in the runtime.
fn yield_one() -> Body {
    in_task(default_runtime(), || give_way(YIELDS_ALONE))
}

async fn give_way(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}
