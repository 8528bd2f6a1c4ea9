//! Timers that never fire, and timers that should fire in time.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use super::rt;
use super::rt::time::{sleep, timeout};
use super::support::{default_runtime, in_task};
use crate::percentiles::Percentiles;
use crate::row::{Body, Divisor, Entry, Figure};
use crate::usage::{Usage, peak_memory};
use crate::work::Countdown;

const TASKS: u64 = 8;
const TIMEOUTS: u64 = 5_000;
const SLEEPS: u64 = 100;

/// The rows of a million sleeps.
const MANY: [&str; 4] = [
    "timers_1m_cpu",
    "timers_1m_memory",
    "timers_1m_lateness_p50",
    "timers_1m_lateness_p99",
];

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("timeout_churn", TASKS * TIMEOUTS, 5, timeout_churn),
        Entry::new("sleep_lateness", SLEEPS, 1, sleep_lateness),
        Entry::measure(&MANY, many),
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

/// A million tasks that each sleep once, for 10 ms to 1 s: what they use, and how late they wake.
fn many(divisor: Divisor) -> Vec<Figure> {
    let sleeps = (1_000_000 / divisor).max(1);
    let runtime = default_runtime();
    let before = Usage::now();
    let shared = Arc::new((Countdown::new(sleeps), latenesses(sleeps)));
    for index in 0..sleeps {
        let shared = Arc::clone(&shared);
        runtime.spawn(async move {
            let length = Duration::from_micros(10_000 + index * 7_919 % 990_000);
            let start = Instant::now();
            sleep(length).await;
            let late = start.elapsed().saturating_sub(length);
            let (awake, latenesses) = &*shared;
            let slot = &latenesses[usize::try_from(index).expect("it is an index")];
            // Relaxed: the countdown hands it on.
            slot.store(nanos(late), Ordering::Relaxed);
            awake.one_less();
        });
    }
    let (awake, latenesses) = &*shared;
    awake.wait();
    let used = Usage::now() - before;
    // Relaxed: the countdown has handed them on.
    let latenesses = latenesses.iter().map(|late| late.load(Ordering::Relaxed));
    let lateness = Percentiles::of(latenesses.map(Duration::from_nanos).collect());
    let [cpu, memory, half, most] = MANY;
    let cpu_each = used.cpu.as_nanos() as f64 / sleeps as f64;
    vec![
        used.per(sleeps as f64, Figure::new(cpu, "ns", cpu_each)),
        Figure::new(memory, "bytes", peak_memory() as f64 / sleeps as f64),
        lateness.figure(half, 0.5),
        lateness.figure(most, 0.99),
    ]
}

fn latenesses(sleeps: u64) -> Vec<AtomicU64> {
    (0..sleeps).map(|_| AtomicU64::new(0)).collect()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).expect("no sleep is centuries late")
}
