//! Timers that never fire, and timers that should fire in time.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::rt;
use super::rt::time::{sleep, timeout};
use super::support::{default_runtime, in_task};
use crate::row::{Body, Entry};

const TASKS: u64 = 8;
const TIMEOUTS: u64 = 5_000;
const SLEEPS: u64 = 100;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("timeout_churn", TASKS * TIMEOUTS, 5, timeout_churn),
        Entry::new("sleep_lateness", SLEEPS, 1, sleep_lateness),
    ]
}

/// Tasks that put a limit of a second on what is ready at its second poll.
fn timeout_churn() -> Body {
    in_task(default_runtime(), || async {
        let churn = || async {
            for _ in 0..TIMEOUTS {
                let limit = Duration::from_secs(1);
                assert!(timeout(limit, ready_at_second_poll()).await.is_ok());
            }
        };
        let handles: Vec<_> = (0..TASKS).map(|_| rt::spawn(churn())).collect();
        for handle in handles {
            handle.await.expect("no timeout elapses");
        }
    })
}

async fn ready_at_second_poll() {
    let mut polled = false;
    poll_fn(|cx| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Sleeps of 0.2 to 3 ms on a runtime that does nothing else. The figure is how late they end, not
/// how long they take.
fn sleep_lateness() -> Body {
    let runtime = default_runtime();
    Box::new(move |rounds| {
        let task = runtime.spawn(total_lateness(rounds * SLEEPS));
        runtime.block_on(task).expect("a sleep does not panic")
    })
}

async fn total_lateness(sleeps: u64) -> Duration {
    let mut late = Duration::ZERO;
    for index in 0..sleeps {
        // A stride that is prime to the span: every part of it is visited, in the same order by
        // both peers.
        let length = Duration::from_micros(200 + index * 1_039 % 2_800);
        let start = Instant::now();
        sleep(length).await;
        late += start.elapsed().saturating_sub(length);
    }
    late
}
