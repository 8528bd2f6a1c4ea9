//! A runtime is dropped at odd places.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use runtime::runtime::{Builder, Runtime};
use runtime::task::block_in_place;
use runtime::time::sleep;

use crate::support::{Control, Lateness, Tally, Watchdog};
use crate::{multi_thread_runtimes, runtimes, turn_over};

/// Tasks that wait: ten for nothing, ten for a timer.
fn populate(runtime: &Runtime) -> Tally {
    let tally = Tally::default();
    for index in 0..20 {
        let counted = tally.one();
        drop(runtime.spawn(async move {
            let _counted = counted;
            if index % 2 == 0 {
                sleep(Duration::from_secs(3600)).await;
            }
            pending::<()>().await
        }));
    }
    tally
}

#[test]
fn fault_030_drop_in_its_own_task() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = populate(&runtime);
        let handle = runtime.handle().clone();
        let (give, given) = channel::<Runtime>();
        let (done, is_done) = channel();
        drop(handle.spawn(async move {
            drop(given.recv().expect("the runtime"));
            done.send(()).expect("the test waits");
        }));
        // On the current thread the task runs in `block_on` only, which must not outlive what it
        // works for.
        give.send(runtime).expect("the task waits");
        if name == "current thread" {
            handle.block_on(async {
                while is_done.try_recv().is_err() {
                    runtime::task::yield_now().await;
                }
            });
        } else {
            is_done.recv().expect("the drop returns");
        }
        println!("{name}");
        tally.wait_all_dropped(20);
    }
}

#[test]
fn fault_030_drop_on_its_own_blocking_thread() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = populate(&runtime);
        let handle = runtime.handle().clone();
        let (done, is_done) = channel();
        drop(handle.spawn_blocking(move || {
            drop(runtime);
            done.send(()).expect("the test waits");
        }));
        println!("{name}");
        is_done.recv().expect("the drop returns");
        tally.wait_all_dropped(20);
    }
}

#[test]
fn fault_030_drop_in_its_own_block_on() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = populate(&runtime);
        turn_over(&runtime);
        let handle = runtime.handle().clone();
        let after = handle.block_on(async move {
            drop(runtime);
            runtime::task::yield_now().await;
            6
        });
        println!("{name}");
        assert_eq!(after, 6);
        tally.wait_all_dropped(20);
    }
}

/// The ways to wait for the end, none of which waits longer than the watchdog.
const WAITS: [fn(Runtime); 2] = [drop, |runtime| {
    runtime.shutdown_timeout(Duration::from_secs(3600));
}];

#[test]
fn fault_030_drop_in_blocking_code_inside_its_own_task() {
    let _watchdog = Watchdog::new();
    for end in WAITS {
        for (name, runtime) in multi_thread_runtimes() {
            println!("{name}");
            let tally = populate(&runtime);
            let handle = runtime.handle().clone();
            let (give, given) = channel::<Runtime>();
            let (done, is_done) = channel();
            drop(handle.spawn(async move {
                let runtime = given.recv().expect("the runtime");
                block_in_place(|| end(runtime));
                done.send(()).expect("the test waits");
            }));
            give.send(runtime).expect("the task waits");
            is_done.recv().expect("the drop returns");
            tally.wait_all_dropped(20);
        }
    }
}

#[test]
fn fault_030_drop_in_blocking_code_inside_a_hook_of_its_own_thread() {
    let _watchdog = Watchdog::new();
    for end in WAITS {
        let given = Arc::new(Mutex::new(None::<Runtime>));
        let (done, is_done) = channel();
        let to_end = Arc::clone(&given);
        let runtime = Builder::new_multi_thread()
            .on_thread_start(move || {
                let runtime = to_end.lock().expect("not poisoned").take();
                if let Some(runtime) = runtime {
                    block_in_place(|| end(runtime));
                    done.send(()).expect("the test waits");
                }
            })
            .build()
            .expect("a runtime");
        let handle = runtime.handle().clone();
        *given.lock().expect("not poisoned") = Some(runtime);
        drop(handle.spawn(async {}));
        is_done.recv().expect("the drop returns");
    }
}

