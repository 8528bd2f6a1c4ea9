//! A thread in `block_on` either helps or sleeps: it does not spin beside workers that have work.
#![cfg(target_os = "linux")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use runtime::runtime::Builder;
use runtime::task::yield_now;

/// For how long the tasks give way to each other.
const BUSY: Duration = Duration::from_millis(100);

/// Polls by the thread in `block_on`, and by others.
#[derive(Default)]
struct Polls {
    main: AtomicUsize,
    others: AtomicUsize,
}

#[test]
fn a_guest_that_polls_nothing_uses_no_time() {
    // Who gets which slot differs from run to run.
    for _ in 0..30 {
        block_on_beside_busy_workers();
    }
}

fn block_on_beside_busy_workers() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let polls = Arc::new(Polls::default());
    let main = thread::current().id();
    let (started, has_started) = mpsc::channel();
    let counted = Arc::clone(&polls);
    let root = runtime.spawn(async move {
        started.send(()).unwrap();
        let until = Instant::now() + BUSY;
        let go = |_| runtime::spawn(give_way(Arc::clone(&counted), main, until));
        let tasks: Vec<_> = (0..200).map(go).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    has_started.recv().unwrap();

    let before = cpu_time_of_this_thread();
    runtime.block_on(root).unwrap();
    let used = cpu_time_of_this_thread() - before;

    // Relaxed: the tasks have been joined.
    let main = polls.main.load(Ordering::Relaxed);
    // Relaxed: as above.
    let others = polls.others.load(Ordering::Relaxed);
    assert!(
        used < BUSY / 10 || main > others / 20,
        "the guest was busy for {used:?} of {BUSY:?}, and polled {main} times, others {others}"
    );
}

async fn give_way(polls: Arc<Polls>, main: thread::ThreadId, until: Instant) {
    while Instant::now() < until {
        let counter = if thread::current().id() == main {
            &polls.main
        } else {
            &polls.others
        };
        // Relaxed: a count, read after the join.
        counter.fetch_add(1, Ordering::Relaxed);
        yield_now().await;
    }
}

fn cpu_time_of_this_thread() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = statistics.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}
