//! What every application here does alike: it reads its arguments, says who it is over TLS, counts
//! its tasks for who asks, and ends when it is told to.
#![forbid(unsafe_code)]

mod arguments;

mod census;

mod ending;

mod identity;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

pub use arguments::Arguments;
pub use census::count_tasks_when_asked;
pub use ending::Ending;
pub use identity::{Identity, trusting};

/// Why an application ends without success.
#[derive(Debug)]
pub enum Failure {
    /// It was called wrongly.
    Usage(String),
    Failed(String),
}

/// `?` on any error, with what was tried in front of it.
pub trait Trying<T> {
    fn trying(self, what: impl Display) -> Result<T, Failure>;
}

impl<T, E: Display> Trying<T> for Result<T, E> {
    fn trying(self, what: impl Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::Failed(format!("{what}: {error}")))
    }
}

/// The exit code, after a line on standard error if there is something to say: 2 for a wrong call,
/// 1 for all else.
pub fn exit_code(name: &str, usage: &str, result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(error)) => {
            eprintln!("{name}: {error}\n\n{usage}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(error)) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A line on standard output, there at once: who reads it waits for it.
pub fn say(line: impl Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    written.trying("standard output")
}
