//! Wake-ups across threads: how long it takes until a sleeping task has what it waits for.

use std::sync::mpsc as std_mpsc;
use std::time::{Duration, Instant};

use super::multi_thread;
use super::rt::runtime::Runtime;
use super::rt::sync::{mpsc, oneshot};
use super::support::one_worker_runtime;
use crate::cores::stay_on;
use crate::row::{Body, Entry};

/// Both ways.
const HOPS: u64 = 400;
const ONESHOTS: u64 = 1_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("cross_wake_0us", HOPS, 10, || between_runtimes(0)),
        Entry::new("cross_wake_20us", HOPS, 5, || between_runtimes(20)),
        Entry::new("cross_wake_200us", HOPS, 1, || between_runtimes(200)),
        Entry::new("thread_wake_0us", HOPS, 10, || from_a_thread(0)),
        Entry::new("thread_wake_20us", HOPS, 5, || from_a_thread(20)),
        Entry::new("thread_wake_200us", HOPS, 1, || from_a_thread(200)),
        Entry::new("oneshot_across", ONESHOTS, 200, oneshot_across),
    ]
}

/// A token goes to and fro between tasks of two runtimes; who has it works for the gap before he
/// passes it on, so that the other one has gone to sleep. The figure is the time under way.
fn between_runtimes(gap_us: u64) -> Body {
    let gap = Duration::from_micros(gap_us);
    let (near, far) = (one_worker_runtime(), one_worker_runtime());
    let (there, mut arriving) = mpsc::channel::<Instant>(1);
    let (back, returning) = mpsc::channel::<Duration>(1);
    let (stamped, stamps) = mpsc::channel::<Instant>(1);
    far.spawn(async move {
        while let Some(sent) = arriving.recv().await {
            let late = sent.elapsed();
            busy(gap);
            let sent = stamped.send(Instant::now()).await;
            if sent.is_err() || back.send(late).await.is_err() {
                return;
            }
        }
    });
    let mut ends = Some(NearEnd {
        there,
        stamps,
        returning,
        gap,
    });
    Box::new(move |rounds| {
        let _kept_alive = &far;
        let mut end = ends.take().expect("put back after every run");
        let task = near.spawn(async move { (end.pass(rounds * HOPS).await, end) });
        let (total, end) = near.block_on(task).expect("it does not panic");
        ends = Some(end);
        total
    })
}

/// What the task in the near runtime has.
#[derive(Debug)]
struct NearEnd {
    there: mpsc::Sender<Instant>,
    stamps: mpsc::Receiver<Instant>,
    returning: mpsc::Receiver<Duration>,
    gap: Duration,
}

impl NearEnd {
    async fn pass(&mut self, hops: u64) -> Duration {
        let mut total = Duration::ZERO;
        for _ in 0..hops / 2 {
            let sent = self.there.send(Instant::now()).await;
            sent.expect("the far end waits");
            let sent = self.stamps.recv().await.expect("the far end answers");
            total += sent.elapsed();
            // How long the token was under way to the far end.
            total += self.returning.recv().await.expect("the far end answers");
            busy(self.gap);
        }
        total
    }
}

/// A plain thread sends into a task, which answers by a channel of the standard library. The
/// figure is the time under way to the task. Each of the two has a core of its own.
fn from_a_thread(gap_us: u64) -> Body {
    let gap = Duration::from_micros(gap_us);
    let runtime: Runtime = multi_thread()
        .worker_threads(1)
        .enable_all()
        // For as long as the thread lives.
        .on_thread_start(|| std::mem::forget(stay_on(1)))
        .build()
        .expect("a runtime can be built");
    let (there, mut arriving) = mpsc::unbounded_channel::<Instant>();
    let (back, returning) = std_mpsc::channel();
    runtime.spawn(async move {
        while let Some(sent) = arriving.recv().await {
            // The thread may have ended.
            let _gone = back.send(sent.elapsed());
        }
    });
    Box::new(move |rounds| {
        let _kept_alive = &runtime;
        let _stays = stay_on(0);
        let mut total = Duration::ZERO;
        for _ in 0..rounds * HOPS {
            there.send(Instant::now()).expect("the task waits");
            total += returning.recv().expect("the task answers");
            busy(gap);
        }
        total
    })
}

fn busy(gap: Duration) {
    let start = Instant::now();
    while start.elapsed() < gap {
        std::hint::spin_loop();
    }
}

/// Oneshots whose two ends are in different runtimes; their senders travel in one bundle.
fn oneshot_across() -> Body {
    let (near, far) = (one_worker_runtime(), one_worker_runtime());
    let (there, mut arriving) = mpsc::unbounded_channel::<Vec<oneshot::Sender<u64>>>();
    far.spawn(async move {
        while let Some(senders) = arriving.recv().await {
            for (sender, value) in senders.into_iter().zip(0..) {
                sender.send(value).expect("the receiver is there");
            }
        }
    });
    Box::new(move |rounds| {
        let _kept_alive = &far;
        let there = there.clone();
        let task = near.spawn(async move {
            let start = Instant::now();
            for _ in 0..rounds {
                let (senders, receivers): (Vec<_>, Vec<_>) =
                    (0..ONESHOTS).map(|_| oneshot::channel()).unzip();
                there.send(senders).expect("the far end waits");
                for (receiver, value) in receivers.into_iter().zip(0..) {
                    assert_eq!(receiver.await, Ok(value));
                }
            }
            start.elapsed()
        });
        near.block_on(task).expect("it does not panic")
    })
}
