//! Each stall is reported once, with its place; what only looks like one is not.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use runtime::runtime::{Runtime, Stall};
use runtime::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until};

use crate::builder;
use crate::support::{Control, alone, in_own_process};

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A runtime that notes its stalls.
fn observed(workers: usize) -> (Runtime, Arc<Mutex<Vec<Stall>>>) {
    let stalls = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&stalls);
    let runtime = builder(workers)
        .on_stall(move |stall| noted.lock().expect("the list").push(stall.clone()))
        .build()
        .expect("a runtime");
    (runtime, stalls)
}

/// Something that waits to run all the time, so that a stall is one: it wakes every millisecond
/// until it is dropped.
fn keep_busy(runtime: &Runtime, tasks: usize) -> Receiver<()> {
    let (ran, has_run) = channel();
    for _ in 0..tasks {
        let ran = ran.clone();
        drop(runtime.spawn(async move {
            while ran.send(()).is_ok() {
                sleep(Duration::from_millis(1)).await;
            }
        }));
    }
    has_run
}

#[test]
fn fault_021_each_stall_is_reported_once_with_the_place_of_its_spawn() {
    let _alone = alone();
    for workers in 1..=4 {
        let (runtime, stalls) = observed(workers);
        let busy = keep_busy(&runtime, 4);
        let mut expected = Vec::new();
        let mut handles = Vec::new();
        for index in 0..workers {
            // Two places, so that they can be told apart.
            let (place, handle) = if index % 2 == 0 {
                (
                    line!() + 1,
                    runtime.spawn(async {
                        thread::sleep(Duration::from_secs(1));
                    }),
                )
            } else {
                (
                    line!() + 1,
                    runtime.spawn(async {
                        thread::sleep(Duration::from_secs(1));
                    }),
                )
            };
            expected.push((handle.id().to_string(), place));
            handles.push(handle);
        }
        for handle in handles {
            runtime.block_on(handle).expect("it ends");
        }
        drop(busy);
        let stalls = stalls.lock().expect("the list");
        let mut reported: Vec<(String, u32)> = stalls
            .iter()
            .filter(|stall| expected.iter().any(|(id, _)| *id == stall.task.to_string()))
            .map(|stall| (stall.task.to_string(), stall.spawned_at.line()))
            .collect();
        reported.sort();
        expected.sort();
        assert_eq!(reported, expected, "{workers} workers");
        for stall in stalls.iter() {
            assert!(stall.spawned_at.file().ends_with("reports.rs"), "{stall}");
            assert!(stall.duration >= Duration::from_millis(10), "{stall}");
        }
        assert_eq!(runtime.metrics().stall_count(), stalls.len() as u64);
    }
}

#[test]
fn fault_021_a_hook_that_panics_or_uses_the_runtime_disturbs_nothing() {
    let _alone = alone();
    let (ran, has_run) = channel();
    let has_run = Arc::new(Mutex::new(has_run));
    let runtime = builder(1)
        .on_stall(move |_| {
            let ran = ran.clone();
            drop(runtime::spawn(async move { ran.send(()) }));
            panic!("on purpose");
        })
        .build()
        .expect("a runtime");
    for _ in 0..3 {
        let busy = keep_busy(&runtime, 1);
        let has_run = Arc::clone(&has_run);
        // It stalls until it was reported, and the hook's own task has run beside it.
        let reported = runtime.spawn(async move {
            let has_run = has_run.lock().expect("the receiver");
            has_run.recv_timeout(PATIENCE)
        });
        let reported = runtime.block_on(reported).expect("it ends");
        reported.expect("reported");
        drop(busy);
    }
}

#[test]
fn fault_021_a_task_that_yields_is_no_stall() {
    let _alone = alone();
    const ROUNDS: usize = 10;
    let mut void = 0;
    for _ in 0..ROUNDS {
        let (runtime, stalls) = observed(2);
        let busy = keep_busy(&runtime, 4);
        let control = Control::start();
        let yields = runtime.spawn(async {
            for _ in 0..10_000 {
                runtime::task::yield_now().await;
            }
        });
        runtime.block_on(yields).expect("it ends");
        drop(busy);
        // A machine that keeps a thread off its cores for so long stops a poll as well.
        if control.longest_wait() >= Duration::from_millis(5) {
            void += 1;
        } else {
            assert!(stalls.lock().expect("the list").is_empty());
        }
    }
    println!("{void} of {ROUNDS} rounds are void");
}

/// The process stops itself in mid-poll: the clock has gone on, the task has not.
#[test]
fn fault_041_a_poll_in_a_stopped_process_is_no_stall() {
    const NAME: &str = "reports::fault_041_a_poll_in_a_stopped_process_is_no_stall";
    in_own_process(NAME, || {
        let (runtime, stalls) = observed(2);
        let busy = keep_busy(&runtime, 4);
        // Until the looks have begun.
        for _ in 0..100 {
            busy.recv().expect("it runs");
        }
        let pid = std::process::id();
        // A process of its own stops this one and lets it go on, half a second later.
        let stop = format!("kill -STOP {pid}; sleep 0.5; kill -CONT {pid}");
        let mut stopper = Command::new("sh").args(["-c", &stop]).spawn().expect("sh");
        // Short polls, of which one is stopped most probably: they take 2 of each 3 milliseconds.
        let polls = runtime.spawn(async {
            for _ in 0..400 {
                thread::sleep(Duration::from_millis(2));
                sleep(Duration::from_millis(1)).await;
            }
        });
        runtime.block_on(polls).expect("it ends");
        stopper.wait().expect("sh ends");
        drop(busy);
        let stalls = stalls.lock().expect("the list");
        // A busy machine may well keep a poll from ending for some milliseconds; the stop was longer.
        let stopped = |stall: &Stall| stall.duration >= Duration::from_millis(250);
        assert!(!stalls.iter().any(stopped), "{stalls:?}");
    });
}

