//! `cargo xtask loom`: every model, and how many there were.
//!
//! Models are the library tests named `loom_…`, which exist only under `--cfg loom`. They are built
//! in release, since a model runs its body thousands of times, and in a target folder of their own,
//! since the flag rebuilds everything.

use std::env;
use std::time::Instant;

use crate::process;

const PACKAGES: [&str; 2] = ["runtime-core", "runtime-io"];
const BOUND: &str = "LOOM_MAX_PREEMPTIONS";
const QUICK_BOUND: &str = "2";

pub(crate) fn run(quick: bool) -> Result<(), String> {
    let mut summary = Vec::new();
    let (mut total, mut total_executions) = (0, 0);
    for package in PACKAGES {
        let begun = Instant::now();
        let output = process::run_and_read(&mut command(package, quick))?;
        let models = passed(&output);
        total += models;
        total_executions += executions(&output);
        summary.push(format!(
            "{package}: {models} models, {:.1} s",
            begun.elapsed().as_secs_f32()
        ));
    }
    println!("{}", summary.join("\n"));
    println!("{total} models, {total_executions} executions");
    // Renaming them would make every model vanish without a failure.
    if total == 0 {
        Err("there was no model to run".to_owned())
    } else {
        Ok(())
    }
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
    // Each model says its bound and its number of executions.
    command.args(["--", "--show-output"]);
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg loom").trim());
    if quick && env::var_os(BOUND).is_none() {
        command.env(BOUND, QUICK_BOUND);
    }
    command
}

/// The sum of the numbers in `test result: ok. 12 passed; …`.
fn passed(output: &[String]) -> usize {
    let results = output
        .iter()
        .filter_map(|line| line.strip_prefix("test result: ok. "));
    results
        .filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok())
        .sum()
}

/// The sum of the numbers in `…: bound 3, 718 executions, 0.13 s`, a line of each model.
fn executions(output: &[String]) -> u64 {
    let before = |line: &String| {
        let (head, _) = line.split_once(" executions, ")?;
        head.rsplit(' ').next()?.parse::<u64>().ok()
    };
    output.iter().filter_map(before).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_models_are_counted() {
        let lines = [
            "running 2 tests",
            "test task::loom_tests::loom_a ... ok",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 9 filtered out",
            "test result: ok. 10 passed; 0 failed; 0 ignored; 0 filtered out",
        ];
        assert_eq!(passed(&lines.map(str::to_owned)), 12);
        assert_eq!(
            passed(&["test result: FAILED. 1 passed; 1 failed".to_owned()]),
            0
        );
    }

    #[test]
    fn executions_are_added_up() {
        let lines = [
            "a::loom_tests::loom_b: bound 3, 718 executions, 0.13 s",
            "test a::loom_tests::loom_b ... ok",
            "a::loom_tests::loom_c: bound 3, 5031032 executions, 61.30 s",
        ];
        assert_eq!(executions(&lines.map(str::to_owned)), 5_031_750);
    }
}
