//! How many instructions an operation costs: a figure that no noise reaches, so that a check can
//! tell a regression of a few per cent.
//!
//! Each operation runs in a process of its own under callgrind, a number of times and twice that
//! number; the difference, by the number, is what one costs, without the start and the end of the
//! process. What stands in `instructions.toml` is held against that: more than 5 % above it is an
//! error.
//!
//! The counts hold for one compiler and one kind of machine: the file says for which.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{ours, theirs};

/// Which operation a child is to do, how often and by whose runtime.
const ROLE: &str = "RUNTIME_BENCHES_COUNTED";

const TIMES: u64 = 4_000;

const HEAD: &str = "\
# Instructions an operation, as callgrind counts them. `cargo bench -p runtime-benches --bench instructions` holds them
# against a run and fails where one has grown by more than 5 %; with `-- --update` it writes this file.
";

/// More than a first cache holds of any runtime's tasks and sources.
pub(crate) const CONNECTIONS: u64 = 2_000;

/// Two caches as callgrind plays them: most of a core's own, and little of what cores share.
const CACHES: [&str; 3] = ["--cache-sim=yes", "--D1=32768,8,64", "--LL=524288,8,64"];

/// Where the misses of data stand among what is counted then, of reads and of writes.
const FIRST: [usize; 2] = [4, 5];
const LAST: [usize; 2] = [7, 8];

const TAKES_ALL: &str = "a string takes all";

/// As a part of what is recorded.
const GROWTH_MAX: f64 = 0.05;

/// Does the operation that the environment names and ends the process; returns where it names none.
pub(crate) fn play_if_told() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let words: Vec<&str> = role.split(' ').collect();
    let [peer, name, times] = words[..] else {
        panic!("there is no operation {role:?}");
    };
    let (mut operations, many) = match peer {
        "ours" => (ours::rows::counted(), ours::rows::echo_many()),
        _ => (theirs::rows::counted(), theirs::rows::echo_many()),
    };
    operations.push(many);
    let operation = operations.iter().find(|(known, _)| *known == name);
    let (_, operation) = operation.expect("an operation of the table");
    operation(times.parse().expect("a number of times"));
    std::process::exit(0);
}

/// Runs each operation once, of both peers, by nobody's count.
pub fn smoke() {
    for (_, operation) in ours::rows::counted().iter().chain(&theirs::rows::counted()) {
        operation(100);
    }
    for (_, operation) in [ours::rows::echo_many(), theirs::rows::echo_many()] {
        operation(CONNECTIONS);
    }
}

/// Counts, and prints, which lines of memory a message of an echo over many connections finds in no cache.
///
/// # Errors
/// That valgrind is missing, or fails.
pub fn misses() -> Result<(), String> {
    println!(
        "misses a message, by turns over {} connections",
        CONNECTIONS
    );
    println!("{:<8} {:>14} {:>14}", "", "first, 32 KiB", "last, 512 KiB");
    let (name, _) = ours::rows::echo_many();
    for (shown, peer) in [("ours", "ours"), ("tokio", "theirs")] {
        let [once, twice] = [TIMES, 2 * TIMES].map(|times| counts(peer, name, times, &CACHES));
        let (once, twice) = (once?, twice?);
        let [first, last] = [FIRST, LAST].map(|columns| {
            let missed = |of: &[u64]| -> u64 { columns.iter().map(|&at| of[at]).sum() };
            missed(&twice).saturating_sub(missed(&once)) as f64 / TIMES as f64
        });
        println!("{shown:<8} {first:>14.1} {last:>14.1}");
    }
    Ok(())
}

