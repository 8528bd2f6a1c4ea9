//! It sleeps while it has nothing to poll, also beside workers that have work.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use runtime::task::yield_now;

use crate::multi_thread;

/// For how long the tasks give way to each other.
const BUSY: Duration = Duration::from_millis(100);

#[test]
fn a_guest_that_polls_nothing_uses_no_time() {
    // Who gets which slot differs from run to run.
    for _ in 0..30 {
        block_on_beside_busy_workers();
    }
}

fn block_on_beside_busy_workers() {
    let runtime = multi_thread(2);
    let main = thread::current().id();
    let (started, has_started) = mpsc::channel();
    let root = runtime.spawn(async move {
        started.send(()).unwrap();
        let until = Instant::now() + BUSY;
        let tasks: Vec<_> = (0..200)
            .map(|_| runtime::spawn(give_way(main, until)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    has_started.recv().unwrap();

    let before = cpu_time_of_this_thread();
    runtime.block_on(root).unwrap();
    let used = cpu_time_of_this_thread() - before;
    assert!(used < BUSY / 10, "it was busy for {used:?} of {BUSY:?}");
}

async fn give_way(main: thread::ThreadId, until: Instant) {
    while Instant::now() < until {
        assert_ne!(
            thread::current().id(),
            main,
            "a task on the stack of another future"
        );
        yield_now().await;
    }
}

fn cpu_time_of_this_thread() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = statistics.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}
