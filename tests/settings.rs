//! The settings of a runtime at their ends, in any order, and from outside.

mod support;

use std::collections::BTreeSet;
use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use runtime::runtime::{Builder, IoMode, Runtime};
use runtime::task::spawn_blocking;
use runtime::time::{sleep, timeout};

use support::{Watchdog, in_own_process, program};

/// Tells that a hook was called, and which.
fn tells(calls: &Sender<usize>, which: usize) -> impl Fn() + Send + Sync + 'static {
    let calls = calls.clone();
    // Nobody listens any more once the test has what it wants.
    move || calls.send(which).unwrap_or_default()
}

const PARK: usize = 2;

/// A use of one setter; hooks tell when they are called.
type Setting = for<'a> fn(&'a mut Builder, &Sender<usize>) -> &'a mut Builder;

const SETTINGS: [Setting; 20] = [
    |builder, _| builder.enable_all(),
    |builder, _| builder.enable_io(),
    |builder, _| builder.enable_time(),
    |builder, _| builder.max_io_events_per_tick(1),
    |builder, _| builder.max_io_events_per_busy_tick(1),
    |builder, _| builder.worker_threads(3),
    |builder, _| builder.name("in any order"),
    |builder, _| builder.max_blocking_threads(2),
    |builder, _| builder.thread_name("settings"),
    |builder, _| builder.thread_stack_size(1 << 20),
    |builder, _| builder.thread_keep_alive(Duration::from_secs(7)),
    |builder, calls| builder.on_thread_start(tells(calls, 0)),
    |builder, calls| builder.on_thread_stop(tells(calls, 1)),
    |builder, calls| builder.on_thread_park(tells(calls, PARK)),
    |builder, calls| builder.on_thread_unpark(tells(calls, 3)),
    |builder, _| builder.event_interval(5),
    |builder, _| builder.global_queue_interval(3),
    |builder, _| builder.start_paused(true),
    |builder, _| builder.stall_policy(None),
    |builder, _| builder.io_mode(IoMode::Dedicated),
];

/// What comes of the settings, as far as it can be seen.
fn outcome(order: &[usize]) -> String {
    let (calls, called) = mpsc::channel();
    let mut builder = Builder::new_multi_thread();
    for which in order {
        SETTINGS[*which](&mut builder, &calls);
    }
    let shown = format!("{builder:?}");
    let runtime = builder.build().expect("a runtime");
    let name = || thread::current().name().map(str::to_owned);
    let (of_worker, of_blocking) = runtime.block_on(async {
        // An hour, in no time: the clock is paused.
        sleep(Duration::from_secs(3_600)).await;
        let of_worker = runtime::spawn(async move { name() }).await;
        let of_blocking = spawn_blocking(name).await;
        (of_worker.expect("it ends"), of_blocking.expect("it ends"))
    });
    // Whoever has nothing to do comes by it.
    let mut hooks: BTreeSet<_> = called.iter().take_while(|which| *which != PARK).collect();
    hooks.insert(PARK);
    let workers = runtime.metrics().num_workers();
    let handle = runtime.handle().name().map(str::to_owned);
    drop(runtime);
    hooks.extend(called.try_iter());
    format!("{shown} {workers} {handle:?} {of_worker:?} {of_blocking:?} {hooks:?}")
}

proptest! {
    #[test]
    fn fault_097_settings_in_any_order_come_to_the_same(
        order in Just((0..SETTINGS.len()).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let _watchdog = Watchdog::new();
        let as_listed: Vec<_> = (0..SETTINGS.len()).collect();
        let expected = outcome(&as_listed);
        prop_assert!(expected.ends_with("{0, 1, 2, 3}"), "{}", expected);
        prop_assert_eq!(outcome(&order), expected);
    }
}

/// A call of a setter.
type Setter = fn(&mut Builder) -> &mut Builder;

const REFUSED: [(&str, Setter); 10] = [
    ("worker_threads", |builder| builder.worker_threads(0)),
    ("name", |builder| builder.name("")),
    ("name", |builder| builder.name(" ")),
    ("name", |builder| builder.name("\n\t")),
    ("max_blocking_threads", |builder| {
        builder.max_blocking_threads(0)
    }),
    ("thread name", |builder| builder.thread_name("a\0b")),
    ("event_interval", |builder| builder.event_interval(0)),
    ("global_queue_interval", |builder| {
        builder.global_queue_interval(0)
    }),
    ("max_io_events_per_tick", |builder| {
        builder.max_io_events_per_tick(0)
    }),
    ("max_io_events_per_busy_tick", |builder| {
        builder.max_io_events_per_busy_tick(0)
    }),
];

/// The panic says which setter, and names the caller's place, not the setter's.
#[test]
fn fault_097_what_is_out_of_range_is_refused_at_the_setter() {
    const NAME: &str = "fault_097_what_is_out_of_range_is_refused_at_the_setter";
    in_own_process(NAME, || {
        let said = Arc::new(Mutex::new(None));
        let tell = Arc::clone(&said);
        panic::set_hook(Box::new(move |panic| {
            let file = panic.location().map(|place| place.file().to_owned());
            let text = panic
                .payload()
                .downcast_ref::<&str>()
                .map(ToString::to_string);
            *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some((file, text));
        }));
        for (what, refused) in REFUSED {
            for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
                let refuse = AssertUnwindSafe(|| {
                    refused(&mut builder);
                });
                let outcome = panic::catch_unwind(refuse);
                assert!(outcome.is_err(), "{what}");
                let (file, text) = said.lock().expect("no panic").take().expect("a panic");
                assert_eq!(file.as_deref(), Some(file!()), "{what}");
                assert!(text.expect("a text").contains(what), "{what}");
            }
        }
        let _ = panic::take_hook();
    });
}

