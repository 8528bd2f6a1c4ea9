//! `compat/ecosystem.toml`: what of the packages' tests is known not to pass, and how many do.
//!
//! ```toml
//! [[exception]]
//! package = "h2"
//! program = "h2"                      # a file of tests, or the library
//! tests = "hpack::test::fixture::"    # what their names begin with; "" also if it does not compile
//! reason = "…"
//! run = false                         # only where they may pass by chance: they are not run
//!
//! [packages.h2]
//! version = "0.4.20"
//! pass = 63
//! of = 445
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use toml::{Table, Value};

use crate::process;

pub(crate) const PATH: &str = "compat/ecosystem.toml";

const HEADER: &str = "\
# What the packages of the ecosystem carry as tests, on the bridge: what is known not to pass, each with its reason, and
# how many do. `cargo xtask ecosystem` holds it against a run: a test that newly fails is an error, and so is an
# exception that nothing needs and a count that is another. `--update` writes the counts anew.
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    package: String,
    program: String,
    /// What the names of the tests begin with.
    tests: String,
    reason: String,
    run: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) version: String,
    pub(crate) pass: usize,
    pub(crate) of: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    exceptions: Vec<Exception>,
    /// By package.
    pub(super) counts: BTreeMap<String, Count>,
}

impl Ledger {
    pub(super) fn load() -> Result<Ledger, String> {
        let text = fs::read_to_string(process::root().join(PATH));
        let text = text.map_err(|error| format!("{PATH}: {error}"))?;
        Ledger::parse(&text)
    }

    pub(super) fn save(&self) -> Result<(), String> {
        let written = fs::write(process::root().join(PATH), self.to_text());
        written.map_err(|error| format!("{PATH}: {error}"))
    }

    fn parse(text: &str) -> Result<Ledger, String> {
        let table: Table = text.parse().map_err(|error| format!("{PATH}: {error}"))?;
        let exceptions = table.get("exception").and_then(Value::as_array);
        let exceptions = exceptions.into_iter().flatten().map(|item| {
            let word = |key: &str| {
                let word = item.get(key).and_then(Value::as_str).map(str::to_owned);
                word.ok_or_else(|| format!("{PATH}: an exception without its {key}"))
            };
            Ok(Exception {
                package: word("package")?,
                program: word("program")?,
                tests: word("tests")?,
                reason: word("reason")?,
                run: item.get("run").and_then(Value::as_bool).unwrap_or(true),
            })
        });
        Ok(Ledger {
            exceptions: exceptions.collect::<Result<_, String>>()?,
            counts: counts(text)?,
        })
    }

    fn to_text(&self) -> String {
        let mut text = HEADER.to_owned();
        let quoted = |word: &str| Value::from(word).to_string();
        for exception in &self.exceptions {
            let Exception {
                package,
                program,
                tests,
                reason,
                run,
            } = exception;
            text.push_str("\n[[exception]]\n");
            let words = [
                ("package", package),
                ("program", program),
                ("tests", tests),
                ("reason", reason),
            ];
            for (key, word) in words {
                writeln!(text, "{key} = {}", quoted(word)).expect("a string has room");
            }
            if !run {
                text.push_str("run = false\n");
            }
        }
        for (package, Count { version, pass, of }) in &self.counts {
            let version = quoted(version);
            let written = writeln!(
                text,
                "\n[packages.{package}]\nversion = {version}\npass = {pass}\nof = {of}"
            );
            written.expect("a string has room");
        }
        text
    }

    /// The exception for this test, by its place.
    pub(super) fn exception(&self, package: &str, program: &str, test: &str) -> Option<usize> {
        self.exceptions.iter().position(|known| {
            known.package == package && known.program == program && test.starts_with(&known.tests)
        })
    }

    /// The same, if the test is not to be run.
    pub(super) fn left_out(&self, package: &str, program: &str, test: &str) -> Option<usize> {
        let place = self.exception(package, program, test)?;
        (!self.exceptions[place].run).then_some(place)
    }

    /// Exceptions of this package that nothing needed.
    pub(super) fn unused(&self, package: &str, used: &BTreeSet<usize>) -> Vec<String> {
        let known = self.exceptions.iter().enumerate();
        let unused =
            known.filter(|(place, known)| known.package == package && !used.contains(place));
        let said = unused.map(|(_, known)| {
            let Exception { program, tests, .. } = known;
            format!("{package} {program} {tests}: nothing needs the exception any more")
        });
        said.collect()
    }

    /// What the ledger says else of this package.
    pub(super) fn differs(&self, package: &str, count: &Count) -> Option<String> {
        match self.counts.get(package) {
            Some(known) if known == count => None,
            known => Some(format!(
                "{package}: {count:?}, and the ledger says {known:?}"
            )),
        }
    }
}

/// The packages' counts in the ledger's text.
pub(crate) fn counts(text: &str) -> Result<BTreeMap<String, Count>, String> {
    let table: Table = text.parse().map_err(|error| format!("{PATH}: {error}"))?;
    let packages = table.get("packages").and_then(Value::as_table);
    let counts = packages.into_iter().flatten().map(|(package, item)| {
        let number = |key: &str| {
            let number = item.get(key).and_then(Value::as_integer);
            number.and_then(|number| usize::try_from(number).ok())
        };
        let version = item.get("version").and_then(Value::as_str);
        match (version, number("pass"), number("of")) {
            (Some(version), Some(pass), Some(of)) => {
                let version = version.to_owned();
                Ok((package.clone(), Count { version, pass, of }))
            }
            _ => Err(format!("{PATH}: {package} lacks its version or its counts")),
        }
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[[exception]]\npackage = 'h2'\nprogram = 'h2'\ntests = 'hpack::'\n\
        reason = 'r'\nrun = false\n[packages.h2]\nversion = '0.4.1'\npass = 3\nof = 5\n";

    #[test]
    fn what_is_written_is_read() {
        let ledger = Ledger::parse(TEXT).expect("it is one");
        assert_eq!(Ledger::parse(&ledger.to_text()), Ok(ledger));
        assert!(Ledger::parse("[packages.h2]\npass = 3\n").is_err());
    }

    #[test]
    fn what_is_expected_is_known_by_the_beginning_of_its_name() {
        let ledger = Ledger::parse(TEXT).expect("it is one");
        assert_eq!(ledger.exception("h2", "h2", "hpack::story"), Some(0));
        assert_eq!(ledger.exception("h2", "h2", "frame::story"), None);
        assert_eq!(ledger.left_out("h2", "h2", "hpack::story"), Some(0));
        assert_eq!(ledger.exception("hyper", "h2", "hpack::story"), None);
    }

    #[test]
    fn what_changes_is_said() {
        let ledger = Ledger::parse(TEXT).expect("it is one");
        let count = |pass| Count {
            version: "0.4.1".to_owned(),
            pass,
            of: 5,
        };
        assert_eq!(ledger.differs("h2", &count(3)), None);
        assert!(ledger.differs("h2", &count(4)).is_some());
        assert!(ledger.differs("hyper", &count(3)).is_some());
        assert_eq!(ledger.unused("h2", &[0].into()).len(), 0);
        assert_eq!(ledger.unused("h2", &BTreeSet::new()).len(), 1);
    }
}
