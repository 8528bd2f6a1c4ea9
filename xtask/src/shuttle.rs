//! `cargo xtask shuttle`: whole runtimes under schedules drawn at random.
//!
//! Scenarios are the tests of `runtime-core/tests/shuttle.rs`, which exist only under `--cfg shuttle`.
//! They are built in release, in a target folder of their own, since the flag rebuilds everything. A
//! schedule that fails is kept in a file, whose name is printed; it and the seed bring it back.

use std::num::NonZeroUsize;
use std::time::Instant;

use crate::process;

/// As many as a change waits for.
const SCHEDULES: usize = 10_000;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Of all scenarios together.
    pub(crate) schedules: Option<NonZeroUsize>,
    pub(crate) seed: Option<u64>,
    /// Only scenarios with this in their names.
    pub(crate) filter: Option<String>,
    /// The file of a schedule that failed, to be run again.
    pub(crate) replay: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let begun = Instant::now();
    let seed = seed(options);
    let output = process::run_and_read(&mut command(options, seed))?;
    if options.replay.is_some() {
        return Ok(());
    }
    let counts = output.iter().filter_map(|line| schedules(line));
    let (scenarios, schedules) = counts.fold((0, 0), |(n, sum), count| (n + 1, sum + count));
    let seconds = begun.elapsed().as_secs();
    println!(
        "{scenarios} scenarios, {schedules} schedules, seed {seed}, {seconds} s with the build"
    );
    // Renaming them would make every scenario vanish without a failure.
    if scenarios == 0 {
        Err("there was no scenario to run".to_owned())
    } else {
        Ok(())
    }
}

/// What a change waits for is the same each time; more schedules are others each time.
fn seed(options: &Options) -> u64 {
    let is_quick = options.schedules.is_none();
    let seed = options.seed;
    seed.unwrap_or_else(|| if is_quick { 0 } else { process::seed() })
}

fn command(options: &Options, seed: u64) -> std::process::Command {
    let mut command = process::cargo();
    command.args(["test", "-p", "runtime-core", "--release"]);
    command.args(["--test", "shuttle", "--target-dir", "target/shuttle"]);
    command.args(options.filter.as_deref());
    command.args(["--", "--show-output"]);
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg shuttle").trim());
    let schedules = options.schedules.map_or(SCHEDULES, NonZeroUsize::get);
    command.env("RUNTIME_SHUTTLE_SCHEDULES", schedules.to_string());
    command.env("RUNTIME_SHUTTLE_SEED", seed.to_string());
    if let Some(replay) = &options.replay {
        let file = std::path::absolute(replay).unwrap_or_else(|_| replay.into());
        command.env("RUNTIME_SHUTTLE_REPLAY", file);
    }
    command
}

/// The number in `shuttle_name: 500 schedules, seed 1, …`.
fn schedules(line: &str) -> Option<usize> {
    let (name, rest) = line.trim().split_once(": ")?;
    let (count, _) = rest.split_once(" schedules, ")?;
    name.contains("shuttle_").then(|| count.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_counted() {
        let line = "shuttle_steal: 500 schedules, seed 1, 40 a second";
        assert_eq!(schedules(line), Some(500));
        assert_eq!(schedules("test shuttle_steal ... ok"), None);
        assert_eq!(schedules("other: 500 schedules, seed 1"), None);
    }
}