#[test]
fn fault_030_drop_in_blocking_code_of_another_runtime_inside_its_own_task() {
    let _watchdog = Watchdog::new();
    for end in WAITS {
        for (other_name, other) in multi_thread_runtimes() {
            for (name, runtime) in runtimes() {
                println!("{name} in {other_name}");
                let tally = populate(&runtime);
                let handle = runtime.handle().clone();
                let (give, given) = channel::<Runtime>();
                let other = other.handle().clone();
                let task = handle.spawn(async move {
                    let runtime = given.recv().expect("the runtime");
                    other.block_on(async move { block_in_place(|| end(runtime)) });
                });
                give.send(runtime).expect("the task waits");
                if name == "current thread" {
                    // It ends with its poll, or before its output is asked for.
                    let _outcome = handle.block_on(task);
                }
                tally.wait_all_dropped(20);
            }
        }
    }
}

#[test]
fn fault_030_drop_in_another_runtimes_task_and_block_on() {
    let _watchdog = Watchdog::new();
    for (outer_name, outer) in runtimes() {
        for (name, runtime) in runtimes() {
            println!("{name} in {outer_name}");
            let tally = populate(&runtime);
            turn_over(&runtime);
            outer.block_on(async move { drop(runtime) });
            tally.wait_all_dropped(20);
        }
        for (name, runtime) in runtimes() {
            println!("{name} in a task of {outer_name}");
            let tally = populate(&runtime);
            turn_over(&runtime);
            let task = outer.spawn(async move { drop(runtime) });
            outer.block_on(task).expect("the drop returns");
            tally.wait_all_dropped(20);
        }
    }
}

#[test]
fn fault_030_drop_in_a_panics_unwinding() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let tally = populate(&runtime);
        turn_over(&runtime);
        let panic = catch_unwind(AssertUnwindSafe(move || {
            let _runtime = runtime;
            panic!("on purpose");
        }));
        assert!(panic.is_err());
        tally.assert_all_dropped(20);
    }
    for (name, runtime) in multi_thread_runtimes() {
        println!("{name}, in its own task");
        let tally = populate(&runtime);
        let handle = runtime.handle().clone();
        let (give, given) = channel::<Runtime>();
        let task = handle.spawn(async move {
            let _runtime = given.recv().expect("the runtime");
            panic!("on purpose");
        });
        give.send(runtime).expect("the task waits");
        let ended = futures::executor::block_on(task);
        assert!(ended.is_err());
        tally.wait_all_dropped(20);
    }
}

#[test]
fn fault_030_drop_in_a_thread_locals_destructor() {
    thread_local! {
        static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let tally = populate(&runtime);
        let owner = thread::spawn(move || {
            // Registered before the runtime's own thread-locals are, or after them: both orders
            // occur.
            if name.starts_with('1') {
                RUNTIME.set(None);
            }
            turn_over(&runtime);
            RUNTIME.set(Some(runtime));
        });
        owner.join().expect("the thread ends");
        tally.wait_all_dropped(20);
    }
}

/// Drops what it holds when it is woken.
struct DropsRuntime {
    runtime: Mutex<Option<Runtime>>,
    done: Sender<()>,
}

impl Wake for DropsRuntime {
    fn wake(self: Arc<Self>) {
        let runtime = self.runtime.lock().expect("not poisoned").take();
        if runtime.is_some() {
            drop(runtime);
            self.done.send(()).expect("the test waits");
        }
    }
}

#[test]
fn fault_030_drop_in_a_waker_that_the_timers_call() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in multi_thread_runtimes() {
        println!("{name}");
        let tally = populate(&runtime);
        let (done, is_done) = channel();
        let handle = runtime.handle().clone();
        let _inside = handle.enter();
        let mut sleep = pin!(sleep(Duration::from_millis(20)));
        let waker = Waker::from(Arc::new(DropsRuntime {
            runtime: Mutex::new(Some(runtime)),
            done,
        }));
        let polled = sleep.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        is_done.recv().expect("the drop returns");
        tally.wait_all_dropped(20);
    }
}

#[test]
fn fault_030_drop_by_several_owners_at_once_from_tasks_and_threads() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in multi_thread_runtimes() {
        println!("{name}");
        let tally = populate(&runtime);
        let handle = runtime.handle().clone();
        let owner = Arc::new(runtime);
        let owners = std::iter::repeat_n(owner, 8);
        let threads: Vec<_> = owners
            .enumerate()
            .map(|(index, owner)| {
                if index % 2 == 0 {
                    drop(handle.spawn(async move { drop(owner) }));
                    None
                } else {
                    Some(thread::spawn(move || drop(owner)))
                }
            })
            .collect();
        for thread in threads.into_iter().flatten() {
            thread.join().expect("the drop returns");
        }
        tally.wait_all_dropped(20);
    }
}

