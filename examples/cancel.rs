//! Work that Enter cancels, and that leaves nothing behind.
//!
//! What it shows: `select!` between the work and a signal, what dropping a future releases, and
//! `JoinSet::shutdown`, which returns when the last of the cancelled tasks is gone.
//!
//! ```text
//! cargo run --release --example cancel [seconds]     (default 10)
//! ```
//!
//! Three workers hold a lease each and work for so many seconds. Enter cancels them in the middle
//! of an await; the leases say when they are released. Without a terminal (standard input at its
//! end) nobody can cancel, and the work runs to its end.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use runtime::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use runtime::task::JoinSet;
use runtime::time::{Duration, sleep};

const DEFAULT_SECONDS: u32 = 10;

const WORKERS: usize = 3;

/// Stands for what must be given back: a connection, a file, a place in a table.
struct Lease {
    worker: usize,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Where standard output is gone there is nobody to tell.
        let _ = writeln!(io::stdout(), "worker {} released its lease", self.worker);
    }
}

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("cancel: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let time = Duration::from_secs(seconds(arguments)?.into());
    let leases = Arc::new(Semaphore::new(WORKERS));
    let mut workers = JoinSet::new();
    for worker in 1..=WORKERS {
        let permit = Arc::clone(&leases).acquire_owned().await;
        let permit = permit.map_err(|error| error.to_string())?;
        let lease = Lease {
            worker,
            _permit: permit,
        };
        workers.spawn(work(lease, time));
    }
    say("working; Enter cancels")?;

    let outcome = runtime::select! {
        () = all_of(&mut workers) => "done",
        // At the end of standard input this is an `Err`: it does not match, and the branch is out.
        Ok(()) = enter() => {
            workers.shutdown().await;
            "cancelled"
        }
    };
    say(&format!(
        "{outcome}: {} of {WORKERS} leases are free",
        leases.available_permits()
    ))
}

async fn work(_lease: Lease, time: Duration) {
    sleep(time).await;
}

async fn all_of(workers: &mut JoinSet<()>) {
    while workers.join_next().await.is_some() {}
}

/// Ready when a line was read. The read blocks a thread of its own, which the process does not wait
/// for when it ends.
async fn enter() -> Result<(), oneshot::error::RecvError> {
    let (pressed, enter) = oneshot::channel();
    thread::spawn(move || {
        if let Ok(1..) = io::stdin().read_line(&mut String::new()) {
            // Fails only if the work has ended meanwhile.
            let _ = pressed.send(());
        }
    });
    enter.await
}

fn say(line: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{line}")
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

fn seconds(mut arguments: impl Iterator<Item = OsString>) -> Result<u32, String> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_SECONDS);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: cancel [seconds]".to_string());
    }
    let text = argument.to_string_lossy();
    text.parse().map_err(|_| {
        format!(
            "{text:?} is not a time: whole seconds from 0 to {}",
            u32::MAX
        )
    })
}
