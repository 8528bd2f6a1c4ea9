//! What an operation costs as its surroundings grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::echo;
use super::rt;
use super::rt::sync::{mpsc, watch};
use super::rt::time::{sleep, timeout};
use super::support::{default_runtime, in_task};
use crate::row::Body;
use crate::work::Countdown;

/// Operations of a point, where they do not depend on how large the surroundings are.
const OPERATIONS: u64 = 100_000;

/// A task spawned and joined, `x` at a time.
pub(crate) fn spawn(x: u64) -> f64 {
    let body = in_task(default_runtime(), move || async move {
        let handles: Vec<_> = (0..x).map(|_| rt::spawn(async {})).collect();
        for handle in handles {
            handle.await.expect("an empty task does not panic");
        }
    });
    each(body, x)
}

/// A timeout that is set and taken back, beside `x` tasks that sleep for up to an hour.
pub(crate) fn timers(x: u64) -> f64 {
    let runtime = default_runtime();
    let begun = Arc::new(Countdown::new(x));
    for index in 0..x {
        let begun = Arc::clone(&begun);
        runtime.spawn(async move {
            begun.one_less();
            drop(begun);
            sleep(Duration::from_millis(600_000 + index * 7_919 % 3_000_000)).await;
        });
    }
    begun.wait();
    const CHURN: u64 = 1_000;
    let body = in_task(runtime, || async {
        for _ in 0..CHURN {
            let limit = Duration::from_secs(1);
            let ready = std::pin::pin!(rt::task::yield_now());
            assert!(timeout(limit, ready).await.is_ok());
        }
    });
    each(body, CHURN)
}

/// A message of 64 bytes there and back, one under way on each of `x` connections.
pub(crate) fn connections(x: u64) -> f64 {
    let connections = usize::try_from(x).expect("a number of descriptors");
    let mut body = echo::load(connections, 64);
    body(1);
    body(1).as_nanos() as f64 / echo::TRIPS_LOAD as f64
}

/// A value received, by each of `x` tasks that wait on one channel.
pub(crate) fn waiters(x: u64) -> f64 {
    let runtime = default_runtime();
    let (sender, receiver) = watch::channel(0_u64);
    let (arrived, mut arrivals) = mpsc::unbounded_channel::<()>();
    let seen = Arc::new(AtomicU64::new(0));
    for _ in 0..x {
        let (mut receiver, arrived) = (receiver.clone(), arrived.clone());
        let seen = Arc::clone(&seen);
        runtime.spawn(async move {
            while receiver.changed().await.is_ok() {
                drop(receiver.borrow_and_update());
                // AcqRel: the last one of a value has seen what all others did before.
                if (seen.fetch_add(1, Ordering::AcqRel) + 1) % x == 0 {
                    // The sender may have ended.
                    let _gone = arrived.send(());
                }
            }
        });
    }
    let rounds = (OPERATIONS / x).max(1);
    let task = runtime.spawn(async move {
        let mut time = Duration::ZERO;
        // The first half warms up.
        for round in 0..2 * rounds {
            let start = Instant::now();
            sender.send(round + 1).expect("the receivers wait");
            arrivals.recv().await.expect("the receivers answer");
            if round >= rounds {
                time += start.elapsed();
            }
        }
        time
    });
    let time = runtime.block_on(task).expect("it does not panic");
    time.as_nanos() as f64 / (rounds * x) as f64
}

/// Nanoseconds an operation, after a short run that warms up.
fn each(mut body: Body, operations: u64) -> f64 {
    let rounds = (OPERATIONS / operations).max(1);
    body(rounds.div_ceil(5));
    body(rounds).as_nanos() as f64 / (rounds * operations) as f64
}