/// Many timers come due while the process stands still: when it goes on each fires, once, and an
/// interval makes up for what it has missed as its rule says, and for no more.
#[test]
fn fault_041_what_comes_due_in_a_stopped_process_fires_once_afterwards() {
    const NAME: &str =
        "reports::fault_041_what_comes_due_in_a_stopped_process_fires_once_afterwards";
    const STOP: Duration = Duration::from_secs(1);
    const PERIOD: Duration = Duration::from_millis(20);
    in_own_process(NAME, || {
        let (runtime, _) = observed(2);
        let begun = Instant::now();
        let sleeps: Vec<_> = (1..=50_u32)
            .map(|number| {
                runtime.spawn(async move {
                    let mut polls = 0;
                    let mut sleep = pin!(sleep_until(begun + PERIOD * number));
                    let waits = poll_fn(|cx| {
                        polls += 1;
                        sleep.as_mut().poll(cx)
                    });
                    waits.await;
                    (Instant::now(), polls)
                })
            })
            .collect();
        let gone_on = Arc::new(OnceLock::new());
        let rules = [
            MissedTickBehavior::Burst,
            MissedTickBehavior::Skip,
            MissedTickBehavior::Delay,
        ];
        let intervals = rules.map(|rule| {
            let gone_on = Arc::clone(&gone_on);
            runtime.spawn(async move {
                let mut interval = interval_at(begun, PERIOD);
                interval.set_missed_tick_behavior(rule);
                let mut ticks = Vec::new();
                loop {
                    let tick = interval.tick().await;
                    ticks.push(tick);
                    if gone_on.get().is_some_and(|at| tick > *at) {
                        return ticks;
                    }
                }
            })
        });
        let pid = std::process::id();
        let seconds = STOP.as_secs_f64();
        let stop = format!("kill -STOP {pid}; sleep {seconds}; kill -CONT {pid}");
        let mut stopper = Command::new("sh").args(["-c", &stop]).spawn().expect("sh");
        stopper.wait().expect("sh ends");
        gone_on.set(Instant::now()).expect("said once");
        runtime.block_on(async {
            for (number, sleep) in (1_u32..).zip(sleeps) {
                let (fired, polls) = sleep.await.expect("it fires");
                assert!(fired >= begun + PERIOD * number, "never early");
                assert!(polls <= 2, "woken once: {polls} polls");
            }
            for (rule, interval) in rules.into_iter().zip(intervals) {
                let ticks = interval.await.expect("it ticks");
                let gaps = ticks.windows(2).map(|pair| pair[1] - pair[0]);
                let (least, most) = (gaps.clone().min(), gaps.max());
                let (least, most) = (least.expect("two ticks"), most.expect("two ticks"));
                assert!(least >= PERIOD, "{rule:?}: {least:?}");
                match rule {
                    MissedTickBehavior::Burst => assert_eq!(most, PERIOD, "all are made up for"),
                    // One is late; what else was missed is left out.
                    _ => assert!(most >= STOP - 2 * PERIOD, "{rule:?}: {most:?}"),
                }
            }
        });
    });
}

/// What a newcomer sees who blocks a worker and has set nothing.
#[test]
fn fault_021_a_long_stall_without_a_hook_is_one_line_on_stderr_a_place() {
    const NAME: &str =
        "reports::fault_021_a_long_stall_without_a_hook_is_one_line_on_stderr_a_place";
    let stderr = in_own_process(NAME, || {
        let runtime = builder(1).build().expect("a runtime");
        let busy = keep_busy(&runtime, 1);
        let short = runtime.spawn(async { thread::sleep(Duration::from_millis(20)) });
        runtime.block_on(short).expect("it ends");
        for _ in 0..2 {
            // Long enough for the line to be written before the process ends.
            let blocks = async { thread::sleep(Duration::from_secs(1)) };
            let stalls = runtime.spawn(blocks);
            runtime.block_on(stalls).expect("it ends");
        }
        drop(busy);
    });
    let Some(stderr) = stderr else { return };
    let notices: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("runtime: "))
        .collect();
    let [notice] = notices[..] else {
        panic!("{stderr}");
    };
    for part in ["reports.rs:", " ms without an await", "spawn_blocking"] {
        assert!(notice.contains(part), "{notice} does not say {part}");
    }
}

#[test]
fn fault_021_a_hook_takes_the_notices_over() {
    const NAME: &str = "reports::fault_021_a_hook_takes_the_notices_over";
    let stderr = in_own_process(NAME, || {
        let (runtime, stalls) = observed(1);
        let busy = keep_busy(&runtime, 1);
        let blocks = runtime.spawn(async { thread::sleep(Duration::from_secs(1)) });
        runtime.block_on(blocks).expect("it ends");
        drop(busy);
        assert_eq!(stalls.lock().expect("the list").len(), 1);
    });
    if let Some(stderr) = stderr {
        assert!(!stderr.contains("runtime: "), "{stderr}");
    }
}
