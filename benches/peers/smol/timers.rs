//! Timers that never fire, and timers that should fire in time.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use smol::Timer;
use smol::future::FutureExt;

use super::{Pool, in_task};
use crate::percentiles::Percentiles;
use crate::resident;
use crate::row::{Body, Divisor, Entry, Figure};
use crate::usage::{Usage, peak_memory};
use crate::work::Countdown;

const TASKS: u64 = 8;
const TIMEOUTS: u64 = 5_000;
const SLEEPS: u64 = 100;
const SLEEPERS: u64 = 10_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("timeout_churn", TASKS * TIMEOUTS, 5, timeout_churn),
        Entry::new("sleep_lateness", SLEEPS, 1, sleep_lateness),
        Entry::measure(
            &[
                "timers_1m_cpu",
                "timers_1m_memory",
                "timers_1m_lateness_p50",
                "timers_1m_lateness_p99",
            ],
            many,
        ),
        Entry::measure(&["memory_sleeping_task"], sleeping),
    ]
}

fn timeout_churn() -> Body {
    in_task(Pool::new(), |executor| async move {
        let churn = || async {
            for _ in 0..TIMEOUTS {
                let limit = async {
                    Timer::after(Duration::from_secs(1)).await;
                    false
                };
                assert!(ready_at_second_poll().or(limit).await);
            }
        };
        let tasks: Vec<_> = (0..TASKS).map(|_| executor.spawn(churn())).collect();
        for task in tasks {
            task.await;
        }
    })
}

async fn ready_at_second_poll() -> bool {
    let mut polled = false;
    poll_fn(|cx| {
        if polled {
            return Poll::Ready(true);
        }
        polled = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

fn sleep_lateness() -> Body {
    let pool = Pool::new();
    Box::new(move |rounds| {
        smol::block_on(pool.spawn(async move {
            let mut late = Duration::ZERO;
            for index in 0..rounds * SLEEPS {
                let length = Duration::from_micros(200 + index * 1_039 % 2_800);
                let start = Instant::now();
                Timer::after(length).await;
                late += start.elapsed().saturating_sub(length);
            }
            late
        }))
    })
}

/// A million tasks that each sleep once, for 10 ms to 1 s.
fn many(divisor: Divisor) -> Vec<Figure> {
    let sleeps = (1_000_000 / divisor).max(1);
    let pool = Pool::new();
    let before = Usage::now();
    let latenesses: Vec<AtomicU64> = (0..sleeps).map(|_| AtomicU64::new(0)).collect();
    let shared = Arc::new((Countdown::new(sleeps), latenesses));
    for index in 0..sleeps {
        let shared = Arc::clone(&shared);
        let task = pool.spawn(async move {
            let length = Duration::from_micros(10_000 + index * 7_919 % 990_000);
            let start = Instant::now();
            Timer::after(length).await;
            let late = start.elapsed().saturating_sub(length).as_nanos();
            let late = u64::try_from(late).expect("no sleep is centuries late");
            let (awake, latenesses) = &*shared;
            let slot = &latenesses[usize::try_from(index).expect("it is an index")];
            // Relaxed: the countdown hands it on.
            slot.store(late, Ordering::Relaxed);
            awake.one_less();
        });
        task.detach();
    }
    let (awake, latenesses) = &*shared;
    awake.wait();
    let used = Usage::now() - before;
    // Relaxed: the countdown has handed them on.
    let latenesses = latenesses.iter().map(|late| late.load(Ordering::Relaxed));
    let lateness = Percentiles::of(latenesses.map(Duration::from_nanos).collect());
    let each = sleeps as f64;
    let cpu = Figure::new("timers_1m_cpu", "ns", used.cpu.as_nanos() as f64 / each);
    let memory = peak_memory() as f64 / each;
    vec![
        used.per(each, cpu),
        Figure::new("timers_1m_memory", "bytes", memory),
        lateness.figure("timers_1m_lateness_p50", 0.5),
        lateness.figure("timers_1m_lateness_p99", 0.99),
    ]
}

fn sleeping(divisor: Divisor) -> Vec<Figure> {
    let pool = Pool::new();
    let count = (SLEEPERS / divisor).max(1);
    let spawn = || {
        let begun = Arc::new(Countdown::new(count));
        for _ in 0..count {
            let begun = Arc::clone(&begun);
            let task = pool.spawn(async move {
                begun.one_less();
                drop(begun);
                Timer::after(Duration::from_secs(3_600)).await;
            });
            task.detach();
        }
        begun.wait();
    };
    // What an executor allocates once, it has by then.
    spawn();
    let before = resident::bytes();
    spawn();
    let bytes = (resident::bytes() - before) as f64 / count as f64;
    vec![Figure::new("memory_sleeping_task", "bytes", bytes)]
}
