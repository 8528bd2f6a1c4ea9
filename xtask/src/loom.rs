//! `cargo xtask loom`: every model, and how many there were.
//!
//! Models are the library tests named `loom_…`, which exist only under `--cfg loom`. They are built
//! in release, since a model runs its body thousands of times, and in a target folder of their own,
//! since the flag rebuilds everything.

pub(crate) mod core;

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
        let (models, executions) = explored(&output);
        total += models;
        total_executions += executions;
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
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg loom").trim());
    if quick && env::var_os(BOUND).is_none() {
        command.env(BOUND, QUICK_BOUND);
    }
    command
}

/// How many models said that they were explored, and in how many executions: each has a line
/// `…: bound 3, 718 executions, 0.13 s`.
fn explored(output: &[String]) -> (usize, u64) {
    let executions = |line: &String| {
        let (before, _) = line.split_once(" executions, ")?;
        before.rsplit(' ').next()?.parse::<u64>().ok()
    };
    let each = output.iter().filter_map(executions);
    each.fold((0, 0), |(models, total), executions| {
        (models + 1, total + executions)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_their_executions_are_added_up() {
        let lines = [
            "running 2 tests",
            "a::loom_tests::loom_b: bound 3, 718 executions, 0.13 s",
            "test a::loom_tests::loom_b ... ok",
            // With one thread of tests.
            "test a::loom_tests::loom_c ... a::loom_c: bound 3, 5031032 executions, 61.30 s",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 9 filtered out",
        ];
        assert_eq!(explored(&lines.map(str::to_owned)), (2, 5_031_750));
        assert_eq!(explored(&["running 0 tests".to_owned()]), (0, 0));
    }
}
