//! `cargo xtask bench-report`: all benches, and the page that says what came of them.
//!
//! 1. Everything is built, before the first sample is taken.
//! 2. `compare` takes samples of all rows and peers in turns, and of the curves. They stay in
//!    `target/bench-report/samples.jsonl`: `--from` draws from such a file again. Rows whose interval
//!    holds their gate then get more turns, beside tokio alone and in bursts.
//! 3. `report` adds facts about this machine, what a program that says hello takes to be built, and
//!    system calls where there is an `strace`.
//! 4. `report` writes `docs/performance/report.md` with its plots, and the table in README.md.
//!
//! With `--quick` there are few and short samples, tokio in its usual form is the only peer, there are no curves,
//! no builds and no system calls, and all goes into `target/bench-report/quick`: what a change has done shows
//! there, the page that is kept does not change for it.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    /// Samples that were kept, instead of new ones.
    pub(crate) from: Option<String>,
    /// How many samples each row gets of each peer.
    pub(crate) turns: Option<NonZeroUsize>,
}

/// Where `compare` looks for its second build.
const UNSTABLE: &str = "RUNTIME_BENCHES_UNSTABLE";

const PACKAGE: [&str; 2] = ["-p", "runtime-benches"];

/// The fewest turns whose second and second last values hold the median in 95 of 100 cases.
const TURNS: usize = 9;

/// So many times as many turns has a row in the end whose interval holds its gate.
const TURNS_UNDECIDED: usize = 3;

/// Of so many runs, in turns with tokio's, each of these is made.
const BURSTS: &str = "6";

/// How often a program that says hello is built, for each peer.
const BUILDS: &str = "5";

/// Enough to see what is twice as fast.
const TURNS_QUICK: usize = 2;

/// What else makes a comparison short.
const QUICK: [&str; 6] = ["--divisor", "10", "--peer", "runtime", "--peer", "tokio"];

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let kept = process::root().join("docs/performance");
    let scratch = process::root().join("target/bench-report");
    let folder = if options.quick {
        scratch.join("quick")
    } else {
        kept
    };
    fs::create_dir_all(&folder)
        .and_then(|()| fs::create_dir_all(&scratch))
        .map_err(|error| error.to_string())?;
    let samples = match &options.from {
        Some(path) => fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?,
        None if options.quick => measure(&folder.join("samples.jsonl"), options)?,
        None => measure(&scratch.join("samples.jsonl"), options)?,
    };
    let mut draw = report("draw", &samples);
    draw.arg(&folder);
    if !options.quick {
        draw.arg("README.md");
    }
    process::run(&mut draw)?;
    if !options.quick && options.from.is_none() {
        process::run(report("keep", &samples).arg(folder.join("runs.md")))?;
    }
    println!("{}", folder.join("report.md").display());
    Ok(())
}

/// Takes samples, and says where they are.
fn measure(samples: &Path, options: &Options) -> Result<PathBuf, String> {
    // Both are built before the first sample is taken.
    let mut build = process::cargo();
    build.args(["build", "--quiet", "--release", "--bin", "report"]);
    process::run(build.args(PACKAGE))?;
    let program = program(compare())?;
    let turns = if options.quick { TURNS_QUICK } else { TURNS };
    let turns = options.turns.map_or(turns, NonZeroUsize::get);
    let mut command = compare();
    command.args(["--", "--turns", &turns.to_string(), "--samples"]);
    command.arg(samples);
    if options.quick {
        command.args(QUICK);
    } else {
        command.arg("--curves").env(UNSTABLE, unstable()?);
    }
    process::run(&mut command)?;
    process::run(&mut report("facts", samples))?;
    if !options.quick {
        decide(samples, turns)?;
        process::run(report("hello", samples).arg(BUILDS))?;
        process::run(report("calls", samples).arg(program))?;
    }
    Ok(samples.to_owned())
}

/// More turns for rows of which nobody can tell on which side of their gate they are.
fn decide(samples: &Path, turns: usize) -> Result<(), String> {
    let rows = process::run_and_read(&mut report("undecided", samples))?;
    if rows.is_empty() {
        return Ok(());
    }
    let more = (turns * (TURNS_UNDECIDED - 1)).to_string();
    let mut command = compare();
    command.args(["--", "--turns", &more, "--after", &turns.to_string()]);
    command.args(["--bursts", BURSTS]);
    command.args(["--peer", "runtime", "--peer", "tokio", "--exact"]);
    process::run(command.arg("--samples").arg(samples).args(rows))
}

fn compare() -> Command {
    let mut command = process::cargo();
    command.arg("bench").args(PACKAGE);
    command.args(["--bench", "compare"]);
    command
}

fn report(verb: &str, samples: &Path) -> Command {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--release", "--bin", "report"]);
    command.args(PACKAGE).args(["--", verb]).arg(samples);
    command
}

/// The binary of `compare` whose tokio has its unstable switches on: a build of its own, since what
/// allows them reaches all of a build.
fn unstable() -> Result<PathBuf, String> {
    let mut command = compare();
    command.args(["--target-dir", "target/bench-unstable"]);
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg tokio_unstable").trim());
    program(command)
}

/// Builds the binary of `compare`, and says where it is: strace must not follow cargo.
fn program(mut compare: Command) -> Result<PathBuf, String> {
    compare.args(["--no-run", "--message-format", "json-render-diagnostics"]);
    println!("+ {}", process::shown(&compare));
    let output = compare.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| error.to_string())?;
    let messages = String::from_utf8_lossy(&output.stdout);
    executable(&messages).ok_or_else(|| "cargo does not say where `compare` is".to_owned())
}

fn executable(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines();
    let messages = messages.filter_map(|line| line.parse::<serde_json::Value>().ok());
    let mut paths = messages.filter_map(|message| {
        let is_compare = message["target"]["name"] == "compare";
        let path = message["executable"].as_str().filter(|_| is_compare)?;
        Some(PathBuf::from(path))
    });
    paths.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_found_among_the_messages() {
        let messages = "{\"target\":{\"name\":\"other\"},\"executable\":\"a\"}\nno message\n\
                        {\"target\":{\"name\":\"compare\"},\"executable\":\"b\"}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("b")));
        assert_eq!(executable("{\"reason\":\"build-finished\"}"), None);
    }
}
