//! How a program that was built for some target is run on this machine: by itself, by an emulator,
//! or by wine. Who runs programs need not know which.
//!
//! An emulator does not see that a program starts another one of its own kind, and the system cannot
//! run that by itself. The tests are told by [`RUNNER`] what to put before such a command, and by
//! [`SLOW`] by how much their bounds in time have to be longer (`tests/support/`).

mod wine;

use std::ffi::OsString;
use std::path::Path;

use wine::Server;

/// What runs a program of the target, words separated by spaces.
const RUNNER: &str = "RUNTIME_TESTS_RUNNER";
/// How many times longer a program may take here.
const SLOW: &str = "RUNTIME_TESTS_SLOW";
/// How often each property is tried: a system's differences show at once, and an emulator is slow.
const CASES: &str = "PROPTEST_CASES";

/// How programs of a target run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runs {
    Natively,
    /// By qemu's emulation of one program, with the target's libraries in this folder.
    UnderQemu {
        emulator: &'static str,
        libraries: &'static str,
    },
    UnderWine,
}

#[derive(Debug)]
pub(crate) struct Machine {
    /// What comes before the program.
    runner: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    slow: u32,
    /// Ends with this.
    _server: Option<Server>,
}

impl Machine {
    /// This machine itself.
    pub(crate) fn native() -> Machine {
        Machine {
            runner: Vec::new(),
            variables: Vec::new(),
            slow: 1,
            _server: None,
        }
    }

    /// What is installed is not looked at here.
    pub(crate) fn start(runs: Runs) -> Result<Machine, String> {
        match runs {
            Runs::Natively => Ok(Machine::native()),
            Runs::UnderQemu {
                emulator,
                libraries,
            } => Ok(Machine::emulated(emulator, libraries)),
            Runs::UnderWine => {
                let server = Server::start()?;
                let mut variables = server.variables();
                variables.push((SLOW, "4".into()));
                variables.push((CASES, "32".into()));
                Ok(Machine {
                    runner: vec![wine::PROGRAM.into()],
                    variables,
                    slow: 4,
                    _server: Some(server),
                })
            }
        }
    }

    fn emulated(emulator: &str, libraries: &str) -> Machine {
        let runner = [emulator, "-L", libraries];
        Machine {
            runner: runner.map(OsString::from).to_vec(),
            variables: vec![
                (RUNNER, runner.join(" ").into()),
                (SLOW, "10".into()),
                (CASES, "8".into()),
            ],
            slow: 10,
            _server: None,
        }
    }

    /// The words that run `program`: what to start comes first.
    pub(crate) fn words(&self, program: &Path) -> Vec<OsString> {
        let mut words = self.runner.clone();
        words.push(program.into());
        words
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &OsString)> {
        self.variables.iter().map(|(name, value)| (*name, value))
    }

    /// By which factor a program may take longer than on this machine itself.
    pub(crate) fn slow(&self) -> u32 {
        self.slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_comes_after_what_runs_it() {
        let native = Machine::native();
        assert_eq!(native.words(Path::new("/a")), ["/a"]);
        assert_eq!((native.variables().count(), native.slow()), (0, 1));
        let emulated = Machine::emulated("qemu-x", "/l");
        assert_eq!(
            emulated.words(Path::new("/a")),
            ["qemu-x", "-L", "/l", "/a"]
        );
        let runner = emulated.variables().find(|(name, _)| *name == RUNNER);
        assert_eq!(runner, Some((RUNNER, &"qemu-x -L /l".into())));
    }
}
