//! What a thread costs and what a task costs: to create, to switch to, to keep.
//!
//! What it shows: why a server can have a task for each connection.
//!
//! ```text
//! cargo run --release --example threads_vs_tasks [count]     (default 1000)
//! ```
//!
//! - create: so many are started, each does nothing, all are joined; the time of one.
//! - switch: two pass a token to and fro over channels; the time of one pass.
//! - memory: so many wait (of tasks a hundred times as many); what the resident memory of the
//!   process grew by, for one. What the kernel keeps for a thread is not in it. Linux only.
//!
//! Each time is the median of several rounds.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as thread_mpsc};
use std::thread;

use runtime::sync::{Semaphore, mpsc};
use runtime::task::JoinSet;
use runtime::time::{Duration, Instant, sleep};

const DEFAULT_COUNT: usize = 1000;

const COUNT_MAX: usize = 10_000;

const ROUNDS: usize = 5;

/// Passes to and fro in a round of `switch`.
const PASSES: usize = 20_000;

/// A task is too small to be seen in the memory of a few.
const TASKS_A_THREAD: usize = 100;

type Outcome<T> = Result<T, String>;

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("threads_vs_tasks: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Outcome<()> {
    let count = count(arguments)?;
    // Memory first: what the other rounds leave in the allocator would hide it.
    let task_bytes = memory_of_tasks(count * TASKS_A_THREAD).await?;
    let thread_bytes = memory_of_threads(count)?;

    let mut create = Vec::new();
    let mut switch = Vec::new();
    for _ in 0..ROUNDS {
        create.push((create_threads(count)?, create_tasks(count).await?));
        switch.push((switch_threads()?, switch_tasks().await?));
    }

    say("             a thread       a task   thread / task")?;
    say(&row("create", medians(create), "µs", 1e-3))?;
    say(&row("switch", medians(switch), "µs", 1e-3))?;
    match thread_bytes.zip(task_bytes) {
        Some(bytes) => say(&row("memory", bytes, "KiB", 1.0 / 1024.0)),
        None => say("memory       (not known on this platform)"),
    }
}

fn row(what: &str, (thread, task): (f64, f64), unit: &str, scale: f64) -> String {
    let thread_scaled = format!("{:.2} {unit}", thread * scale);
    let task_scaled = format!("{:.2} {unit}", task * scale);
    let ratio = thread / task;
    format!("{what:<8}{thread_scaled:>13}{task_scaled:>13}{ratio:>16.1}")
}

/// Of the threads, and of the tasks.
fn medians(rounds: Vec<(f64, f64)>) -> (f64, f64) {
    let (mut threads, mut tasks): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
    threads.sort_by(f64::total_cmp);
    tasks.sort_by(f64::total_cmp);
    (threads[threads.len() / 2], tasks[tasks.len() / 2])
}

fn nanoseconds_each(start: Instant, count: usize) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / count.max(1) as f64
}

fn create_threads(count: usize) -> Outcome<f64> {
    let start = Instant::now();
    join_threads((0..count).map(|_| start_thread(|| ())).collect())?;
    Ok(nanoseconds_each(start, count))
}

async fn create_tasks(count: usize) -> Outcome<f64> {
    let start = Instant::now();
    let tasks: Vec<_> = (0..count).map(|_| runtime::spawn(async {})).collect();
    for task in tasks {
        task.await.map_err(|error| error.to_string())?;
    }
    Ok(nanoseconds_each(start, count))
}

fn switch_threads() -> Outcome<f64> {
    let (to_echo, at_echo) = thread_mpsc::channel();
    let (to_start, at_start) = thread_mpsc::channel();
    let echo = start_thread(move || {
        while at_echo
            .recv()
            .is_ok_and(|token: usize| to_start.send(token).is_ok())
        {}
    })?;
    let start = Instant::now();
    for pass in 0..PASSES {
        let _ = to_echo.send(pass);
        let _ = at_start.recv();
    }
    let each = nanoseconds_each(start, 2 * PASSES);
    drop(to_echo);
    join_threads(vec![Ok(echo)])?;
    Ok(each)
}

