//! What a thing costs in memory while it waits, and what starting costs.

use std::future::{Future, pending};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::measured::hold;
use super::rt;
use super::rt::time::sleep;
use super::support::default_runtime;
use crate::child::Child;
use crate::resident;
use crate::row::{Body, Divisor, Entry, Figure};
use crate::work::Countdown;

const TASKS: u64 = 100_000;
const CONNECTIONS: u64 = 2_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::measure(&["memory_parked_task"], parked),
        Entry::measure(&["memory_sleeping_task"], sleeping),
        Entry::measure(&["memory_idle_tcp"], connected),
        Entry::new("startup", 1, 100, startup),
        Entry::new("startup_process", 1, 10, || Child::hello(super::PEER)),
    ]
}

/// A task that waits for what never comes.
fn parked(divisor: Divisor) -> Vec<Figure> {
    tasks("memory_parked_task", divisor, pending::<()>)
}

/// A task that sleeps for an hour.
fn sleeping(divisor: Divisor) -> Vec<Figure> {
    let hour = Duration::from_secs(3_600);
    tasks("memory_sleeping_task", divisor, move || sleep(hour))
}

fn tasks<Fut>(
    row: &str,
    divisor: Divisor,
    wait: impl Fn() -> Fut + Copy + Send + 'static,
) -> Vec<Figure>
where
    Fut: Future<Output = ()> + Send + 'static,
{
    let runtime = default_runtime();
    let spawn = |count: u64| {
        let begun = Arc::new(Countdown::new(count));
        for _ in 0..count {
            let begun = Arc::clone(&begun);
            runtime.spawn(async move {
                begun.one_less();
                // It holds nothing while it waits but what it waits for.
                drop(begun);
                wait().await;
            });
        }
        begun.wait();
    };
    let count = (TASKS / divisor).max(1);
    // What a runtime allocates once, it has by then.
    spawn(count);
    let before = resident::bytes();
    spawn(count);
    let bytes = resident::bytes() - before;
    vec![Figure::new(row, "bytes", bytes as f64 / count as f64)]
}

/// A connection on which nothing happens, with the task that reads from it into 64 bytes.
fn connected(divisor: Divisor) -> Vec<Figure> {
    let runtime = default_runtime();
    let count = (CONNECTIONS / divisor).max(1);
    let _first = hold(&runtime, count);
    let before = resident::bytes();
    let _second = hold(&runtime, count);
    let bytes = resident::bytes() - before;
    let row = "memory_idle_tcp";
    vec![Figure::new(row, "bytes", bytes as f64 / count as f64)]
}

/// What a whole process does that says hello from a task; it is timed from outside.
pub(crate) fn hello() {
    default_runtime().block_on(async {
        let task = rt::spawn(async { println!("hello") });
        task.await.expect("it does not panic");
    });
}

/// Build, `block_on` what is ready, drop.
fn startup() -> Body {
    Box::new(|rounds| {
        let start = Instant::now();
        for _ in 0..rounds {
            default_runtime().block_on(async {});
        }
        start.elapsed()
    })
}
