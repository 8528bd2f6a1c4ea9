//! `cargo xtask repeat`: the same tests many times in a row, and not one may fail.
//!
//! A test that fails one time in a hundred is a bug of the runtime until proved otherwise; beside a
//! change it would be seen one day in a hundred. The first failure ends the run, with all that the
//! tests have written.

use std::time::Instant;

use crate::process;

/// What is run many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The test command of the README.
    Suite,
    /// What threads and wake-ups can get wrong, without examples, compilers and files.
    Concurrency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) what: What,
    pub(crate) times: Option<usize>,
}

/// Seconds, several times what a round takes. A test that hangs is named by then: the harness says so after a minute.
const ROUND_MAX: &str = "1800";

const SUITE: &[&str] = &["--workspace"];

const CONCURRENCY: &[&str] = &[
    "--package=runtime-core",
    "--package=runtime-io",
    "--package=runtime",
    "--lib",
    "--test=cancel_safety",
    "--test=guest",
    "--test=macros_futures",
    "--test=pause",
    "--test=runtime",
    "--test=shutdown",
    "--test=signals",
    "--test=stall",
    "--test=tcp_many",
];

impl What {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "suite" => Some(What::Suite),
            "concurrency" => Some(What::Concurrency),
            _ => None,
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            What::Suite => SUITE,
            What::Concurrency => CONCURRENCY,
        }
    }

    fn times(self) -> usize {
        match self {
            What::Suite => 10,
            What::Concurrency => 50,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let times = options.times.unwrap_or(options.what.times());
    let arguments = options.what.arguments();
    process::run(process::cargo().args(["test", "--no-run"]).args(arguments))?;
    let (mut tests, begun) = (0, Instant::now());
    for round in 1..=times {
        let round_begun = Instant::now();
        let mut command = process::program("timeout");
        command
            .args(["--signal=KILL", ROUND_MAX])
            .arg(process::cargo().get_program());
        // Whether something ever fails is asked here, not whether the machine is quiet enough to
        // judge bounds in time.
        command
            .arg("test")
            .args(arguments)
            .env_remove("RUNTIME_TESTS_QUIET");
        let output = command.output();
        let output = output.map_err(|error| format!("cargo cannot be started: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            println!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
            return Err(format!("repeat: a failure in round {round} of {times}"));
        }
        tests += text.lines().filter_map(passed).sum::<u32>();
        let seconds = round_begun.elapsed().as_secs();
        println!("round {round} of {times} passed in {seconds} s");
    }
    let seconds = begun.elapsed().as_secs();
    println!("{times} times in a row, {tests} tests, no failure, {seconds} s");
    Ok(())
}

/// How many, by the line with which a test program ends.
pub(crate) fn passed(line: &str) -> Option<u32> {
    let rest = line.strip_prefix("test result: ok. ")?;
    rest.split_once(" passed")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_test_program_is_counted() {
        let line = "test result: ok. 17 passed; 0 failed; 0 ignored; finished in 1.00s";
        assert_eq!(passed(line), Some(17));
        assert_eq!(passed("test a ... ok"), None);
    }

    #[test]
    fn the_tests_of_concurrency_are_there() {
        let names = CONCURRENCY
            .iter()
            .filter_map(|it| it.strip_prefix("--test="));
        for name in names {
            let file = process::root().join(format!("tests/{name}.rs"));
            assert!(file.is_file(), "{}", file.display());
        }
    }
}
