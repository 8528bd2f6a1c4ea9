//! Forked children of a process with many threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, stdin};
use runtime::runtime::{Builder, LocalOptions, LocalRuntime, Runtime};
use runtime::task::yield_now;

use crate::everything::everything;
use crate::runtimes;
use crate::support::{Tally, in_fork, in_own_process, threads};

/// In a child: fresh runtimes do everything; what they cannot is the exit code.
fn fresh_runtimes_work() -> i32 {
    for runtime in runtimes() {
        let failed = runtime.block_on(everything(&[]));
        if let Some((name, error)) = failed.first() {
            eprintln!("{name}: {error}");
            return 1;
        }
    }
    0
}

const WORKERS: usize = 4;
const BLOCKING: usize = 4;

/// Threads of the parent are inside of the scheduler, of timers and of the pool when it forks; none
/// starts or ends by then. (The standard library has a lock of its own for that, which a child may
/// find taken for ever.)
fn busy() -> Runtime {
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING)
        .thread_keep_alive(Duration::from_secs(3600))
        .build();
    let runtime = runtime.expect("a runtime");
    for _ in 0..8 {
        drop(runtime.spawn(async {
            loop {
                let closures = (0..8).map(|_| {
                    runtime::task::spawn_blocking(|| thread::sleep(Duration::from_micros(20)))
                });
                futures::future::join_all(closures.collect::<Vec<_>>()).await;
                runtime::time::sleep(Duration::from_micros(50)).await;
            }
        }));
    }
    wait_until_no_thread_starts(WORKERS + BLOCKING + 1);
    runtime
}

fn wait_until_no_thread_starts(at_least: usize) {
    let mut before = 0;
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_millis(500) {
        let now = threads();
        if now != before || now < at_least {
            (before, since) = (now, Instant::now());
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Keeps locks of the C library and of ours in use: runtimes without threads come and go.
fn churn(stop: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let stop = Arc::clone(stop);
    thread::spawn(move || {
        // Relaxed: a request.
        while !stop.load(Ordering::Relaxed) {
            let runtime = Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let task = runtime::spawn(runtime::time::sleep(Duration::from_micros(20)));
                runtime::task::yield_now().await;
                task.await.expect("it ends");
            });
        }
    })
}

#[test]
fn fault_096_fresh_runtimes_work_in_children_of_a_process_with_many_threads() {
    const FORKS: usize = 200;
    const NAME: &str =
        "fork::fault_096_fresh_runtimes_work_in_children_of_a_process_with_many_threads";
    in_own_process(NAME, || {
        let stop = Arc::new(AtomicBool::new(false));
        let churning: Vec<_> = (0..2).map(|_| churn(&stop)).collect();
        let runtime = busy();
        let ends: Vec<i32> = (0..FORKS).map(|_| in_fork(fresh_runtimes_work)).collect();
        // Relaxed: as above.
        stop.store(true, Ordering::Relaxed);
        for thread in churning {
            thread.join().expect("no panic");
        }
        let failed = ends.iter().filter(|end| **end != 0).count();
        assert_eq!(failed, 0, "of {FORKS}: {ends:?}");
        assert_eq!(runtime.block_on(everything(&[])).len(), 0, "the parent's");
    });
}

#[test]
fn fault_096_a_child_may_drop_its_copy_of_a_runtime_and_make_another() {
    const NAME: &str = "fork::fault_096_a_child_may_drop_its_copy_of_a_runtime_and_make_another";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            let task = runtime.spawn(std::future::pending::<()>());
            assert_eq!(runtime.block_on(everything(&[])).len(), 0);
            let mut copy = Some(runtime);
            for shutdown in [drop, Runtime::shutdown_background, |runtime: Runtime| {
                runtime.shutdown_timeout(Duration::MAX)
            }] {
                let end = in_fork(|| {
                    shutdown(copy.take().expect("the copy"));
                    fresh_runtimes_work()
                });
                assert_eq!(end, 0);
            }
            let runtime = copy.expect("the parent's own");
            assert!(!task.is_finished());
            assert_eq!(runtime.block_on(everything(&[])).len(), 0);
        }
    });
}

