//! Runs a program, writes out what it says line by line, and ends with its exit code. Ctrl-C kills
//! it and all that it has started.
//!
//! What it shows: a child with a process group of its own, its output as a stream of lines,
//! `signal`, `select!`.
//!
//! ```text
//! cargo run --release --example run -- sh -c 'for i in 1 2 3; do echo $i; sleep 1; done; exit 4'
//! ```
//!
//! - A line of output is marked `|`, a line of errors `!`; what is no UTF-8 is replaced.
//! - Killed by Ctrl-C: exit code 130, as a shell has it. Killed by another signal: 128 and its number.
//! - What differs between systems is in `run/unix.rs` and `run/windows.rs`.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::{ExitCode, ExitStatus, Stdio};

use runtime::io::{AsyncBufReadExt, AsyncRead, BufReader};
use runtime::process::{Child, Command};

#[cfg(unix)]
#[path = "run/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "run/windows.rs"]
mod system;

/// What a shell gives for a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("run: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<u8, String> {
    let program = arguments.next().ok_or("usage: run program [argument …]")?;
    // Before the child is there: from now on Ctrl-C does not end us alone.
    let mut interrupts =
        system::interrupts().map_err(|error| format!("cannot listen to Ctrl-C: {error}"))?;
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Ctrl-C in the terminal reaches us alone, and we pass it on to the whole group.
    system::set_apart(&mut command);
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start {program:?}: {error}"))?;
    let group = child.id();
    let finished = runtime::select! {
        finished = finish(&mut child) => finished.map_err(|error| error.to_string())?,
        _ = interrupts.recv() => {
            system::kill_group(group).await.map_err(|error| format!("cannot kill: {error}"))?;
            return Ok(INTERRUPTED);
        }
    };
    Ok(code_of(finished))
}

/// Both streams to their ends, then the status.
async fn finish(child: &mut Child) -> io::Result<ExitStatus> {
    let out = child.stdout.take().expect("it is piped");
    let error = child.stderr.take().expect("it is piped");
    runtime::try_join!(write_lines(out, '|'), write_lines(error, '!'))?;
    child.wait().await
}

async fn write_lines(stream: impl AsyncRead + Unpin, mark: char) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await? > 0 {
        let text = String::from_utf8_lossy(&line);
        println!("{mark} {}", text.trim_end_matches('\n'));
        line.clear();
    }
    Ok(())
}

fn code_of(status: ExitStatus) -> u8 {
    let code = system::code_of(status);
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}
