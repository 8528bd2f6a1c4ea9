//! Whole runtimes under schedules drawn at random: threads, stealing, parking, timers and shutdown are
//! the real ones, on shuttle's locks, atomics and time (`src/loom/shuttle.rs`).
//!
//! `cargo xtask shuttle` runs them, `--cfg shuttle` makes them. Half of the schedules are drawn step by
//! step; the other half by priorities with few changes (PCT), which finds what needs a long unlucky
//! run of one thread. Variables say how many (`RUNTIME_SHUTTLE_SCHEDULES`, of all scenarios together)
//! and from which seed (`RUNTIME_SHUTTLE_SEED`). A schedule that fails is left in
//! `target/shuttle/failures`; `RUNTIME_SHUTTLE_REPLAY` names it to run it again.
//!
//! A lost wake-up ends in a deadlock that shuttle reports, unless somebody sleeps with a limit; so
//! each scenario ends by itself, and joins whatever it has started.
#![cfg(shuttle)]

#[path = "shuttle/fair.rs"]
mod fair;

#[path = "shuttle/traced.rs"]
mod traced;

#[path = "shuttle/channels.rs"]
mod channels;

#[path = "shuttle/ends.rs"]
mod ends;

#[path = "shuttle/life.rs"]
mod life;

#[path = "shuttle/locals.rs"]
mod locals;

#[path = "shuttle/time.rs"]
mod time;

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::task::Poll;
use std::time::Instant;

use fair::Fair;
use runtime_core::builder::Builder;
use runtime_core::loom;
use runtime_core::loom::thread::JoinHandle;
use runtime_core::runtime::Runtime;
use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};
use traced::Traced;

/// How many scenarios share the schedules.
const SCENARIOS: usize = 25;

const SCHEDULES: usize = 10_000;

/// The depth of PCT: one more than the changes of priority in one schedule.
const DEPTH: usize = 4;

/// A scenario with more steps than this comes to no end.
const STEPS_MAX: usize = 400_000;

/// Coroutines have their stacks from us, and a runtime's threads go deep.
const STACK: usize = 256 << 10;

/// Runs `scenario` under its share of the schedules.
fn explore(name: &str, scenario: fn()) {
    if let Ok(file) = std::env::var("RUNTIME_SHUTTLE_REPLAY") {
        let scheduler = ReplayScheduler::new_from_file(file).expect("the schedule can be read");
        run(scheduler, scenario);
        return;
    }
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    let all = number("RUNTIME_SHUTTLE_SCHEDULES").unwrap_or(SCHEDULES as u64);
    let seed = number("RUNTIME_SHUTTLE_SEED").unwrap_or(0);
    let share = (all as usize).div_ceil(2 * SCENARIOS);
    let begun = Instant::now();
    run(RandomScheduler::new_from_seed(seed, share), scenario);
    let by_priority = PctScheduler::new_from_seed(seed, DEPTH, share);
    run(Fair::new(by_priority), scenario);
    let rate = 2.0 * share as f64 / begun.elapsed().as_secs_f64();
    println!(
        "{name}: {} schedules, seed {seed}, {rate:.0} a second",
        2 * share
    );
}

fn run(scheduler: impl Scheduler + 'static, scenario: fn()) {
    let mut config = Config::new();
    config.stack_size = STACK;
    config.max_steps = MaxSteps::FailAfter(STEPS_MAX);
    config.silence_warnings = true;
    config.failure_persistence = FailurePersistence::File(Some(failures()));
    Runner::new(scheduler, config).run(move || {
        loom::begin();
        scenario();
    });
}

/// A hash of the choices of twenty schedules by this seed, and how many choices there were.
fn trace(seed: u64, scenario: fn()) -> (u64, usize) {
    let trace = Arc::new(Mutex::new((0, 0)));
    let by_chance = RandomScheduler::new_from_seed(seed, 20);
    run(Traced::new(by_chance, &trace), scenario);
    let by_priority = PctScheduler::new_from_seed(seed, DEPTH, 20);
    run(Traced::new(Fair::new(by_priority), &trace), scenario);
    let trace = trace.lock().expect("the trace");
    *trace
}

fn failures() -> PathBuf {
    static MADE: Once = Once::new();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../target/shuttle/failures");
    MADE.call_once(|| std::fs::create_dir_all(&folder).expect("it can be made"));
    folder
}

/// A runtime of two workers.
fn two_workers() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build();
    runtime.expect("nothing is refused here")
}

fn current_thread() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("nothing is refused here")
}

/// A thread that is not the runtime's.
fn outside<T: Send + 'static>(main: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let thread = loom::thread::Builder::new().name("outside".to_owned());
    thread.spawn(main).expect("nothing is refused here")
}

/// The output of `future`, unless it was pending `polls` times: then it is given up.
async fn give_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// Counts how many of it are alive.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Counted {
        // Relaxed: coroutines take turns.
        alive.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // Relaxed: as above.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn count(of: &AtomicUsize) -> usize {
    // Relaxed: as above.
    of.load(Ordering::Relaxed)
}
