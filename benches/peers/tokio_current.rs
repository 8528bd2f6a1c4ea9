//! tokio's current-thread flavour where a program has the choice: work that one thread can do.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;

use crate::row::{Body, Entry};

const TASKS: u64 = 10_000;
const PINGS: u64 = 1_000;
const YIELDERS: u64 = 200;
const YIELDS: u64 = 1_000;
const YIELDS_ALONE: u64 = 100_000;
const VALUES: u64 = 200_000;
const SLEEPS: u64 = 100;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("spawn_join", TASKS, 20, spawn_join),
        Entry::new("ping_pong", PINGS, 100, ping_pong),
        Entry::new("yield_many_one_worker", YIELDERS * YIELDS, 15, yield_many),
        Entry::new("yield_one", YIELDS_ALONE, 10, yield_one),
        Entry::new("mpsc_bounded_1x1", VALUES, 8, mpsc_bounded),
        Entry::new("sleep_lateness", SLEEPS, 1, sleep_lateness),
    ]
}

fn current_thread_runtime() -> Runtime {
    let built = Builder::new_current_thread().enable_all().build();
    built.expect("a runtime can be built")
}

/// A body whose rounds all run in one spawned task.
fn in_task<F, Fut>(round: F) -> Body
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let runtime = current_thread_runtime();
    Box::new(move |rounds| {
        let round = round.clone();
        let task = runtime.spawn(async move {
            let start = Instant::now();
            for _ in 0..rounds {
                round().await;
            }
            start.elapsed()
        });
        runtime.block_on(task).expect("the round does not panic")
    })
}

fn spawn_join() -> Body {
    in_task(|| async {
        let handles: Vec<_> = (0..TASKS).map(|_| tokio::spawn(async {})).collect();
        for handle in handles {
            handle.await.expect("an empty task does not panic");
        }
    })
}

fn ping_pong() -> Body {
    in_task(|| async {
        for _ in 0..PINGS {
            let (ping, pinged) = oneshot::channel();
            let (pong, ponged) = oneshot::channel();
            tokio::spawn(async move {
                pinged.await.expect("the ping is sent");
                pong.send(()).expect("the pong is awaited");
            });
            ping.send(()).expect("the partner waits");
            ponged.await.expect("the partner answers");
        }
    })
}

fn yield_many() -> Body {
    in_task(|| async {
        let handles: Vec<_> = (0..YIELDERS)
            .map(|_| tokio::spawn(give_way(YIELDS)))
            .collect();
        for handle in handles {
            handle.await.expect("a yielding task does not panic");
        }
    })
}

fn yield_one() -> Body {
    in_task(|| give_way(YIELDS_ALONE))
}

async fn give_way(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}

fn mpsc_bounded() -> Body {
    in_task(|| async {
        let (sender, mut receiver) = mpsc::channel(1_000);
        tokio::spawn(async move {
            for value in 0..VALUES {
                sender.send(value).await.expect("the receiver waits");
            }
        });
        let mut seen = 0;
        while receiver.recv().await.is_some() {
            seen += 1;
        }
        assert_eq!(seen, VALUES);
    })
}

fn sleep_lateness() -> Body {
    let runtime = current_thread_runtime();
    Box::new(move |rounds| {
        runtime.block_on(async {
            let mut late = Duration::ZERO;
            for index in 0..rounds * SLEEPS {
                let length = Duration::from_micros(200 + index * 1_039 % 2_800);
                let start = Instant::now();
                tokio::time::sleep(length).await;
                late += start.elapsed().saturating_sub(length);
            }
            late
        })
    })
}
