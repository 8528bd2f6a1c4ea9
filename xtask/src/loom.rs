//! `cargo xtask loom`: every model, and how many there were.
//!
//! Models are the library tests named `loom_…`, which exist only under `--cfg loom`. They are built
//! in release, since a model runs its body thousands of times, and in a target folder of their own,
//! since the flag rebuilds everything.

pub(crate) mod core;

mod page;

use std::env;

use crate::process;

const PACKAGES: [&str; 2] = ["runtime-core", "runtime-io"];
const BOUND: &str = "LOOM_MAX_PREEMPTIONS";
const QUICK_BOUND: &str = "2";

/// What a model says of itself once it held.
#[derive(Clone, Debug, PartialEq)]
struct Explored {
    /// Its path in its package.
    name: String,
    executions: u64,
    seconds: f64,
}

pub(crate) fn run(quick: bool) -> Result<(), String> {
    let mut models = Vec::new();
    for package in PACKAGES {
        let output = process::run_and_read(&mut command(package, quick))?;
        models.extend(explored(&output));
    }
    // Renaming them would make every model vanish without a failure.
    if models.is_empty() {
        return Err("there was no model to run".to_owned());
    }
    if !quick && env::var_os(BOUND).is_none() {
        page::write(&models)?;
    }
    let executions: u64 = models.iter().map(|model| model.executions).sum();
    println!("{} models, {executions} executions", models.len());
    Ok(())
}

fn command(package: &str, quick: bool) -> std::process::Command {
    let mut command = process::cargo();
    command.args([
        "test",
        "-p",
        package,
        "--lib",
        "--release",
        "--target-dir",
        "target/loom",
        "loom_",
    ]);
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg loom").trim());
    if quick && env::var_os(BOUND).is_none() {
        command.env(BOUND, QUICK_BOUND);
    }
    command
}

/// The models that said that they were explored: each has a line
/// `…::loom_name: bound 3, 718 executions, 0.13 s`.
fn explored(output: &[String]) -> Vec<Explored> {
    output.iter().filter_map(|line| said(line)).collect()
}

fn said(line: &str) -> Option<Explored> {
    let (name, rest) = line.split_once(": bound ")?;
    let (_, rest) = rest.split_once(", ")?;
    let (executions, rest) = rest.split_once(" executions, ")?;
    Some(Explored {
        // With one thread of tests it stands behind the name of the test.
        name: name.rsplit(' ').next()?.to_owned(),
        executions: executions.parse().ok()?,
        seconds: rest.strip_suffix(" s")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_their_executions_are_read() {
        let lines = [
            "running 2 tests",
            "a::loom_tests::loom_b: bound 3, 718 executions, 0.13 s",
            "test a::loom_tests::loom_b ... ok",
            "test a::loom_c ... a::loom_tests::loom_c: bound 3, 5031032 executions, 61.30 s",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 9 filtered out",
        ];
        let models = explored(&lines.map(str::to_owned));
        let read = models.iter().map(|it| (it.name.as_str(), it.executions));
        let expected = [
            ("a::loom_tests::loom_b", 718),
            ("a::loom_tests::loom_c", 5_031_032),
        ];
        assert!(read.eq(expected), "{models:?}");
    }
}
