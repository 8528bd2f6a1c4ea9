//! A process that does a bit of everything for a long time: `soak SECONDS SEED [STEP]`, run by `cargo
//! xtask soak`. A step that is named is left out.
//!
//! A few *hands*, each a task, take steps at random (`steps.rs`); one step of three is dropped at a
//! random poll. Once a second all hands rest: no step is begun, those that were are over, and what
//! they left behind has a moment to end. Then the process says what it holds, one line a second:
//! allocated bytes, descriptors, threads, tasks, timers. At rest these numbers have little noise, so
//! that a small leak shows. An error of a step ends the process.
//!
//! Fault 99.
#![cfg_attr(
    not(target_os = "linux"),
    allow(
        unused_imports,
        dead_code,
        reason = "Linux counts descriptors and threads"
    )
)]

mod counting;
mod random;
mod steps;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use runtime::runtime::{Builder, Handle};
use runtime::sync::RwLock;
use runtime::task::JoinSet;
use runtime::time::sleep;

use counting::Counting;
use random::{Random, given_up};
use steps::STEPS;

#[global_allocator]
static ALLOCATED: Counting = Counting::new();

const HANDS: usize = 8;

/// Between two looks at what is left of the last steps.
const MOMENT: Duration = Duration::from_millis(5);

/// So many moments it may take to end.
const MOMENTS_MAX: usize = 1000;

/// Held shared by each step, and alone by who counts. It counts the steps that were begun.
type Gate = RwLock<[AtomicU64; STEPS.len()]>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        [seconds, seed] => begin(seconds, seed, None),
        [seconds, seed, without] => begin(seconds, seed, Some(without)),
        _ => Err(io::Error::other("usage: soak SECONDS SEED [STEP]")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "soak: {error}");
            ExitCode::FAILURE
        }
    }
}

fn begin(seconds: &str, seed: &str, without: Option<&str>) -> io::Result<()> {
    let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
    let seconds = number(seconds).map_err(io::Error::other)?;
    let seed = number(seed).map_err(io::Error::other)?;
    let known = |name: &&str| STEPS.iter().any(|(step, _)| step == name);
    if let Some(unknown) = without.filter(|name| !known(name)) {
        return Err(io::Error::other(format!("{unknown:?} is no step")));
    }
    run(Duration::from_secs(seconds), seed, without)
}

fn run(lasts: Duration, seed: u64, without: Option<&str>) -> io::Result<()> {
    std::fs::create_dir_all(folder())?;
    let done = churn(lasts, seed, without);
    done.and(std::fs::remove_dir_all(folder()))
}

/// For the files of its steps. What a step that is given up leaves there ends with the process.
fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("runtime-soak-{}", std::process::id()))
}

fn churn(lasts: Duration, seed: u64, without: Option<&str>) -> io::Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(4)
        .thread_keep_alive(Duration::from_secs(1))
        .build()?;
    writeln!(io::stdout(), "soak {} {seed}", lasts.as_secs())?;
    let gate: Arc<Gate> = Arc::new(RwLock::new([const { AtomicU64::new(0) }; STEPS.len()]));
    runtime.block_on(async {
        let mut random = Random::new(seed);
        let mut hands = JoinSet::new();
        for _ in 0..HANDS {
            hands.spawn(hand(
                Arc::clone(&gate),
                random.fork(),
                without.map(str::to_owned),
            ));
        }
        let counts = runtime::spawn(count(Arc::clone(&gate), lasts));
        runtime::select! {
            failed = hands.join_next() => match failed {
                Some(Ok(Err(error))) => Err(error),
                other => Err(io::Error::other(format!("a hand ended: {other:?}"))),
            },
            counted = counts => counted.map_err(io::Error::other)?,
        }
    })?;
    let gate = runtime.block_on(gate.write());
    for ((name, _), count) in STEPS.iter().zip(gate.iter()) {
        // Relaxed: no hand is left.
        writeln!(
            io::stdout(),
            "step {name} {}",
            count.load(Ordering::Relaxed)
        )?;
    }
    Ok(())
}

/// Takes steps until one fails.
async fn hand(gate: Arc<Gate>, mut random: Random, without: Option<String>) -> io::Result<()> {
    loop {
        let which = random.below(STEPS.len() as u64) as usize;
        if without.as_deref() == Some(STEPS[which].0) {
            continue;
        }
        let open = gate.read().await;
        // Relaxed: a count; the lock orders it.
        open[which].fetch_add(1, Ordering::Relaxed);
        let polls = match random.below(3) {
            0 => 1 + random.below(6),
            _ => u64::MAX,
        };
        let (name, step) = STEPS[which];
        match given_up(polls, step(random.fork())).await {
            Some(Err(error)) => return Err(io::Error::other(format!("{name}: {error}"))),
            Some(Ok(())) | None => drop(open),
        }
        runtime::task::yield_now().await;
    }
}

/// Once a second, what the process holds at rest.
async fn count(gate: Arc<Gate>, lasts: Duration) -> io::Result<()> {
    let begun = Instant::now();
    let mut second = 0;
    while begun.elapsed() < lasts {
        sleep(Duration::from_secs(1)).await;
        second += 1;
        let _resting = gate.write().await;
        at_rest().await?;
        let [descriptors, threads] = system()?;
        let (bytes, metrics) = (ALLOCATED.bytes(), Handle::current().metrics());
        let (tasks, timers) = (metrics.num_alive_tasks(), metrics.num_timers());
        writeln!(
            io::stdout(),
            "sample {second} {bytes} {descriptors} {threads} {tasks} {timers}"
        )?;
    }
    Ok(())
}

/// The hands, and who counts, are all the tasks there are; no closure runs.
async fn at_rest() -> io::Result<()> {
    let metrics = Handle::current().metrics();
    for _ in 0..MOMENTS_MAX {
        sleep(MOMENT).await;
        let busy = metrics.num_blocking_threads() - metrics.num_idle_blocking_threads();
        if metrics.num_alive_tasks() == HANDS + 1 && busy == 0 {
            return Ok(());
        }
    }
    let tasks = metrics.num_alive_tasks();
    Err(io::Error::other(format!(
        "no rest: {tasks} tasks, {} closures",
        metrics.num_blocking_threads() - metrics.num_idle_blocking_threads()
    )))
}

/// How many descriptors and threads the system knows of.
fn system() -> io::Result<[usize; 2]> {
    let count = |folder: &str| Ok::<_, io::Error>(std::fs::read_dir(folder)?.count());
    // The descriptor of the listing is one of them.
    Ok([count("/proc/self/fd")? - 1, count("/proc/self/task")?])
}
