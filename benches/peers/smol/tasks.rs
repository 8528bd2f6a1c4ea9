//! Tasks that are spawned and joined, that give way, and that share a lock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use smol::channel::{Sender, bounded};
use smol::future::yield_now;
use smol::lock::Mutex;

use super::{Pool, Spawner, in_task};
use crate::resident;
use crate::row::{Body, Divisor, Entry, Figure};
use crate::work::Countdown;

const TASKS: u64 = 10_000;
const DEPTH: u64 = 1_000;
const PINGS: u64 = 1_000;
const FIB: u32 = 22;
const BRANCHES: u64 = 28_656;
const REMOTE: u64 = 12_800;
const YIELDERS: u64 = 200;
const YIELDS: u64 = 1_000;
const LOCKERS: u64 = 64;
const TURNS: u64 = 1_000;
const BURSTS: u64 = 25;
const BURST: u64 = 16;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("spawn_join", TASKS, 20, spawn_join),
        Entry::new("spawn_from_main", TASKS, 20, spawn_from_main),
        Entry::new("chained_spawn", DEPTH, 200, chained_spawn),
        Entry::new("ping_pong", PINGS, 100, ping_pong),
        Entry::new("fork_join", BRANCHES, 6, fork_join),
        Entry::new("remote_spawn_1", REMOTE, 10, || remote_spawn(1)),
        Entry::new("remote_spawn_4", REMOTE, 10, || remote_spawn(4)),
        Entry::new("yield_many", YIELDERS * YIELDS, 5, || yields(Pool::new())),
        Entry::new("yield_many_one_worker", YIELDERS * YIELDS, 5, || {
            yields(Pool::of(1))
        }),
        Entry::new("mutex", LOCKERS * TURNS, 10, mutex),
        Entry::new("spawn_blocking_1", BURSTS * BURST, 40, || blocking(1)),
        Entry::new("spawn_blocking_8", 8 * BURSTS * BURST, 6, || blocking(8)),
        Entry::measure(&["memory_parked_task"], parked),
    ]
}

fn spawn_join() -> Body {
    in_task(Pool::new(), |executor| async move {
        let tasks: Vec<_> = (0..TASKS).map(|_| executor.spawn(async {})).collect();
        for task in tasks {
            task.await;
        }
    })
}

fn spawn_from_main() -> Body {
    let pool = Pool::new();
    Box::new(move |rounds| {
        let start = Instant::now();
        smol::block_on(async {
            for _ in 0..rounds {
                let tasks: Vec<_> = (0..TASKS).map(|_| pool.spawn(async {})).collect();
                for task in tasks {
                    task.await;
                }
            }
        });
        start.elapsed()
    })
}

fn chained_spawn() -> Body {
    in_task(Pool::new(), |executor| async move {
        let (done, finished) = bounded(1);
        chain(executor, DEPTH, done);
        finished.recv().await.expect("the last link reports");
    })
}

fn chain(executor: Spawner, links: u64, done: Sender<()>) {
    if links == 0 {
        done.try_send(()).expect("the first link waits");
        return;
    }
    let next = Arc::clone(&executor);
    executor
        .spawn(async move { chain(next, links - 1, done) })
        .detach();
}

fn ping_pong() -> Body {
    in_task(Pool::new(), |executor| async move {
        for _ in 0..PINGS {
            let (ping, pinged) = bounded(1);
            let (pong, ponged) = bounded(1);
            let partner = executor.spawn(async move {
                pinged.recv().await.expect("the ping is sent");
                pong.try_send(()).expect("the pong is awaited");
            });
            partner.detach();
            ping.try_send(()).expect("the partner waits");
            ponged.recv().await.expect("the partner answers");
        }
    })
}

fn fork_join() -> Body {
    in_task(Pool::new(), |executor| async move {
        assert_eq!(fib(executor, FIB).await, 17_711);
    })
}

fn fib(executor: Spawner, n: u32) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return u64::from(n);
        }
        let left = executor.spawn(fib(Arc::clone(&executor), n - 1));
        fib(executor, n - 2).await + left.await
    })
}

fn remote_spawn(threads: u64) -> Body {
    let pool = Pool::new();
    Box::new(move |rounds| {
        let start = Instant::now();
        for _ in 0..rounds {
            let to_run = Arc::new(Countdown::new(REMOTE));
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        for _ in 0..REMOTE / threads {
                            let to_run = Arc::clone(&to_run);
                            pool.spawn(async move { to_run.one_less() }).detach();
                        }
                    });
                }
            });
            to_run.wait();
        }
        start.elapsed()
    })
}

fn yields(pool: Pool) -> Body {
    in_task(pool, |executor| async move {
        let task = |_| {
            executor.spawn(async {
                for _ in 0..YIELDS {
                    yield_now().await;
                }
            })
        };
        let tasks: Vec<_> = (0..YIELDERS).map(task).collect();
        for task in tasks {
            task.await;
        }
    })
}

fn mutex() -> Body {
    in_task(Pool::new(), |executor| async move {
        let total = Arc::new(Mutex::new(0));
        let task = |_| {
            let total = Arc::clone(&total);
            executor.spawn(async move {
                for _ in 0..TURNS {
                    *total.lock().await += 1;
                }
            })
        };
        let tasks: Vec<_> = (0..LOCKERS).map(task).collect();
        for task in tasks {
            task.await;
        }
        assert_eq!(*total.lock().await, LOCKERS * TURNS);
    })
}

fn blocking(tasks: u64) -> Body {
    in_task(Pool::new(), move |executor| async move {
        let bursts = |_| {
            executor.spawn(async {
                for _ in 0..BURSTS {
                    let jobs: Vec<_> = (0..BURST).map(|_| smol::unblock(|| {})).collect();
                    for job in jobs {
                        job.await;
                    }
                }
            })
        };
        let tasks: Vec<_> = (0..tasks).map(bursts).collect();
        for task in tasks {
            task.await;
        }
    })
}

fn parked(divisor: Divisor) -> Vec<Figure> {
    let pool = Pool::new();
    let count = (TASKS / divisor).max(1);
    let spawn = || {
        let begun = Arc::new(Countdown::new(count));
        for _ in 0..count {
            let begun = Arc::clone(&begun);
            let task = pool.spawn(async move {
                begun.one_less();
                drop(begun);
                std::future::pending::<()>().await;
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
    vec![Figure::new("memory_parked_task", "bytes", bytes)]
}
