//! The runtime through its public face: what it is built from, where things run, what is counted.

use std::collections::HashSet;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::runtime::{Builder, Handle, IoMode, LocalRuntime, Runtime, RuntimeFlavor};
use runtime::task::{block_in_place, spawn_blocking, yield_now};
use runtime::time::{sleep, timeout};

fn multi(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .build()
        .expect("a runtime")
}

async fn sum_of_tasks(count: u64) -> u64 {
    let tasks: Vec<_> = (0..count)
        .map(|value| {
            runtime::spawn(async move {
                yield_now().await;
                value
            })
        })
        .collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.expect("the task ends");
    }
    sum
}

#[test]
fn tasks_are_joined_whatever_the_number_of_workers() {
    for workers in [1, 2, 4, 64, 1024] {
        let runtime = multi(workers);
        assert_eq!(runtime.metrics().num_workers(), workers);
        assert_eq!(runtime.block_on(sum_of_tasks(10_000)), 49_995_000);
        let inside = runtime.spawn(sum_of_tasks(1_000));
        assert_eq!(runtime.block_on(inside).expect("the task ends"), 499_500);
    }
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    assert_eq!(
        runtime.handle().runtime_flavor(),
        RuntimeFlavor::CurrentThread
    );
    assert_eq!(runtime.block_on(sum_of_tasks(10_000)), 49_995_000);
}

#[test]
fn on_the_current_thread_the_caller_has_its_place_in_the_queue() {
    let runtime = Builder::new_current_thread()
        .event_interval(10)
        .build()
        .expect("a runtime");
    let polls = Arc::new(AtomicUsize::new(0));
    let tasks = |count| {
        for _ in 0..count {
            let polls = Arc::clone(&polls);
            runtime::spawn(async move {
                loop {
                    polls.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            });
        }
    };
    runtime.block_on(async {
        let mut seen = Vec::new();
        tasks(3);
        for _ in 0..3 {
            yield_now().await;
            seen.push(polls.load(Ordering::Relaxed));
        }
        assert_eq!(seen, [3, 6, 9], "each task once, and no more");
        tasks(97);
        yield_now().await;
        assert_eq!(
            polls.load(Ordering::Relaxed),
            19,
            "no more than the interval"
        );
    });
}

/// The gate opens after the first has left: only who takes over can run the task behind it.
#[test]
fn on_the_current_thread_who_waits_takes_over_from_who_leaves() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let runtime = &runtime;
    let (leave, left) = runtime::sync::oneshot::channel::<()>();
    let (open, gate) = runtime::sync::oneshot::channel::<()>();
    let (begun, begins) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let first = scope.spawn({
            let begun = begun.clone();
            move || {
                runtime.block_on(async {
                    begun.send(()).expect("somebody waits");
                    left.await.expect("it is told to leave");
                });
            }
        });
        begins.recv().expect("the first has its turn");
        let task = runtime.spawn(async { gate.await.is_ok() });
        let second = scope.spawn(move || {
            runtime.block_on(async {
                begun.send(()).expect("somebody waits");
                task.await.expect("the task ends")
            })
        });
        begins.recv().expect("the second has begun");
        leave.send(()).expect("the first waits");
        first.join().expect("it ends");
        open.send(()).expect("the task waits");
        assert!(second.join().expect("it ends"));
    });
}

/// It has no tasks beside it: nothing but the wake-up ends its sleep.
#[test]
fn a_foreign_thread_wakes_who_waits_alone_in_block_on() {
    let runtime = multi(1);
    let (ask, mut asked) = runtime::sync::mpsc::channel(1);
    let (answer, mut answers) = runtime::sync::mpsc::channel(1);
    let other = std::thread::spawn(move || {
        while let Some(number) = asked.blocking_recv() {
            answer.blocking_send(number).expect("somebody waits");
        }
    });
    for number in 0..1_000 {
        let answered = runtime.block_on(async {
            ask.send(number).await.expect("the other listens");
            answers.recv().await
        });
        assert_eq!(answered, Some(number));
    }
    drop(ask);
    other.join().expect("it ends");
}

