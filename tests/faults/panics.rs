//! Foreign code that panics on a thread of the runtime's: hooks, wakers, and what their panics leave.

use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use runtime::runtime::{Builder, Runtime};
use runtime::task::{spawn_blocking, yield_now};
use runtime::time::{sleep, timeout};

use crate::support::{Watchdog, keep};

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sets a hook of a builder.
type Set = fn(&mut Builder, Box<dyn Fn() + Send + Sync>) -> &mut Builder;

const HOOKS: [Set; 5] = [
    |builder, hook| builder.on_thread_start(hook),
    |builder, hook| builder.on_thread_stop(hook),
    |builder, hook| builder.on_thread_park(hook),
    |builder, hook| builder.on_thread_unpark(hook),
    |builder, hook| {
        builder.thread_name_fn(move || {
            hook();
            String::from("named")
        })
    },
];

fn builders() -> impl Iterator<Item = Builder> {
    [true, false].into_iter().map(|one_thread| {
        let mut builder = if one_thread {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        };
        builder.worker_threads(2);
        builder.thread_keep_alive(Duration::from_millis(1));
        builder
    })
}

/// Everything goes on: tasks that the caller waits for, those that workers wait with, closures.
fn works(runtime: &Runtime) {
    for _ in 0..20 {
        let task = runtime.spawn(async {
            sleep(Duration::from_millis(1)).await;
            let closure = spawn_blocking(|| 7).await;
            yield_now().await;
            closure.expect("the closure runs")
        });
        let joined = runtime.block_on(async { timeout(PATIENCE, task).await });
        assert_eq!(joined.expect("in time").expect("no panic"), 7);
    }
}

#[test]
fn fault_092_a_hook_that_panics_costs_nothing() {
    let _watchdog = Watchdog::new();
    for set in HOOKS {
        // Once, at its first, second or third call, and each time.
        for at in [Some(0), Some(1), Some(2), None] {
            for mut builder in builders() {
                let calls = Arc::new(AtomicUsize::new(0));
                let called = Arc::clone(&calls);
                let hook = move || {
                    let call = called.fetch_add(1, Ordering::Relaxed);
                    assert!(at.is_some_and(|at| at != call), "a hook of the user's");
                };
                let runtime = set(&mut builder, Box::new(hook)).build();
                let runtime = runtime.expect("a runtime");
                // On a busy machine a thread of closures may meet its next one before its time is up, over and over.
                works(&runtime);
                while calls.load(Ordering::Relaxed) <= at.unwrap_or(0) {
                    works(&runtime);
                }
            }
        }
    }
}

/// Workers alone, without a thread in `block_on` that could stand in for them.
#[test]
fn fault_092_a_hook_that_panics_on_a_worker_loses_no_slot() {
    let _watchdog = Watchdog::new();
    for set in HOOKS {
        for at in 0..10 {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(2);
            let calls = AtomicUsize::new(0);
            let hook = move || {
                let call = calls.fetch_add(1, Ordering::Relaxed);
                assert!(call != at, "a hook of the user's");
            };
            let runtime = set(&mut builder, Box::new(hook)).build();
            let runtime = runtime.expect("a runtime");
            for _ in 0..10 {
                let (runs, has_run) = mpsc::channel();
                drop(runtime.spawn(async move {
                    sleep(Duration::from_micros(200)).await;
                    runs.send(()).expect("the test waits");
                }));
                has_run.recv_timeout(PATIENCE).expect("the task runs");
            }
        }
    }
}

/// A payload whose destructor panics, with another such payload.
struct Endless;

impl Drop for Endless {
    fn drop(&mut self) {
        panic_any(Endless);
    }
}

impl Wake for Endless {
    fn wake(self: Arc<Self>) {
        // It is not dropped here: of the waker only its panic is of interest.
        keep(self);
        panic_any(Endless);
    }
}

#[test]
fn fault_011_a_waker_whose_panic_leaves_a_hostile_payload_stops_nobody() {
    let _watchdog = Watchdog::new();
    for mut builder in builders() {
        let runtime = builder.build().expect("a runtime");
        for _ in 0..5 {
            let waker = Waker::from(Arc::new(Endless));
            let mut context = Context::from_waker(&waker);
            let mut sleeps = Vec::new();
            {
                let _entered = runtime.enter();
                for _ in 0..3 {
                    let mut bombed = Box::pin(sleep(Duration::from_millis(5)));
                    assert!(bombed.as_mut().poll(&mut context).is_pending());
                    sleeps.push(bombed);
                }
            }
            let due = Instant::now() + Duration::from_millis(6);
            works(&runtime);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            works(&runtime);
            drop(sleeps);
            keep(waker);
        }
    }
}

#[test]
fn fault_021_a_stall_hook_whose_panic_leaves_a_hostile_payload_stops_nobody() {
    let _watchdog = Watchdog::new();
    for _ in 0..3 {
        let (tells, told) = mpsc::channel();
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(2).on_stall(move |_| {
            tells.send(()).expect("the test waits");
            panic_any(Endless);
        });
        let runtime = builder.build().expect("a runtime");
        let (blocks, is_blocked) = mpsc::channel();
        let mut releases = Vec::new();
        for _ in 0..2 {
            let (release, released) = mpsc::channel::<()>();
            releases.push(release);
            let blocks = blocks.clone();
            drop(runtime.spawn(async move {
                blocks.send(()).expect("the test waits");
                assert!(released.recv().is_err(), "it is dropped");
            }));
        }
        for _ in 0..2 {
            is_blocked.recv_timeout(PATIENCE).expect("a slot is stuck");
        }
        let (runs, has_run) = mpsc::channel();
        drop(runtime.spawn(async move { runs.send(()).expect("the test waits") }));
        has_run.recv_timeout(PATIENCE).expect("a spare runs it");
        told.recv_timeout(PATIENCE).expect("the stall is told");
        drop(releases);
        works(&runtime);
    }
}