#[test]
fn fault_031_shutdown_timeout_returns_in_time_with_stuck_closures_and_tasks() {
    let _alone = crate::support::alone();
    const TIMEOUT: Duration = Duration::from_millis(30);
    let control = Control::start();
    let mut lateness = Lateness::default();
    for _ in 0..5 {
        for (name, runtime) in runtimes() {
            let tally = populate(&runtime);
            let (begun, has_begun) = channel();
            let (release, released) = channel::<()>();
            let released = Arc::new(Mutex::new(released));
            let (also_begun, also_released) = (begun.clone(), Arc::clone(&released));
            drop(runtime.spawn_blocking(move || {
                begun.send(()).expect("the test waits");
                let _ = released.lock().map(|released| released.recv());
            }));
            has_begun.recv().expect("it begins");
            if name != "current thread" {
                drop(runtime.spawn(async move {
                    also_begun.send(()).expect("the test waits");
                    let _ = also_released.lock().map(|released| released.recv());
                }));
                has_begun.recv().expect("it begins");
            }
            let start = std::time::Instant::now();
            runtime.shutdown_timeout(TIMEOUT);
            let end = std::time::Instant::now();
            lateness.add(start + TIMEOUT, end);
            assert!(end - start >= TIMEOUT, "{name}: {:?}", end - start);
            drop(release);
            tally.wait_all_dropped(20);
        }
    }
    control.judge(
        "shutdown_timeout",
        &lateness,
        1.0,
        Duration::from_millis(50),
    );
}

#[test]
fn fault_031_shutdown_timeout_does_not_wait_longer_than_it_takes() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let tally = populate(&runtime);
        turn_over(&runtime);
        // Longer than the watchdog waits.
        runtime.shutdown_timeout(Duration::from_secs(3600));
        tally.assert_all_dropped(20);
    }
    for (_, runtime) in runtimes() {
        runtime.shutdown_timeout(Duration::MAX);
    }
    for (_, runtime) in runtimes() {
        runtime.shutdown_timeout(Duration::ZERO);
    }
}

#[test]
fn fault_031_shutdown_background_waits_for_nobody_and_loses_nothing() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let tally = populate(&runtime);
        let (begun, has_begun) = channel();
        let (release, released) = channel::<()>();
        let closure = runtime.spawn_blocking(move || {
            begun.send(()).expect("the test waits");
            let _ = released.recv();
            7
        });
        has_begun.recv().expect("it begins");
        runtime.shutdown_background();
        drop(release);
        assert_eq!(futures::executor::block_on(closure).expect("its end"), 7);
        tally.wait_all_dropped(20);
    }
}

#[test]
fn fault_034_runtimes_that_await_each_others_tasks_are_dropped_in_any_order() {
    let _watchdog = Watchdog::new();
    for order in 0..3 {
        for ((a_name, a), (b_name, b)) in runtimes().flat_map(|a| {
            let names = runtimes();
            names.map(move |b| (rebuild(&a.0), b))
        }) {
            println!("{a_name} and {b_name}, order {order}");
            let tally = Tally::default();
            for _ in 0..10 {
                entangle(&a, &b, &tally);
                entangle(&b, &a, &tally);
            }
            turn_over(&a);
            turn_over(&b);
            match order {
                0 => drop((a, b)),
                1 => drop((b, a)),
                _ => {
                    let other = thread::spawn(move || drop(a));
                    drop(b);
                    other.join().expect("the drop returns");
                }
            }
            tally.assert_all_dropped(40);
        }
    }
}

/// A runtime of the same kind.
fn rebuild(name: &str) -> (String, Runtime) {
    runtimes()
        .find(|(other, _)| other == name)
        .expect("one of them")
}

/// A task here that waits for one there.
fn entangle(here: &Runtime, there: &Runtime, tally: &Tally) {
    let (waited_for, waits) = (tally.one(), tally.one());
    let never = there.spawn(async move {
        let _waited_for = waited_for;
        pending::<()>().await
    });
    drop(here.spawn(async move {
        let _waits = waits;
        let _ = never.await;
    }));
}