async fn switch_tasks() -> Outcome<f64> {
    let (to_echo, mut at_echo) = mpsc::unbounded_channel();
    let (to_start, mut at_start) = mpsc::unbounded_channel();
    runtime::spawn(async move {
        while let Some(token) = at_echo.recv().await {
            if to_start.send(token).is_err() {
                break;
            }
        }
    });
    let passes = runtime::spawn(async move {
        let start = Instant::now();
        for pass in 0..PASSES {
            let _ = to_echo.send(pass);
            let _ = at_start.recv().await;
        }
        nanoseconds_each(start, 2 * PASSES)
    });
    passes.await.map_err(|error| error.to_string())
}

fn memory_of_threads(count: usize) -> Outcome<Option<f64>> {
    let before = resident_bytes();
    let mut threads = Vec::with_capacity(count);
    let mut gates = Vec::with_capacity(count);
    let (arrive, arrived) = thread_mpsc::channel();
    for _ in 0..count {
        let (gate, closed) = thread_mpsc::channel::<()>();
        let arrive = arrive.clone();
        gates.push(gate);
        threads.push(start_thread(move || {
            let _ = arrive.send(());
            // The count of arrivals ends when nobody is left who could arrive.
            drop(arrive);
            let _ = closed.recv();
        }));
    }
    drop(arrive);
    let here = arrived.iter().take(count).count();
    let each = growth(before, here);
    drop(gates);
    join_threads(threads)?;
    Ok(each)
}

async fn memory_of_tasks(count: usize) -> Outcome<Option<f64>> {
    let gate = Arc::new(Semaphore::new(0));
    let arrived = Arc::new(AtomicUsize::new(0));
    let before = resident_bytes();
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (gate, arrived) = (Arc::clone(&gate), Arc::clone(&arrived));
        tasks.spawn(async move {
            // Relaxed: a count; nothing is read by it.
            arrived.fetch_add(1, Ordering::Relaxed);
            gate.acquire().await.map(drop)
        });
    }
    // Relaxed: as above.
    while arrived.load(Ordering::Relaxed) < count {
        sleep(Duration::from_millis(1)).await;
    }
    let each = growth(before, count);
    gate.close();
    while tasks.join_next().await.is_some() {}
    Ok(each)
}

type Thread = thread::JoinHandle<()>;

fn start_thread(work: impl FnOnce() + Send + 'static) -> Outcome<Thread> {
    thread::Builder::new()
        .spawn(work)
        .map_err(|error| format!("cannot start a thread: {error}; try a smaller count"))
}

/// Joins those that were started, even if a later one was refused.
fn join_threads(threads: Vec<Outcome<Thread>>) -> Outcome<()> {
    let mut refused = Ok(());
    for thread in threads {
        match thread {
            Ok(thread) => thread.join().map_err(|_| "a thread panicked".to_string())?,
            Err(message) => refused = Err(message),
        }
    }
    refused
}

/// What one of so many added.
fn growth(before: Option<f64>, count: usize) -> Option<f64> {
    let bytes = resident_bytes()? - before?;
    Some(bytes.max(0.0) / count.max(1) as f64)
}

fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = resident.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}

fn say(line: &str) -> Outcome<()> {
    writeln!(io::stdout(), "{line}")
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

fn count(mut arguments: impl Iterator<Item = OsString>) -> Outcome<usize> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_COUNT);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: threads_vs_tasks [count]".to_string());
    }
    let text = argument.to_string_lossy();
    let count = text
        .parse()
        .ok()
        .filter(|count| (1..=COUNT_MAX).contains(count));
    count.ok_or_else(|| format!("{text:?} is not a count: a number from 1 to {COUNT_MAX}"))
}
