//! Tests on a machine that is not the one they were built for: under an emulator, or under wine.
//! `cargo xtask platforms` says by two variables what that asks of them.

use std::env;
use std::path::Path;
use std::process::Command;

/// What an emulator needs before a program of ours; it does not see that one starts another.
const RUNNER: &str = "RUNTIME_TESTS_RUNNER";
/// How many times longer things may take.
const SLOW: &str = "RUNTIME_TESTS_SLOW";

/// A command that runs a program that was built for where this one runs.
pub(crate) fn program(path: impl AsRef<Path>) -> Command {
    let runner = env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(first) = words.next() else {
        return Command::new(path.as_ref());
    };
    let mut command = Command::new(first);
    command.args(words).arg(path.as_ref());
    command
}

/// By what bounds in time are multiplied.
pub(crate) fn slow() -> u32 {
    let slow = env::var(SLOW).ok().and_then(|slow| slow.parse().ok());
    slow.unwrap_or(1)
}
