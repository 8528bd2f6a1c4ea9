//! Three timers, first one after the other, then all at once.
//!
//! What it shows: `sleep` in one task adds up; in several tasks the sleeps run side by side, and
//! the shortest is the first to end.
//!
//! ```text
//! cargo run --release --example timers
//! ```

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use runtime::sync::mpsc;
use runtime::time::{Duration, Instant, sleep};

const TIMERS_MS: [u64; 3] = [200, 100, 50];

#[runtime::main]
async fn main() -> ExitCode {
    if env::args_os().len() > 1 {
        eprintln!("timers: takes no arguments");
        return ExitCode::FAILURE;
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("timers: cannot write to standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> io::Result<()> {
    writeln!(io::stdout(), "in turn:")?;
    let start = Instant::now();
    for ms in TIMERS_MS {
        sleep(Duration::from_millis(ms)).await;
        report(ms, start)?;
    }

    writeln!(io::stdout(), "at once:")?;
    let start = Instant::now();
    let (sender, mut ended) = mpsc::channel(TIMERS_MS.len());
    for ms in TIMERS_MS {
        let sender = sender.clone();
        runtime::spawn(async move {
            sleep(Duration::from_millis(ms)).await;
            // Fails only if the receiver is gone, and with it whoever wants to know.
            let _ = sender.send(ms).await;
        });
    }
    drop(sender);
    while let Some(ms) = ended.recv().await {
        report(ms, start)?;
    }
    Ok(())
}

fn report(ms: u64, start: Instant) -> io::Result<()> {
    let elapsed_ms = start.elapsed().as_secs_f64() * 1000.0;
    writeln!(io::stdout(), "{ms:>4} ms timer, after {elapsed_ms:.2} ms")
}
