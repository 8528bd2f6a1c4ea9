//! Spawn, steal, park, block, shut down.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use runtime_core::join_set::JoinSet;
use runtime_core::spawn::{block_in_place, spawn, spawn_blocking, yield_now};
use runtime_core::sync::oneshot;

use super::{Counted, count, current_thread, explore, outside, two_workers};

/// Faults 16, 17.
#[test]
fn shuttle_every_spawned_task_runs() {
    explore("shuttle_every_spawned_task_runs", || {
        let runtime = two_workers();
        let ran = Arc::new(AtomicUsize::new(0));
        runtime.block_on(async {
            let parents = (0..3).map(|_| {
                let ran = Arc::clone(&ran);
                spawn(async move {
                    let children = [(), ()].map(|()| {
                        let ran = Arc::clone(&ran);
                        spawn(async move {
                            yield_now().await;
                            // Relaxed: coroutines take turns.
                            ran.fetch_add(1, Ordering::Relaxed);
                        })
                    });
                    for child in children {
                        child.await.expect("it ends by itself");
                    }
                })
            });
            for parent in parents.collect::<Vec<_>>() {
                parent.await.expect("it ends by itself");
            }
        });
        assert_eq!(count(&ran), 6);
    });
}

/// Fault 16.
#[test]
fn shuttle_threads_from_outside_spawn_and_wake() {
    explore("shuttle_threads_from_outside_spawn_and_wake", || {
        let runtime = two_workers();
        let (send, receive) = oneshot::channel();
        let waits = runtime.spawn(async move { receive.await.expect("it is sent") });
        let handle = runtime.handle().clone();
        let other = outside(move || {
            let task = handle.spawn(async move { send.send(7) });
            handle.block_on(task).expect("it ends by itself")
        });
        assert_eq!(runtime.block_on(waits).expect("it ends by itself"), 7);
        assert_eq!(other.join().expect("it does not panic"), Ok(()));
    });
}

/// Faults 28, 32.
#[test]
fn shuttle_a_shutdown_ends_each_task_once() {
    explore("shuttle_a_shutdown_ends_each_task_once", || {
        let runtime = two_workers();
        let alive = Arc::new(AtomicUsize::new(0));
        let handle = runtime.handle().clone();
        let counted = Arc::clone(&alive);
        let spawner = outside(move || {
            let tasks = [true, false, true].map(|waits| {
                let counted = Counted::new(&counted);
                handle.spawn(async move {
                    let _counted = counted;
                    if waits {
                        std::future::pending::<()>().await;
                    }
                    yield_now().await;
                })
            });
            tasks.map(|task| task.abort_handle())
        });
        let counted = Counted::new(&alive);
        runtime.spawn(async move {
            let _counted = counted;
            std::future::pending::<()>().await;
        });
        drop(runtime);
        let tasks = spawner.join().expect("it does not panic");
        // Those that were spawned after the end were cancelled by their spawner.
        assert!(tasks.iter().all(|task| task.is_finished()));
        assert_eq!(count(&alive), 0);
    });
}

/// Faults 3, 28.
#[test]
fn shuttle_tasks_that_wake_each_other_end_with_the_runtime() {
    explore(
        "shuttle_tasks_that_wake_each_other_end_with_the_runtime",
        || {
            let runtime = two_workers();
            let alive = Arc::new(AtomicUsize::new(0));
            for _ in 0..3 {
                let counted = Counted::new(&alive);
                runtime.spawn(async move {
                    let _counted = counted;
                    loop {
                        yield_now().await;
                    }
                });
            }
            runtime.block_on(yield_now());
            drop(runtime);
            assert_eq!(count(&alive), 0);
        },
    );
}

/// Fault 35.
#[test]
fn shuttle_blocking_closures_run_or_are_cancelled() {
    explore("shuttle_blocking_closures_run_or_are_cancelled", || {
        let runtime = two_workers();
        let alive = Arc::new(AtomicUsize::new(0));
        let last = runtime.block_on(async {
            // Each finds the thread of the one before idle, about to end, or gone.
            for number in 0..4 {
                let closure = spawn_blocking(move || number);
                assert_eq!(closure.await.expect("it returns"), number);
            }
            let first = spawn_blocking(|| 1);
            let counted = Counted::new(&alive);
            let last = spawn_blocking(move || drop(counted));
            let task = spawn(async { block_in_place(|| 2) });
            assert_eq!(first.await.expect("it returns"), 1);
            assert_eq!(task.await.expect("it ends by itself"), 2);
            last
        });
        drop(runtime);
        assert!(last.is_finished());
        assert_eq!(count(&alive), 0);
    });
}

#[test]
fn shuttle_two_callers_share_a_current_thread_runtime() {
    explore("shuttle_two_callers_share_a_current_thread_runtime", || {
        let runtime = Arc::new(current_thread());
        let other = Arc::clone(&runtime);
        let (send, receive) = oneshot::channel();
        let other = outside(move || {
            other.block_on(async move {
                let task = spawn(async move { receive.await.expect("it is sent") });
                task.await.expect("it ends by itself")
            })
        });
        runtime
            .block_on(async move {
                yield_now().await;
                spawn(async move { send.send(3) })
                    .await
                    .expect("it ends by itself")
            })
            .expect("somebody receives");
        assert_eq!(other.join().expect("it does not panic"), 3);
    });
}

/// Fault 8.
#[test]
fn shuttle_a_join_set_gives_each_task_once() {
    explore("shuttle_a_join_set_gives_each_task_once", || {
        let runtime = two_workers();
        let ended = runtime.block_on(async {
            let mut set = JoinSet::new();
            for number in 0..3 {
                set.spawn(async move {
                    yield_now().await;
                    number
                });
            }
            let stuck = set.spawn(std::future::pending());
            let mut ended = vec![set.join_next().await.expect("four are in it").ok()];
            stuck.abort();
            while let Some(joined) = set.join_next().await {
                ended.push(joined.ok());
            }
            ended
        });
        let mut ended = ended;
        ended.sort();
        assert_eq!(ended, [None, Some(0), Some(1), Some(2)]);
    });
}