/// Counts, prints the table, and compares with what is recorded, or records.
///
/// # Errors
/// That valgrind is missing, that something has grown or is not recorded, each in a line.
pub fn check(update: bool) -> Result<(), String> {
    let mut recorded = Recorded::load()?;
    println!("instructions an operation");
    println!(
        "{:<20} {:>8} {:>8} {:>6} {:>9}",
        "operation", "ours", "tokio", "ratio", "recorded"
    );
    let mut found = Vec::new();
    let mut counts = BTreeMap::new();
    for (name, _) in ours::rows::counted() {
        let (ours, theirs) = (cost("ours", name)?, cost("theirs", name)?);
        let before = recorded.counts.get(name).copied();
        let shown = before.map_or_else(|| String::from("-"), |count| format!("{count:.0}"));
        println!(
            "{name:<20} {ours:>8.0} {theirs:>8.0} {:>6.3} {shown:>9}",
            ours / theirs
        );
        match before {
            Some(before) if ours > before * (1.0 + GROWTH_MAX) => found.push(format!(
                "{name} has grown from {before:.0} to {ours:.0} instructions"
            )),
            Some(before) if ours < before * (1.0 - GROWTH_MAX) => {
                println!("{name} has shrunk: record it with --update");
            }
            Some(_) => (),
            None => found.push(format!("{name} is not recorded")),
        }
        counts.insert(String::from(name), ours);
    }
    let compiler = compiler()?;
    if update {
        recorded.compiler = compiler;
        recorded.counts = counts;
        return recorded.save();
    }
    if found.is_empty() {
        return Ok(());
    }
    if compiler != recorded.compiler {
        found.push(format!(
            "(recorded with {}, and this is {compiler})",
            recorded.compiler
        ));
    }
    Err(found.join("\n"))
}

/// What one more operation costs.
fn cost(peer: &str, name: &str) -> Result<f64, String> {
    let once = count(peer, name, TIMES)?;
    let twice = count(peer, name, 2 * TIMES)?;
    Ok(twice.saturating_sub(once) as f64 / TIMES as f64)
}

/// The instructions of a whole process.
fn count(peer: &str, name: &str, times: u64) -> Result<u64, String> {
    let counts = counts(peer, name, times, &[])?;
    Ok(counts[0])
}

/// All that callgrind counts of a whole process, the instructions first.
fn counts(peer: &str, name: &str, times: u64, more: &[&str]) -> Result<Vec<u64>, String> {
    let binary = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(more)
        .arg(binary)
        .env(ROLE, format!("{peer} {name} {times}"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind cannot be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, counts)| {
            counts
                .split_whitespace()
                .map(|it| it.parse().ok())
                .collect()
        });
    match collected {
        Some(counts) if output.status.success() => Ok(counts),
        _ => Err(format!("{name} fails under valgrind:\n{said}")),
    }
}

/// `rustc 1.95.0`, without its date.
fn compiler() -> Result<String, String> {
    let output = Command::new("rustc").arg("--version").output();
    let output = output.map_err(|error| format!("rustc cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}

/// `instructions.toml`, whose few lines need no reader of their own.
#[derive(Debug, Default, PartialEq)]
struct Recorded {
    compiler: String,
    counts: BTreeMap<String, f64>,
}

impl Recorded {
    fn path() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.toml"))
    }

    fn load() -> Result<Recorded, String> {
        let path = Self::path();
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Recorded, String> {
        let mut recorded = Recorded::default();
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '['])) {
            let wrong = || format!("instructions.toml: {line:?} is no count");
            let (key, value) = line.split_once(" = ").ok_or_else(wrong)?;
            if key == "compiler" {
                recorded.compiler = value.trim_matches('"').to_owned();
            } else {
                let count = value.parse().map_err(|_| wrong())?;
                recorded.counts.insert(key.to_owned(), count);
            }
        }
        Ok(recorded)
    }

    fn text(&self) -> String {
        let mut text = String::from(HEAD);
        write!(text, "compiler = \"{}\"\n\n[counts]\n", self.compiler).expect(TAKES_ALL);
        for (name, count) in &self.counts {
            writeln!(text, "{name} = {count:.1}").expect(TAKES_ALL);
        }
        text
    }

    fn save(&self) -> Result<(), String> {
        let path = Self::path();
        fs::write(&path, self.text())
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::Recorded;

    #[test]
    fn what_is_recorded_is_read_again() {
        let counts = [("mutex", 111.0), ("yield", 388.5)];
        let recorded = Recorded {
            compiler: String::from("rustc 1.95.0"),
            counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
        };
        assert_eq!(Recorded::parse(&recorded.text()), Ok(recorded));
    }

    #[test]
    fn a_line_that_is_no_count_is_shown() {
        for line in ["mutex", "mutex = many"] {
            let error = Recorded::parse(line).unwrap_err();
            assert!(error.contains(line), "{error}");
        }
    }
}
