//! Tasks that are spawned and joined, and little else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use super::rt;
use super::rt::sync::oneshot;
use super::support::{default_runtime, in_task, on_main};
use crate::row::{Body, Divisor, Entry, Figure};
use crate::work::{self, Countdown};

const TASKS: u64 = 10_000;
const DEPTH: u64 = 1_000;
const PINGS: u64 = 1_000;
const FIB: u32 = 22;
const REMOTE: u64 = 12_800;
const WORKS: u64 = 5_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("spawn_join", TASKS, 20, spawn_join),
        Entry::new("spawn_from_main", TASKS, 20, spawn_from_main),
        Entry::new("chained_spawn", DEPTH, 200, chained_spawn),
        Entry::new("ping_pong", PINGS, 100, ping_pong),
        Entry::new("fork_join", spawns_of_fib(FIB), 6, fork_join),
        Entry::new("remote_spawn_1", REMOTE, 10, || remote_spawn(1)),
        Entry::new("remote_spawn_2", REMOTE, 10, || remote_spawn(2)),
        Entry::new("remote_spawn_4", REMOTE, 10, || remote_spawn(4)),
        Entry::new("remote_spawn_8", REMOTE, 10, || remote_spawn(8)),
        Entry::measure(&["imbalance"], imbalance),
    ]
}

/// Spawns empty tasks, then awaits every handle; the spawner is a task.
fn spawn_join() -> Body {
    in_task(default_runtime(), spawn_and_join)
}

/// The same from the thread that is in `block_on`.
fn spawn_from_main() -> Body {
    on_main(default_runtime(), spawn_and_join)
}

async fn spawn_and_join() {
    let handles: Vec<_> = (0..TASKS).map(|_| rt::spawn(async {})).collect();
    for handle in handles {
        handle.await.expect("an empty task does not panic");
    }
}

/// Each task spawns the next one; the last one reports.
fn chained_spawn() -> Body {
    in_task(default_runtime(), || async {
        let (done, finished) = oneshot::channel();
        chain(DEPTH, done);
        finished.await.expect("the last link reports");
    })
}

fn chain(links: u64, done: oneshot::Sender<()>) {
    if links == 0 {
        done.send(()).expect("the first link waits");
        return;
    }
    rt::spawn(async move { chain(links - 1, done) });
}

/// Plain threads spawn; the round ends when the last task has run.
fn remote_spawn(threads: u64) -> Body {
    let runtime = default_runtime();
    Box::new(move |rounds| {
        let handle = runtime.handle();
        let start = Instant::now();
        for _ in 0..rounds {
            let to_run = Arc::new(Countdown::new(REMOTE));
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        for _ in 0..REMOTE / threads {
                            let to_run = Arc::clone(&to_run);
                            handle.spawn(async move { to_run.one_less() });
                        }
                    });
                }
            });
            to_run.wait();
        }
        start.elapsed()
    })
}

/// One task spawns all the work: how close that comes to plain threads that share it by a counter,
/// in percent.
fn imbalance(divisor: Divisor) -> Vec<Figure> {
    let works = (WORKS / divisor).max(1);
    let runtime = default_runtime();
    let in_tasks = || {
        let start = Instant::now();
        let task = runtime.spawn(async move {
            let work = |seed| rt::spawn(async move { work::step(seed) });
            let handles: Vec<_> = (0..works).map(work).collect();
            for handle in handles {
                handle.await.expect("work does not panic");
            }
        });
        runtime.block_on(task).expect("work does not panic");
        start.elapsed().as_secs_f64()
    };
    // The first run warms up; then in turns, as what else the machine does hits both.
    in_tasks();
    let ratio = |_| work::on_threads(works).as_secs_f64() / in_tasks();
    let mut ratios: Vec<f64> = (0..3).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    vec![Figure::new("imbalance", "%", ratios[1] * 100.0)]
}

/// For each ping: two oneshots, a partner spawned, a value there and back.
fn ping_pong() -> Body {
    in_task(default_runtime(), || async {
        for _ in 0..PINGS {
            let (ping, pinged) = oneshot::channel();
            let (pong, ponged) = oneshot::channel();
            rt::spawn(async move {
                pinged.await.expect("the ping is sent");
                pong.send(()).expect("the pong is awaited");
            });
            ping.send(()).expect("the partner waits");
            ponged.await.expect("the partner answers");
        }
    })
}

/// The Fibonacci number by its definition, each left branch in a task of its own.
fn fork_join() -> Body {
    in_task(default_runtime(), || async {
        assert_eq!(fib(FIB).await, 17_711);
    })
}

fn fib(n: u32) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return u64::from(n);
        }
        let left = rt::spawn(fib(n - 1));
        let right = fib(n - 2).await;
        left.await.expect("a branch does not panic") + right
    })
}

fn spawns_of_fib(n: u32) -> u64 {
    match n {
        0 | 1 => 0,
        _ => 1 + spawns_of_fib(n - 1) + spawns_of_fib(n - 2),
    }
}