#[test]
fn no_thread_starts_before_there_is_work_for_it() {
    let runtime = multi(4);
    runtime.block_on(async { runtime::time::sleep(Duration::from_millis(1)).await });
    runtime.block_on(yield_now());
    assert_eq!(runtime.metrics().threads_started(), 0);
}

#[test]
fn threads_can_be_started_at_once() {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let runtime = Builder::new_multi_thread()
        .worker_threads(3)
        .start_threads_now(true)
        .on_thread_start(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .build()
        .expect("a runtime");
    assert!(runtime.metrics().threads_started() >= 3);
    drop(runtime);
    assert!(starts.load(Ordering::SeqCst) >= 3);
}

#[test]
fn threads_have_the_names_of_their_roles_or_the_users() {
    let name = || std::thread::current().name().map(str::to_owned);
    let of_tasks = |runtime: &Runtime| {
        let (sender, receiver) = std::sync::mpsc::channel();
        runtime.spawn(async move { sender.send(name()) });
        receiver.recv().expect("the task runs")
    };
    let runtime = multi(1);
    assert_eq!(of_tasks(&runtime).as_deref(), Some("runtime-worker"));
    let blocking = runtime
        .block_on(runtime.spawn_blocking(name))
        .expect("it ends");
    assert_eq!(blocking.as_deref(), Some("runtime-blocking"));
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("mine")
        .build()
        .unwrap();
    assert_eq!(of_tasks(&runtime).as_deref(), Some("mine"));
    let blocking = runtime
        .block_on(runtime.spawn_blocking(name))
        .expect("it ends");
    assert_eq!(blocking.as_deref(), Some("mine"));
}

#[test]
fn every_thread_that_starts_also_stops() {
    let counts = [0, 1].map(|_| Arc::new(AtomicUsize::new(0)));
    let [starts, stops] = counts.clone();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(move || {
            starts.fetch_add(1, Ordering::SeqCst);
        })
        .on_thread_stop(move || {
            stops.fetch_add(1, Ordering::SeqCst);
        })
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        runtime::spawn(sum_of_tasks(100))
            .await
            .expect("the task ends");
        spawn_blocking(|| {}).await.expect("the closure ends");
    });
    drop(runtime);
    let [starts, stops] = counts.map(|count| count.load(Ordering::SeqCst));
    assert!(starts > 0);
    assert_eq!(starts, stops);
}

#[test]
fn an_idle_thread_of_the_blocking_pool_ends_after_its_keep_alive() {
    let runtime = Builder::new_multi_thread()
        .thread_keep_alive(Duration::from_millis(5))
        .build()
        .expect("a runtime");
    runtime.block_on(async { spawn_blocking(|| {}).await.expect("it ends") });
    let patience = Instant::now() + Duration::from_secs(20);
    while runtime.metrics().num_blocking_threads() > 0 {
        assert!(Instant::now() < patience, "the thread does not end");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn fault_091_the_blocking_pool_keeps_its_limit_and_runs_everything() {
    let runtime = Builder::new_multi_thread()
        .max_blocking_threads(2)
        .build()
        .unwrap();
    let names = Arc::new(Mutex::new(HashSet::new()));
    runtime.block_on(async {
        let closures: Vec<_> = (0..50)
            .map(|_| {
                let names = Arc::clone(&names);
                spawn_blocking(move || {
                    names.lock().unwrap().insert(std::thread::current().id());
                })
            })
            .collect();
        for closure in closures {
            closure.await.expect("the closure ends");
        }
    });
    assert!(names.lock().unwrap().len() <= 2);
}

async fn echo_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = runtime::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut word = [0; 5];
        stream.read_exact(&mut word).await.expect("a word");
        stream.write_all(&word).await.expect("room");
    });
    let mut client = TcpStream::connect(address).await.expect("a server");
    client.write_all(b"hello").await.expect("room");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("an answer");
    assert_eq!(answer, b"hello");
    server.await.expect("the server ends");
}

