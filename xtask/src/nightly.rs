//! `cargo xtask nightly --part NAME`: what a change does not wait for, part by part, and what came of
//! it.
//!
//! A part is one command. Its outcome is kept in `docs/nightly.toml` with the commit that it ran at:
//! `cargo xtask tables` makes a table of them, so that a page never claims more than was run. The
//! figures are the last line that the command writes on standard output.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use crate::platforms;
use crate::process;
use crate::soak;
use crate::tables;

pub(crate) const FILE: &str = "docs/nightly.toml";

/// What a run writes itself.
const LEDGERS: [&str; 7] = [
    FILE,
    "fuzz/corpus",
    soak::PAGE,
    platforms::ledger::FILE,
    platforms::PAGE,
    tables::TESTING_PAGE,
    "docs/unsafe.md",
];

/// Figures are one cell of a table.
const FIGURES_MAX: usize = 120;

/// Name and command; `cargo` is the one that runs this.
const PARTS: [(&str, &[&str]); 27] = [
    ("run", &[".ci/run"]),
    ("loom", &["cargo", "xtask", "loom"]),
    ("loom-core", &["cargo", "xtask", "loom", "--core"]),
    ("loom-mutants", &["cargo", "xtask", "loom-mutants"]),
    ("mutants", &["cargo", "xtask", "mutants"]),
    ("fuzz", &["cargo", "xtask", "fuzz", "--seconds", "600"]),
    (
        "shuttle",
        &["cargo", "xtask", "shuttle", "--schedules", "1000000"],
    ),
    (
        "conformance",
        &["cargo", "xtask", "conformance", "--runs", "5"],
    ),
    ("conformance-windows", &CONFORMANCE_WINDOWS),
    ("vocabulary", &["cargo", "xtask", "vocabulary"]),
    // The ecosystem on the bridge: it builds, its tests pass, a server of it bears load.
    ("probe", &["cargo", "xtask", "probe", "--test"]),
    ("probe-lints", &PROBE_LINTS),
    (
        "probe-serve",
        &["cargo", "xtask", "probe", "--serve", "--install"],
    ),
    ("ecosystem", &["cargo", "xtask", "ecosystem", "--install"]),
    // Whole applications, on the bridge and on tokio.
    ("apps", &["cargo", "xtask", "apps", "--both", "--install"]),
    ("apps-lints", &APPS_LINTS),
    ("sanitize-thread", &["cargo", "xtask", "sanitize", "thread"]),
    (
        "sanitize-address",
        &["cargo", "xtask", "sanitize", "address"],
    ),
    ("errno", &["cargo", "xtask", "errno"]),
    ("hostile", &["cargo", "xtask", "hostile"]),
    ("soak", &["cargo", "xtask", "soak"]),
    ("supply", &["cargo", "xtask", "supply"]),
    // Every system from here: run, emulated, or checked.
    ("platforms", &["cargo", "xtask", "platforms"]),
    ("instructions", &INSTRUCTIONS),
    // Each more often than beside a change. Not in the suites of other parts: under a sanitizer one
    // property would take a quarter of an hour.
    ("properties", &["cargo", "xtask", "properties"]),
    ("repeat-suite", &["cargo", "xtask", "repeat", "suite"]),
    (
        "repeat-concurrency",
        &["cargo", "xtask", "repeat", "concurrency"],
    ),
];

const CONFORMANCE_WINDOWS: [&str; 5] = [
    "cargo",
    "xtask",
    "conformance",
    "--target",
    "x86_64-pc-windows-gnu",
];

const PROBE_LINTS: [&str; 10] = [
    "cargo",
    "clippy",
    "--manifest-path",
    "compat/probe/Cargo.toml",
    "--target-dir",
    "target/probe",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];

const APPS_LINTS: [&str; 11] = [
    "cargo",
    "clippy",
    "--manifest-path",
    "examples/apps/Cargo.toml",
    "--target-dir",
    "target/apps/bridge",
    "--workspace",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];

const INSTRUCTIONS: [&str; 6] = [
    "cargo",
    "bench",
    "-p",
    "runtime-benches",
    "--bench",
    "instructions",
];

/// What came of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) commit: String,
    pub(crate) date: String,
    pub(crate) seconds: u64,
    pub(crate) passed: bool,
    pub(crate) figures: String,
}

