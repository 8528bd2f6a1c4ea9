//! `cargo xtask fuzz`: programs that libFuzzer feeds, each for a while.
//!
//! The targets lie in `fuzz/`, a workspace of its own: they are built by cargo-fuzz with a nightly
//! compiler, under AddressSanitizer with LeakSanitizer, into `target/fuzz`. A target begins with its
//! corpus, `fuzz/corpus/NAME`, and with what earlier runs here have found. Afterwards the corpus is
//! made anew: the smallest inputs that together reach what all of them reach, and few enough of them
//! to be read by people.

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

/// Name, and what it is compared with.
const TARGETS: [(&str, &str); 13] = [
    ("addresses", "texts of addresses: the standard library"),
    (
        "broadcast",
        "the broadcast channel: a list of all that was sent",
    ),
    (
        "channels",
        "the bounded channel: a queue and a line of senders",
    ),
    (
        "events",
        "the reactor's table under stale and invented tokens: sets of bits",
    ),
    ("framing", "frames through pipes and pieces: what was sent"),
    ("locks", "the semaphore: a line of who asked for how much"),
    (
        "reads",
        "what reads from byte streams: the standard library",
    ),
    (
        "selects",
        "shapes of select, join and try_join: their rules",
    ),
    ("tasks", "life cycles of tasks: a reference of their states"),
    (
        "timers",
        "sleeps, timeouts and intervals on a paused clock: a list of deadlines",
    ),
    ("watch", "the watch channel: a version and a value"),
    ("wheel", "the timer wheel: an ordered set"),
    (
        "writes",
        "what writes into byte streams, and pipes: the bytes written",
    ),
];

const SECONDS: usize = 60;

/// No input is longer: what matters is the sequence of operations, and a short one shows it.
const INPUT_BYTES_MAX: usize = 1024;

/// What the repository keeps of one target.
const KEPT_BYTES_MAX: u64 = 12 << 10;
const KEPT_FILES_MAX: usize = 30;

const INSTALL: [&str; 3] = ["install", "cargo-fuzz", "--locked"];

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) name: Option<String>,
    pub(crate) seconds: Option<NonZeroUsize>,
    pub(crate) list: bool,
}

/// What libFuzzer says at the end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: u64,
    executions_per_second: u64,
    coverage: u64,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    if options.list {
        TARGETS
            .iter()
            .for_each(|(name, about)| println!("{name:10} {about}"));
        return Ok(());
    }
    let wanted = |name: &str| options.name.as_deref().is_none_or(|only| only == name);
    let names: Vec<&str> = TARGETS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| wanted(name))
        .collect();
    if names.is_empty() {
        return Err(format!("fuzz: there is no target {:?}", options.name));
    }
    let seconds = options.seconds.map_or(SECONDS, NonZeroUsize::get);
    build()?;
    let mut executions = 0;
    for name in &names {
        let figures = feed(name, seconds)?;
        keep(name)?;
        executions += figures.executions;
        println!(
            "{name:10} {:>11} executions, {:>7} a second, {:>5} edges covered",
            figures.executions, figures.executions_per_second, figures.coverage
        );
    }
    println!(
        "{} targets, {executions} executions, {seconds} s each, no failure",
        names.len()
    );
    Ok(())
}

fn build() -> Result<(), String> {
    if process::answer(nightly().args(["fuzz", "--version"])).is_none() {
        process::run(process::cargo().args(INSTALL))?;
    }
    let mut command = nightly();
    command
        .args(["fuzz", "build", "--target-dir", "target/fuzz"])
        // The door to what is private.
        .env("RUSTFLAGS", "--cfg runtime_fuzzing");
    process::run(&mut command)
}

/// Sanitizers are the nightly compiler's.
fn nightly() -> Command {
    let mut command = process::program("rustup");
    command
        .args(["run", "nightly", "cargo"])
        .env_remove("CARGO");
    command
}