#[test]
fn sockets_and_timers_work_in_every_mode() {
    for mode in [IoMode::Seat, IoMode::Dedicated] {
        for workers in [1, 3] {
            let runtime = Builder::new_multi_thread()
                .worker_threads(workers)
                .io_mode(mode)
                .build()
                .expect("a runtime");
            for _ in 0..20 {
                runtime.block_on(echo_once());
                runtime
                    .block_on(runtime.spawn(echo_once()))
                    .expect("the task ends");
                runtime.block_on(async {
                    runtime::time::sleep(Duration::from_micros(100)).await;
                });
            }
        }
    }
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(echo_once());
}

#[test]
fn a_paused_clock_jumps_to_the_next_deadline_when_nothing_else_is_to_be_done() {
    let mut builders = [Builder::new_current_thread(), Builder::new_multi_thread()];
    for builder in &mut builders {
        let runtime = builder.start_paused(true).build().expect("a runtime");
        let begun = Instant::now();
        runtime.block_on(async {
            let start = runtime::time::Instant::now();
            let hour = Duration::from_secs(3600);
            let task = runtime::spawn(runtime::time::sleep(2 * hour));
            runtime::time::sleep(hour).await;
            assert_eq!(start.elapsed(), hour);
            // Blocking work is something else to be done.
            spawn_blocking(|| std::thread::sleep(Duration::from_millis(20)))
                .await
                .unwrap();
            assert_eq!(start.elapsed(), hour);
            task.await.expect("the task ends");
            assert_eq!(start.elapsed(), 2 * hour);
        });
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn contexts_nest_and_are_left_in_reverse() {
    let (outer, inner) = (multi(1), multi(2));
    assert!(Handle::try_current().is_err());
    let workers = || Handle::current().metrics().num_workers();
    let first = outer.enter();
    assert_eq!(workers(), 1);
    let second = inner.enter();
    assert_eq!(workers(), 2);
    drop(second);
    assert_eq!(workers(), 1);
    drop(first);
    assert!(Handle::try_current().is_err());
}

#[test]
fn a_context_left_too_early_panics_and_is_left_all_the_same() {
    let (outer, inner) = (multi(1), multi(2));
    let workers = || Handle::current().metrics().num_workers();
    let first = outer.enter();
    let second = inner.enter();
    let early = AssertUnwindSafe(|| drop(first));
    assert!(std::panic::catch_unwind(early).is_err());
    assert_eq!(workers(), 2);
    drop(second);
    assert!(Handle::try_current().is_err());
}

#[test]
fn contexts_that_a_panic_unwinds_are_left_in_any_order() {
    let (outer, inner) = (multi(1), multi(2));
    let unwound = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let first = outer.enter();
        let second = inner.enter();
        // Dropped in the order of the fields.
        let _guards = (first, second);
        panic!("on purpose");
    }));
    let text = unwound.expect_err("it panics");
    assert_eq!(text.downcast_ref::<&str>(), Some(&"on purpose"));
    assert!(Handle::try_current().is_err());
}

#[test]
fn blocking_in_place_lets_the_only_worker_go_on() {
    let runtime = multi(1);
    let (sender, receiver) = std::sync::mpsc::channel();
    let waits = runtime.spawn(async move {
        block_in_place(|| receiver.recv().expect("the other task runs"));
        yield_now().await;
        7
    });
    runtime.spawn(async move { sender.send(()).expect("somebody waits") });
    assert_eq!(runtime.block_on(waits).expect("the task ends"), 7);
}

#[test]
fn a_name_is_shown_and_ids_are_the_tasks_own() {
    let runtime = Builder::new_multi_thread()
        .name("front")
        .build()
        .expect("a runtime");
    assert_eq!(runtime.handle().name(), Some("front"));
    assert!(format!("{:?}", runtime.handle()).contains("front"));
    let task = runtime.spawn(async { runtime::task::id() });
    let id = task.id();
    assert_eq!(runtime.block_on(task).expect("the task ends"), id);
    assert_eq!(runtime::task::try_id(), None);
}