/// What is in range works at both ends of it.
#[test]
fn fault_097_settings_at_their_ends_work() {
    let _watchdog = Watchdog::new();
    let ends: [Setter; 16] = [
        |builder| builder.worker_threads(1),
        |builder| builder.worker_threads(usize::MAX),
        |builder| builder.max_blocking_threads(1),
        |builder| builder.max_blocking_threads(usize::MAX),
        |builder| builder.thread_name(""),
        |builder| builder.thread_name("\u{1f980}".repeat(1_000)),
        |builder| builder.name("\u{1f980}".repeat(1_000)),
        |builder| builder.thread_stack_size(256 << 10),
        |builder| builder.thread_keep_alive(Duration::ZERO),
        |builder| builder.thread_keep_alive(Duration::MAX),
        |builder| builder.event_interval(1).global_queue_interval(1),
        |builder| builder.event_interval(u32::MAX),
        |builder| builder.global_queue_interval(u32::MAX),
        |builder| builder.stall_policy(Some(Duration::ZERO)),
        |builder| builder.stall_policy(Some(Duration::MAX)),
        |builder| builder.max_io_events_per_tick(usize::MAX),
    ];
    for (place, end) in ends.into_iter().enumerate() {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = end(&mut builder).build().expect("a runtime");
            let sum = runtime.block_on(async {
                let tasks: Vec<_> = (0..100_u64)
                    .map(|value| {
                        runtime::spawn(async move {
                            let limit = Duration::from_secs(20);
                            let nap = timeout(limit, sleep(Duration::from_millis(1)));
                            nap.await.expect("in time");
                            spawn_blocking(move || value).await.expect("it ends")
                        })
                    })
                    .collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await.expect("it ends");
                }
                sum
            });
            assert_eq!(sum, 4_950, "end {place}");
        }
    }
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(usize::MAX).build();
    assert_eq!(runtime.expect("a runtime").metrics().num_workers(), 1024);
}

#[test]
fn fault_097_the_environment_says_how_many_workers_there_are_or_is_an_error_of_build() {
    const NAME: &str =
        "fault_097_the_environment_says_how_many_workers_there_are_or_is_an_error_of_build";
    const EXPECTED: &str = "RUNTIME_TEST_WORKERS";
    if let Ok(expected) = env::var(EXPECTED) {
        let made = Runtime::new().map(|runtime| runtime.metrics().num_workers());
        let made = made.map_err(|error| error.kind());
        assert_eq!(format!("{made:?}"), expected);
        return;
    }
    for (own, standard, expected) in [
        (Some(" 3 "), None, "Ok(3)"),
        (None, Some("5"), "Ok(5)"),
        (Some("3"), Some("none"), "Ok(3)"),
        (Some("2000"), None, "Ok(1024)"),
        (Some("0"), Some("5"), "Err(InvalidInput)"),
        (None, Some("-1"), "Err(InvalidInput)"),
        (None, Some(""), "Err(InvalidInput)"),
    ] {
        let mut child = program(env::current_exe().expect("the path of this binary"));
        for (variable, value) in [
            ("RUNTIME_WORKER_THREADS", own),
            ("TOKIO_WORKER_THREADS", standard),
        ] {
            match value {
                Some(value) => child.env(variable, value),
                None => child.env_remove(variable),
            };
        }
        let child = child.args(["--exact", NAME]).env(EXPECTED, expected);
        let output = child.output().expect("it starts");
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(out.contains("1 passed"), "{expected}: {output:?}");
    }
}

/// No thread would ever start, and whoever relies on one would wait for ever.
#[test]
fn fault_097_a_stack_size_that_cannot_be_had_is_an_error_of_build() {
    let beyond_all_addresses = usize::try_from(1_u64 << 56).unwrap_or(usize::MAX);
    for bytes in [usize::MAX, isize::MAX as usize, beyond_all_addresses] {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            assert!(builder.thread_stack_size(bytes).build().is_err(), "{bytes}");
        }
    }
    let mut builder = Builder::new_multi_thread();
    for bytes in [1 << 20, (64 << 20) + 1] {
        let runtime = builder.thread_stack_size(bytes).build().expect("a runtime");
        let (tell, told) = mpsc::channel();
        runtime.spawn(async move { tell.send(spawn_blocking(|| 7).await) });
        let answer = told.recv_timeout(Duration::from_secs(20));
        assert_eq!(answer.expect("it runs").expect("it ends"), 7);
    }
}
