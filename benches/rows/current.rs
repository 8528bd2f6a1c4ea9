//! The current-thread flavour, and what a program has a use for beside spawning.

use super::rt;
use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::sync::oneshot;
use super::rt::task::{JoinSet, LocalSet, block_in_place, spawn_local, yield_now};
use super::support::{current_thread_runtime, default_runtime, in_task, on_main};
use crate::row::{Body, Entry};

const TASKS: u64 = 10_000;
const YIELDS: u64 = 100_000;
const PINGS: u64 = 1_000;
const TRIPS: u64 = 1_000;
const SELECTS: u64 = 10_000;
const BLOCKS: u64 = 500;
const MESSAGE: usize = 64;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("current_spawn", TASKS, 20, spawn),
        Entry::new("current_yield", YIELDS, 10, yields),
        Entry::new("current_ping_pong", PINGS, 100, ping_pong),
        Entry::new("current_echo_duplex", TRIPS, 100, echo),
        Entry::new("current_select", SELECTS, 50, select),
        Entry::new("current_join_set", TASKS, 20, join_set),
        Entry::new("current_local_set", TASKS, 20, local_set),
        Entry::new("block_in_place", BLOCKS, 20, in_place),
    ]
}

fn spawn() -> Body {
    on_main(current_thread_runtime(), || async {
        let handles: Vec<_> = (0..TASKS).map(|_| rt::spawn(async {})).collect();
        for handle in handles {
            handle.await.expect("an empty task does not panic");
        }
    })
}

fn yields() -> Body {
    on_main(current_thread_runtime(), || async {
        let task = rt::spawn(async {
            for _ in 0..YIELDS {
                yield_now().await;
            }
        });
        task.await.expect("it does not panic");
    })
}

fn ping_pong() -> Body {
    on_main(current_thread_runtime(), || async {
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

/// Two tasks and a pipe in memory.
fn echo() -> Body {
    on_main(current_thread_runtime(), || async {
        let (mut near, mut far) = rt::io::duplex(1_024);
        rt::spawn(async move {
            let mut buffer = [0; MESSAGE];
            while far.read_exact(&mut buffer).await.is_ok() {
                far.write_all(&buffer).await.expect("the client reads");
            }
        });
        let mut buffer = [7; MESSAGE];
        for _ in 0..TRIPS {
            near.write_all(&buffer).await.expect("the echo reads");
            let read = near.read_exact(&mut buffer).await;
            read.expect("the echo answers");
        }
    })
}

/// Two branches, of which the second is ready.
fn select() -> Body {
    on_main(current_thread_runtime(), || async {
        let mut ready = 0;
        for _ in 0..SELECTS {
            rt::select! {
                () = std::future::pending() => unreachable!("it never ends"),
                () = std::future::ready(()) => ready += 1,
            }
        }
        assert_eq!(ready, SELECTS);
    })
}

fn join_set() -> Body {
    on_main(current_thread_runtime(), || async {
        let mut set = JoinSet::new();
        for _ in 0..TASKS {
            set.spawn(async {});
        }
        while let Some(ended) = set.join_next().await {
            ended.expect("an empty task does not panic");
        }
    })
}

fn local_set() -> Body {
    on_main(current_thread_runtime(), || async {
        let set = LocalSet::new();
        set.run_until(async {
            let handles: Vec<_> = (0..TASKS).map(|_| spawn_local(async {})).collect();
            for handle in handles {
                handle.await.expect("an empty task does not panic");
            }
        })
        .await;
    })
}

/// A worker says that it will block, and does not: what the hand-over costs. A second task takes
/// its turns meanwhile, so that there is something to hand over.
fn in_place() -> Body {
    in_task(default_runtime(), || async {
        for _ in 0..BLOCKS {
            let other = rt::spawn(async {});
            block_in_place(|| {});
            other.await.expect("an empty task does not panic");
        }
    })
}