#[runtime::test(start_paused = true)]
async fn a_send_waits_for_room_no_longer_than_it_may() {
    use runtime::sync::mpsc::{channel, error::SendTimeoutError};
    let limit = Duration::from_secs(5);
    let (sender, mut receiver) = channel(1);
    let start = runtime::time::Instant::now();
    assert_eq!(sender.send_timeout(1, limit).await, Ok(()));
    assert_eq!(
        sender.send_timeout(2, limit).await,
        Err(SendTimeoutError::Timeout(2))
    );
    assert_eq!(start.elapsed(), limit);
    assert_eq!(receiver.recv().await, Some(1));
    assert_eq!(sender.send_timeout(3, limit).await, Ok(()));
    drop(receiver);
    assert_eq!(
        sender.send_timeout(4, limit).await,
        Err(SendTimeoutError::Closed(4))
    );
}

#[test]
fn timers_that_wait_are_counted_until_they_end_or_are_dropped() {
    let runtime = multi(2);
    let metrics = runtime.metrics();
    runtime.block_on(async {
        let hour = Duration::from_secs(3600);
        let mut sleeps = [(); 3].map(|()| Box::pin(sleep(hour)));
        assert_eq!(metrics.num_timers(), 0, "none was polled");
        for sleep in &mut sleeps {
            let early = poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context))).await;
            assert!(early.is_pending());
        }
        assert_eq!(metrics.num_timers(), 3);
        let [one, others @ ..] = sleeps;
        drop(others);
        assert_eq!(metrics.num_timers(), 1, "two were dropped");
        let short = timeout(Duration::from_millis(1), one).await;
        assert!(short.is_err());
        assert_eq!(metrics.num_timers(), 0);
    });
}

/// A waker of somebody's own, which panics: nobody's task can be failed for it.
#[test]
fn the_tasks_that_stay_on_a_local_runtimes_thread_are_counted_as_all_others() {
    let runtime = LocalRuntime::new().expect("a runtime");
    let alive = || runtime.metrics().num_alive_tasks();
    let stays = runtime.spawn_local(std::future::pending::<()>());
    assert_eq!(alive(), 1);
    let other = runtime.handle().spawn(std::future::pending::<()>());
    assert_eq!(alive(), 2);
    for task in [stays, other] {
        task.abort();
        assert!(runtime.block_on(task).is_err());
    }
    assert_eq!(alive(), 0);
}

#[test]
fn a_panic_of_foreign_code_is_counted() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("this waker's");
        }
    }
    let runtime = multi(2);
    let metrics = runtime.metrics();
    runtime.block_on(async {
        let mut sleep = Box::pin(sleep(Duration::from_millis(1)));
        let waker = Waker::from(Arc::new(Panics));
        let early = sleep.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(early.is_pending());
        while metrics.foreign_panic_count() == 0 {
            runtime::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(metrics.foreign_panic_count(), 1);
    });
}

/// By a handle one only waits: tasks may go on elsewhere.
#[test]
fn fault_024_who_waits_by_a_handle_may_block_in_place_and_its_tasks_may_not() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let answer = runtime.handle().block_on(async {
        let first = block_in_place(|| 1);
        // From here on it has the turn.
        yield_now().await;
        let second = block_in_place(|| {
            let other = runtime.handle().clone();
            thread::spawn(move || other.block_on(async { runtime::spawn(async { 2 }).await }))
                .join()
                .unwrap()
        });
        let in_a_task = runtime::spawn(async { block_in_place(|| 3) }).await;
        assert!(in_a_task.is_err_and(|error| error.is_panic()));
        first + second.unwrap()
    });
    assert_eq!(answer, 3);
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async { block_in_place(|| 4) })
    }));
    assert!(outcome.is_err(), "the tasks would stand still");
}
