//! Where no thread can be started: who is in `block_on` does it all.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use runtime::runtime::{Builder, IoMode, Runtime};
use runtime::sync::oneshot;
use runtime::time::sleep;

use crate::support::{Watchdog, in_own_process};
use crate::threads::limit_address_space;

/// A runtime each of whose threads is refused, for want of addresses; in a process of its own. There is
/// room for other threads, whose stacks are smaller.
fn without_threads(workers: usize, mode: IoMode) -> Runtime {
    const STACK: usize = 32 << 20;
    println!("{workers} workers, {mode:?}");
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(workers).io_mode(mode);
    let builder = builder.thread_stack_size(STACK).thread_name_fn(|| {
        limit_address_space(Some(STACK / 2));
        String::from("refused")
    });
    builder.build().expect("a runtime")
}

/// Runs `body` in a process of its own for the test `name`, whoever sleeps in the driver.
fn in_each_mode(name: &str, body: fn(IoMode)) {
    in_own_process(name, || {
        let _watchdog = Watchdog::new();
        [IoMode::Seat, IoMode::Dedicated].into_iter().for_each(body);
    });
}

#[test]
fn fault_090_without_threads_who_waits_for_a_timer_is_woken() {
    const NAME: &str = "without_threads::fault_090_without_threads_who_waits_for_a_timer_is_woken";
    in_each_mode(NAME, |mode| {
        let runtime = without_threads(1, mode);
        for _ in 0..10 {
            runtime.block_on(async { sleep(Duration::from_millis(1)).await });
        }
        assert!(runtime.metrics().threads_refused() > 0 || mode == IoMode::Seat);
    });
}

/// Two threads are in `block_on`, and no other can be started. One leaves, and perhaps a task with what
/// the other waits for: that one is told, and does it all.
#[test]
fn fault_090_without_threads_who_leaves_hands_its_duties_to_who_stays() {
    const NAME: &str =
        "without_threads::fault_090_without_threads_who_leaves_hands_its_duties_to_who_stays";
    in_each_mode(NAME, |mode| {
        // With one, the thread that comes second has no queue of its own.
        for workers in [1, 2] {
            for spawns in [false, true] {
                let runtime = without_threads(workers, mode);
                one_leaves(&runtime, spawns);
                assert!(runtime.metrics().threads_refused() > 0);
            }
        }
    });
}

fn one_leaves(runtime: &Runtime, spawns: bool) {
    let (comes, has_come) = mpsc::channel();
    let (done, is_done) = oneshot::channel();
    let leaver = async move {
        comes.send(()).expect("the other waits");
        // The other has come to rest meanwhile. Nothing rests on this.
        sleep(Duration::from_millis(50)).await;
        if spawns {
            drop(runtime::spawn(async {
                sleep(Duration::from_millis(5)).await;
                done.send(()).expect("the other waits");
            }));
        }
    };
    thread::scope(|scope| {
        scope.spawn(move || runtime.block_on(leaver));
        has_come.recv().expect("it comes");
        runtime.block_on(async {
            if spawns {
                is_done.await.expect("it is sent");
            } else {
                sleep(Duration::from_millis(100)).await;
            }
        });
    });
}

/// The same, where what the other waits for comes from a thread that never was inside.
#[test]
fn fault_090_without_threads_a_task_from_outside_is_run_by_who_waits() {
    const NAME: &str =
        "without_threads::fault_090_without_threads_a_task_from_outside_is_run_by_who_waits";
    in_each_mode(NAME, |mode| {
        let runtime = without_threads(2, mode);
        let (done, is_done) = oneshot::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                // It rests meanwhile. Nothing rests on this.
                thread::sleep(Duration::from_millis(50));
                drop(runtime.spawn(async { done.send(()).expect("it waits") }));
            });
            runtime.block_on(is_done).expect("it is sent");
        });
        assert!(runtime.metrics().threads_refused() > 0);
    });
}
