//! The applications' programs, on this runtime and, if they are there, on tokio.

use std::env;
use std::fmt::Debug;
use std::path::PathBuf;

use crate::process::{Ended, Process};

/// Where programs are: `NAME=FOLDER`, more than one with `:` between them.
const VARIABLE: &str = "APPS_PROGRAMS";

#[derive(Clone, Debug)]
pub struct Programs {
    /// The runtime under them.
    pub under: String,
    folder: PathBuf,
}

impl Programs {
    /// Starts one of them.
    #[track_caller]
    pub fn start(&self, name: &str, arguments: &[&str]) -> Process {
        let program = self.folder.join(name);
        assert!(program.exists(), "{} is not built", program.display());
        Process::start(&program.to_string_lossy(), arguments)
    }

    /// Starts one that says where it listens.
    #[track_caller]
    pub fn serve(&self, name: &str, arguments: &[&str]) -> (Process, String) {
        let mut process = self.start(name, arguments);
        let address = process.says("listening on ");
        (process, address)
    }

    /// Runs one to its end, which is to be a good one.
    #[track_caller]
    pub fn run(&self, name: &str, arguments: &[&str]) -> String {
        let Ended { status, out, err } = self.start(name, arguments).end();
        assert!(
            status.success(),
            "{name} {arguments:?} on {}: {err}",
            self.under
        );
        out
    }
}

/// The same on each runtime; the answers have to be the same, too.
#[track_caller]
pub fn alike<T: Debug + PartialEq>(scenario: impl Fn(&Programs) -> T) -> T {
    let mut answers = all().into_iter().map(|programs| {
        println!("on {}", programs.under);
        (scenario(&programs), programs.under)
    });
    let (first, name) = answers.next().expect("there is one at least");
    for (answer, other) in answers {
        assert_eq!(first, answer, "{name} and {other} answer differently");
    }
    first
}

/// The same on each runtime, when there is nothing to compare.
#[track_caller]
pub fn each(scenario: impl Fn(&Programs)) {
    alike(scenario);
}

/// What the variable names, or else what cargo has built beside this test.
fn all() -> Vec<Programs> {
    let named = env::var(VARIABLE).unwrap_or_default();
    let named = named.split(':').filter_map(|one| one.split_once('='));
    let named: Vec<Programs> = named
        .map(|(under, folder)| Programs {
            under: under.to_owned(),
            folder: folder.into(),
        })
        .collect();
    if !named.is_empty() {
        return named;
    }
    let test = env::current_exe().expect("a test is a program");
    let built = test.ancestors().nth(2).expect("it lies in `deps`");
    vec![Programs {
        under: "the runtime of this build".to_owned(),
        folder: built.to_owned(),
    }]
}
