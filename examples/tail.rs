//! Follows a file that grows, as a log does, until Ctrl-C.
//!
//! What it shows: a file that is read again and again from where it was left, a timer, and a signal
//! that ends it between two steps.
//!
//! ```text
//! cargo run --release --example tail FILE
//! ```
//!
//! It begins with the last lines. A file that was cut begins anew.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, SeekFrom};
use std::path::Path;
use std::process::ExitCode;

use runtime::fs::File;
use runtime::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Stdout, stdout};
use runtime::signal::ctrl_c;
use runtime::time::{Duration, sleep};

/// How often it looks whether there is more.
const LOOK: Duration = Duration::from_millis(100);

/// How far from the end it begins.
const BYTES_AT_FIRST: u64 = 4 * 1024;

const USAGE: &str = "usage: tail FILE";

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("tail: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let arguments: Vec<OsString> = arguments.collect();
    let [name] = &arguments[..] else {
        return Err(format!("{} arguments, not 1; {USAGE}", arguments.len()));
    };
    runtime::select! {
        // Listens before anything is written: from then on Ctrl-C is an end and no abortion.
        biased;
        ended = ctrl_c() => ended.map_err(|error| format!("cannot wait for Ctrl-C: {error}")),
        failed = follow(name) => {
            failed.map_err(|error| format!("{}: {error}", Path::new(name).display()))
        }
    }
}

/// Goes on until something fails.
async fn follow(name: &OsStr) -> io::Result<()> {
    let mut file = File::open(name).await?;
    let mut out = stdout();
    let mut position = begin(&mut file).await?;
    loop {
        position += pass_on(&mut file, &mut out).await?;
        if file.metadata().await?.len() < position {
            position = file.seek(SeekFrom::Start(0)).await?;
        } else {
            sleep(LOOK).await;
        }
    }
}

/// Moves to the beginning of a line near the end.
async fn begin(file: &mut File) -> io::Result<u64> {
    let length = file.metadata().await?.len();
    let from = length.saturating_sub(BYTES_AT_FIRST);
    file.seek(SeekFrom::Start(from)).await?;
    if from == 0 {
        return Ok(0);
    }
    let mut bytes = Vec::new();
    file.take(BYTES_AT_FIRST).read_to_end(&mut bytes).await?;
    let newline = bytes.iter().position(|byte| *byte == b'\n');
    let skipped = newline.map_or(0, |at| at as u64 + 1);
    file.seek(SeekFrom::Start(from + skipped)).await
}

/// Writes out what there is; gives how many bytes.
async fn pass_on(file: &mut File, out: &mut Stdout) -> io::Result<u64> {
    let count = runtime::io::copy(file, out).await?;
    out.flush().await?;
    Ok(count)
}