fn feed(name: &str, seconds: usize) -> Result<Figures, String> {
    let (found, failures) = (folder("found", name)?, folder("failures", name)?);
    let corpus = corpus(name)?;
    let log = process::root()
        .join("target/fuzz")
        .join(format!("{name}.log"));
    let output = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut command = target(name)?;
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={INPUT_BYTES_MAX}"))
        .arg(format!("-artifact_prefix={}/", failures.display()))
        .args(["-timeout=10", "-print_final_stats=1"])
        .args([found, corpus])
        .stderr(output);
    let outcome = process::run(&mut command);
    let text = fs::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let text = String::from_utf8_lossy(&text);
    match outcome {
        Ok(()) => Ok(figures(&text)),
        Err(error) => {
            let lines: Vec<&str> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            let log = log.display();
            Err(format!("{}\n{error}\nall of it: {log}", last.join("\n")))
        }
    }
}

/// The corpus becomes the smallest inputs that reach all that was reached.
fn keep(name: &str) -> Result<(), String> {
    let kept = folder("kept", name)?;
    let corpus = corpus(name)?;
    empty(&kept)?;
    let mut command = target(name)?;
    command
        .args(["-set_cover_merge=1", &format!("-max_len={INPUT_BYTES_MAX}")])
        .args([&kept, &corpus, &folder("found", name)?])
        .stderr(std::process::Stdio::null());
    process::run(&mut command)?;
    let mut inputs: Vec<(u64, PathBuf)> = files(&kept)?;
    inputs.sort();
    empty(&corpus)?;
    let mut bytes = 0;
    for (length, path) in inputs.into_iter().take(KEPT_FILES_MAX) {
        bytes += length;
        if bytes > KEPT_BYTES_MAX {
            break;
        }
        let to = corpus.join(path.file_name().expect("a file has a name"));
        fs::copy(&path, to).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn target(name: &str) -> Result<Command, String> {
    let version = process::answer(nightly().arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host =
        host.ok_or("fuzz: there is no nightly compiler: rustup toolchain install nightly")?;
    let folder = process::root().join("target/fuzz").join(host);
    Ok(process::program(folder.join("release").join(name)))
}

fn corpus(name: &str) -> Result<PathBuf, String> {
    made(process::root().join("fuzz/corpus").join(name))
}

/// A folder of this target that is not the repository's.
fn folder(kind: &str, name: &str) -> Result<PathBuf, String> {
    made(process::root().join("target/fuzz").join(kind).join(name))
}

fn made(path: PathBuf) -> Result<PathBuf, String> {
    let made = fs::create_dir_all(&path);
    made.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.metadata()?.len(), entry.path()))
    };
    let files: std::io::Result<_> = entries.map(file).collect();
    files.map_err(|error| error.to_string())
}

fn empty(folder: &Path) -> Result<(), String> {
    for (_, file) in files(folder)? {
        fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn figures(log: &str) -> Figures {
    let stat = |name: &str| {
        let value = log.lines().find_map(|line| line.strip_prefix(name));
        value.and_then(|value| value.trim().parse().ok())
    };
    let done = log.lines().rev().find_map(|line| line.split_once("cov: "));
    let coverage = done.and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    Figures {
        executions: stat("stat::number_of_executed_units:").unwrap_or(0),
        executions_per_second: stat("stat::average_exec_per_sec:").unwrap_or(0),
        coverage: coverage.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_end() {
        let log = "#2\tINITED cov: 12 ft: 12 corp: 1/1b exec/s: 0 rss: 40Mb\n\
                   #900\tDONE   cov: 345 ft: 800 corp: 9/90b lim: 4 exec/s: 450 rss: 50Mb\n\
                   Done 900 runs in 2 second(s)\n\
                   stat::number_of_executed_units: 900\n\
                   stat::average_exec_per_sec:     450\n";
        let expected = Figures {
            executions: 900,
            executions_per_second: 450,
            coverage: 345,
        };
        assert_eq!(figures(log), expected);
        assert_eq!(figures(""), Figures::default());
    }

    #[test]
    fn each_target_is_a_program_of_the_package() {
        let manifest = fs::read_to_string(process::root().join("fuzz/Cargo.toml"));
        let manifest = manifest.expect("it can be read");
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for (name, _) in TARGETS {
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        }
    }

    #[test]
    fn the_corpora_are_small() {
        let mut bytes = 0;
        for (name, _) in TARGETS {
            let folder = process::root().join("fuzz/corpus").join(name);
            let inputs = files(&folder).expect("each target has a corpus");
            bytes += inputs.iter().map(|(length, _)| length).sum::<u64>();
        }
        assert!(bytes < 200 << 10, "{bytes} bytes");
    }
}