/// Its tasks' wakers know a runtime without counting themselves: dropped in the child, the copy must
/// be there all the same.
#[test]
fn fault_096_a_child_that_drops_its_copy_of_a_runtime_frees_nothing_of_it() {
    const NAME: &str =
        "fork::fault_096_a_child_that_drops_its_copy_of_a_runtime_frees_nothing_of_it";
    in_own_process(NAME, || {
        for shutdown in [drop, Runtime::shutdown_background, |runtime: Runtime| {
            runtime.shutdown_timeout(Duration::MAX)
        }] {
            let tally = Tally::default();
            let [of_the_runtime, of_an_idle_task, of_a_queued_task] =
                std::array::from_fn(|_| tally.one());
            let runtime = Builder::new_current_thread()
                .on_thread_park(move || _ = &of_the_runtime)
                .build()
                .expect("a runtime");
            let (wakes, woken) = runtime::sync::oneshot::channel::<()>();
            let idle = runtime.spawn(async move {
                let _owned = of_an_idle_task;
                let _woken = woken.await;
            });
            runtime.block_on(yield_now());
            drop(runtime.spawn(async move { drop(of_a_queued_task) }));
            let mut copies = Some((runtime, wakes));
            let dropped_there = in_fork(|| {
                let (runtime, wakes) = copies.take().expect("the copies");
                shutdown(runtime);
                drop(wakes);
                idle.abort();
                tally.dropped() as i32
            });
            assert_eq!(dropped_there, 0);
            drop(copies);
            tally.assert_all_dropped(3);
        }
    });
}

#[test]
fn fault_096_a_child_that_drops_its_copy_of_a_local_runtime_drops_no_task_of_it() {
    const NAME: &str =
        "fork::fault_096_a_child_that_drops_its_copy_of_a_local_runtime_drops_no_task_of_it";
    in_own_process(NAME, || {
        for shutdown in [
            drop,
            LocalRuntime::shutdown_background,
            |runtime: LocalRuntime| runtime.shutdown_timeout(Duration::MAX),
        ] {
            let tally = Tally::default();
            let (of_an_idle_task, of_a_queued_task) = (tally.one(), tally.one());
            let runtime = Builder::new_current_thread()
                .build_local(LocalOptions::default())
                .expect("a runtime");
            drop(runtime.spawn_local(async move {
                let _owned = of_an_idle_task;
                std::future::pending::<()>().await;
            }));
            runtime.block_on(yield_now());
            drop(runtime.spawn_local(async move { drop(of_a_queued_task) }));
            let mut copy = Some(runtime);
            let dropped_there = in_fork(|| {
                shutdown(copy.take().expect("the copy"));
                tally.dropped() as i32
            });
            assert_eq!(dropped_there, 0);
            drop(copy);
            tally.assert_all_dropped(2);
        }
    });
}

/// In a child: a fresh runtime that needs no thread starts none, and others do everything.
fn fresh_runtimes_leave_the_copy_alone() -> i32 {
    let before = threads();
    let fresh = Builder::new_current_thread().build().expect("a runtime");
    fresh.block_on(async {});
    assert_eq!(threads(), before, "a thread for the parent's runtime");
    fresh_runtimes_work()
}

/// Where the child was forked the parent's runtime lies on its stack: a fresh one in it must not make
/// way for that.
#[test]
fn fault_096_fresh_runtimes_work_in_children_that_were_forked_inside_of_one() {
    const NAME: &str =
        "fork::fault_096_fresh_runtimes_work_in_children_that_were_forked_inside_of_one";
    in_own_process(NAME, || {
        wait_until_no_thread_starts(1);
        let fork = || in_fork(fresh_runtimes_leave_the_copy_alone);
        let alone = Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(alone.block_on(async { fork() }), 0);
        assert_eq!(alone.block_on(everything(&[])).len(), 0);
        drop(alone);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_keep_alive(Duration::from_secs(3600))
            .build()
            .expect("a runtime");
        // Without a thread, and with one for tasks that is asleep.
        for _ in 0..2 {
            assert_eq!(runtime.block_on(async { fork() }), 0);
            assert_eq!(runtime.block_on(everything(&[])).len(), 0);
            wait_until_no_thread_starts(2);
        }
        // On that one.
        let (tell, told) = mpsc::channel();
        drop(runtime.spawn(async move { tell.send(fork()) }));
        assert_eq!(told.recv().expect("no panic"), 0);
        assert_eq!(runtime.block_on(everything(&[])).len(), 0);
    });
}

/// Standard input is at its end here.
#[test]
fn fault_096_a_child_reads_standard_input_by_a_thread_of_its_own() {
    const NAME: &str = "fork::fault_096_a_child_reads_standard_input_by_a_thread_of_its_own";
    in_own_process(NAME, || {
        let read = || {
            let runtime = Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async { stdin().read(&mut [0]).await })
        };
        assert_eq!(read().expect("read"), 0);
        let end = in_fork(|| match read() {
            Ok(0) => 0,
            other => panic!("{other:?}"),
        });
        assert_eq!(end, 0);
    });
}