/// Lists the parts, or runs one and keeps what came of it.
pub(crate) fn run(part: Option<&str>) -> Result<(), String> {
    let Some(name) = part else {
        PARTS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    let part = PARTS.iter().find(|(known, _)| *known == name);
    let (_, words) = part.ok_or_else(|| format!("nightly: there is no part {name:?}"))?;
    let mut command = match words {
        ["cargo", rest @ ..] => {
            let mut cargo = process::cargo();
            cargo.args(rest);
            cargo
        }
        [program, ..] => process::program(process::root().join(program)),
        [] => unreachable!("a part is a command"),
    };
    // Too busy to tell is a failure here.
    command.env("RUNTIME_TESTS_QUIET", "1");
    // The commit that it begins at.
    let commit = commit()?;
    let begun = Instant::now();
    let (lines, outcome) = process::run_and_keep(&mut command)?;
    let mut outcomes = read()?;
    outcomes.insert(
        name.to_owned(),
        Outcome {
            commit,
            date: today(),
            seconds: begun.elapsed().as_secs(),
            passed: outcome.is_ok(),
            figures: figures(&lines),
        },
    );
    fs::write(process::root().join(FILE), text(&outcomes))
        .map_err(|error| format!("{FILE}: {error}"))?;
    outcome
}

/// What came of each part that was run, by name.
pub(crate) fn read() -> Result<BTreeMap<String, Outcome>, String> {
    let text = fs::read_to_string(process::root().join(FILE)).unwrap_or_default();
    parse(&text)
}

fn parse(text: &str) -> Result<BTreeMap<String, Outcome>, String> {
    let table: toml::Table = text.parse().map_err(|error| format!("{FILE}: {error}"))?;
    let outcome = |(name, entry): (&String, &toml::Value)| {
        let text = |key: &str| entry.get(key)?.as_str().map(str::to_owned);
        let outcome = Outcome {
            commit: text("commit")?,
            date: text("date")?,
            seconds: entry.get("seconds")?.as_integer()?.try_into().ok()?,
            passed: entry.get("passed")?.as_bool()?,
            figures: text("figures")?,
        };
        Some((name.clone(), outcome))
    };
    let outcomes: Option<_> = table.iter().map(outcome).collect();
    outcomes.ok_or_else(|| format!("{FILE}: an entry lacks something"))
}

fn text(outcomes: &BTreeMap<String, Outcome>) -> String {
    let mut text =
        "# What came of each part of the nightly run. Written by `cargo xtask nightly`.\n"
            .to_owned();
    for (name, outcome) in outcomes {
        let Outcome {
            commit,
            date,
            seconds,
            passed,
            figures,
        } = outcome;
        text += &format!(
            "\n[{name}]\ncommit = {commit:?}\ndate = {date:?}\nseconds = {seconds}\n\
             passed = {passed}\nfigures = {figures:?}\n"
        );
    }
    text
}

/// The present commit; with a `+` if tracked files other than [`LEDGERS`] have changed since.
pub(crate) fn commit() -> Result<String, String> {
    let git = |arguments: &[&str]| process::answer(process::program("git").args(arguments));
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).ok_or("git knows no commit")?;
    let others = LEDGERS.map(|file| format!(":(exclude){file}"));
    let mut status = vec!["status", "--porcelain", "-uno", "--", "."];
    status.extend(others.iter().map(String::as_str));
    let changed = git(&status);
    let mark = if changed.is_some_and(|changed| !changed.is_empty()) {
        "+"
    } else {
        ""
    };
    Ok(commit + mark)
}

pub(crate) fn today() -> String {
    let date = process::answer(process::program("date").args(["-u", "+%F"]));
    date.unwrap_or_default()
}

/// The last line that says something.
fn figures(lines: &[String]) -> String {
    let last = lines.iter().rev().find(|line| !line.trim().is_empty());
    let last = last.map_or("", |line| line.trim()).replace('|', "/");
    last.chars().take(FIGURES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_as_they_were_written() {
        let outcome = Outcome {
            commit: "0123456789ab+".to_owned(),
            date: "2026-01-02".to_owned(),
            seconds: 7,
            passed: true,
            figures: "3 \"models\"".to_owned(),
        };
        let outcomes = BTreeMap::from([("loom-mutants".to_owned(), outcome)]);
        assert_eq!(parse(&text(&outcomes)), Ok(outcomes));
        assert!(parse("[loom]\ndate = \"\"\n").is_err());
    }

    #[test]
    fn the_last_line_has_the_figures() {
        let lines = ["a", " 3 models | 4 s ", ""].map(str::to_owned);
        assert_eq!(figures(&lines), "3 models / 4 s");
        assert_eq!(figures(&[]), "");
    }

    #[test]
    fn the_outcomes_are_those_of_parts() {
        for name in read().expect("it can be read").keys() {
            assert!(PARTS.iter().any(|(part, _)| part == name), "{name}");
        }
    }
}
