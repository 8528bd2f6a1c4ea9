//! A long computation off the workers, while a ticker keeps ticking.
//!
//! What it shows: `spawn_blocking` for what does not await, an `interval`, and how a task is
//! ended by `abort`.
//!
//! ```text
//! cargo run --release --example crunch [limit]     (default 10000000)
//! ```
//!
//! It counts the primes below the limit by trial division. On a worker that would keep every
//! other task of that worker waiting until another worker takes them over.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use runtime::task::spawn_blocking;
use runtime::time::{Duration, Instant, interval};

const DEFAULT_LIMIT: u32 = 10_000_000;

const TICK: Duration = Duration::from_millis(100);

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("crunch: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let limit = limit(arguments)?;
    let start = Instant::now();
    let ticker = runtime::spawn(tick(start));
    let primes = spawn_blocking(move || primes_below(limit))
        .await
        .map_err(|error| error.to_string())?;
    ticker.abort();
    // Until it has ended, a last tick may be on its way to the output.
    let _aborted = ticker.await;
    writeln!(
        io::stdout(),
        "{primes} primes below {limit}, after {} ms",
        start.elapsed().as_millis()
    )
    .map_err(|error| format!("cannot write to standard output: {error}"))
}

/// Reports each tick until the task is aborted, or until nobody listens.
async fn tick(start: Instant) -> io::Result<()> {
    let mut interval = interval(TICK);
    loop {
        interval.tick().await;
        writeln!(
            io::stdout(),
            "tick after {} ms",
            start.elapsed().as_millis()
        )?;
    }
}

fn primes_below(limit: u32) -> usize {
    (2..limit).filter(|&number| is_prime(number)).count()
}

fn is_prime(number: u32) -> bool {
    let mut divisors = (3..)
        .step_by(2)
        .take_while(|&divisor| divisor <= number / divisor);
    number == 2 || number % 2 == 1 && divisors.all(|divisor| number % divisor != 0)
}

fn limit(mut arguments: impl Iterator<Item = OsString>) -> Result<u32, String> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_LIMIT);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: crunch [limit]".to_string());
    }
    let text = argument.to_string_lossy();
    text.parse()
        .map_err(|_| format!("{text:?} is not a limit: a number from 0 to {}", u32::MAX))
}
