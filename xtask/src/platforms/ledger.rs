//! `docs/platforms.toml`: what came of each target, and which tests do not apply where.
//!
//! ```toml
//! [target.i686-unknown-linux-gnu]     # written by the command
//! how = "run natively"
//! …
//!
//! [[skipped]]                         # written by people
//! targets = ["x86_64-pc-windows-gnu"]
//! program = "examples"
//! tests = ["cat_reads_descriptors"]   # with a `*` at the end: all that begin so
//! reason = "needs /proc"
//! ```
//!
//! A program that holds no test at all on a target, since `cfg` leaves them out there, has an entry
//! for all of them too: so that nothing is left out in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use toml::{Table, Value};

use crate::platforms::targets::{self, TARGETS};
use crate::process;

pub(crate) const FILE: &str = "docs/platforms.toml";

/// All tests of a program, be there none.
const ALL: &str = "*";

const HEADER: &str = "\
# What came of each system: written by `cargo xtask platforms`. And which tests do not apply on which of them, with
# the reason: written by people. A test that is not here has to pass.
";

/// What came of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) how: String,
    pub(crate) commit: String,
    pub(crate) date: String,
    pub(crate) seconds: u64,
    /// How often each program ran; a test passed if it did each time. 0 where nothing is run.
    pub(crate) runs: usize,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    /// Nothing was wrong.
    pub(crate) whole: bool,
}

/// Tests of one program that do not apply on some targets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Skipped {
    pub(crate) program: String,
    pub(crate) reason: String,
    pub(crate) targets: Vec<String>,
    pub(crate) tests: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Ledger {
    pub(crate) fn read() -> Result<Ledger, String> {
        let text = fs::read_to_string(process::root().join(FILE));
        let text = text.map_err(|error| format!("{FILE}: {error}"))?;
        Ledger::parse(&text).map_err(|error| format!("{FILE}: {error}"))
    }

    pub(crate) fn write(&self) -> Result<(), String> {
        let file = process::root().join(FILE);
        fs::write(file, self.text()).map_err(|error| format!("{FILE}: {error}"))
    }

    fn parse(text: &str) -> Result<Ledger, String> {
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| error.to_string())?;
        let mut ledger = Ledger::default();
        for (name, entry) in table
            .get("target")
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
        {
            let outcome = outcome(entry).ok_or_else(|| format!("{name}: lacks something"))?;
            ledger.outcomes.insert(name.clone(), outcome);
        }
        for entry in table
            .get("skipped")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let skipped = skipped(entry).ok_or_else(|| format!("lacks something: {entry}"))?;
            ledger.skipped.push(skipped);
        }
        let of = ledger.skipped.iter().flat_map(|entry| &entry.targets);
        match of
            .chain(ledger.outcomes.keys())
            .find(|name| targets::named(name).is_none())
        {
            Some(unknown) => Err(format!("{unknown} is no target that is known")),
            None => Ok(ledger),
        }
    }

    fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for (name, outcome) in &self.outcomes {
            let Outcome {
                how,
                commit,
                date,
                seconds,
                runs,
                passed,
                failed,
                skipped,
                whole,
            } = outcome;
            text += &format!(
                "\n[target.{name}]\nhow = {how:?}\ncommit = {commit:?}\ndate = {date:?}\n\
                 seconds = {seconds}\nruns = {runs}\npassed = {passed}\nfailed = {failed}\n\
                 skipped = {skipped}\nwhole = {whole}\n"
            );
        }
        let mut entries = self.skipped.clone();
        entries.sort();
        for entry in entries {
            let targets = entry.targets.join("\", \"");
            let tests = entry.tests.join("\",\n    \"");
            text += &format!(
                "\n[[skipped]]\ntargets = [\"{targets}\"]\nprogram = {:?}\ntests = [\n    \"{tests}\",\n]\n\
                 reason = {:?}\n",
                entry.program, entry.reason
            );
        }
        text
    }

    /// Which of a program's tests do not apply on a target.
    pub(crate) fn skipped<'a>(
        &self,
        target: &str,
        program: &str,
        tests: &'a [String],
    ) -> BTreeSet<&'a str> {
        let patterns: Vec<&String> = self.patterns(target, program).collect();
        let tests = tests.iter().map(String::as_str);
        tests
            .filter(|test| patterns.iter().any(|pattern| fits(pattern, test)))
            .collect()
    }

    /// The entries for a program that no test of it has (any more); if it has none, that nobody
    /// says why.
    pub(crate) fn unknown(&self, target: &str, program: &str, tests: &[String]) -> Vec<String> {
        if tests.is_empty() {
            let mut patterns = self.patterns(target, program);
            let is_said = patterns.any(|pattern| pattern == ALL);
            let problem = (!is_said).then(|| format!("{FILE}: {program} has no tests on {target}"));
            return problem.into_iter().collect();
        }
        let fit = |pattern: &&String| !tests.iter().any(|test| fits(pattern, test));
        let unknown = self.patterns(target, program).filter(fit);
        unknown
            .map(|pattern| format!("{FILE}: {program} has no test {pattern}"))
            .collect()
    }

    fn patterns(&self, target: &str, program: &str) -> impl Iterator<Item = &String> {
        let of_both = move |entry: &&Skipped| {
            entry.program == program && entry.targets.iter().any(|name| name == target)
        };
        let entries = self.skipped.iter().filter(of_both);
        entries.flat_map(|entry| &entry.tests)
    }

    /// One line with what came of all.
    pub(crate) fn sums(&self) -> String {
        let sum = |of: fn(&Outcome) -> usize| self.outcomes.values().map(of).sum::<usize>();
        format!(
            "{} targets, {} tests passed, {} failed, {} skipped with a reason",
            self.outcomes.len(),
            sum(|outcome| outcome.passed),
            sum(|outcome| outcome.failed),
            sum(|outcome| outcome.skipped)
        )
    }
}

/// The tables of `docs/platforms.md`: the targets, and what is skipped.
pub(crate) fn table(ledger: &Ledger) -> String {
    let head = "| target | how far | runs | passed | failed | skipped | commit | date | seconds |\n\
                |---|---|---|---|---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for target in &TARGETS {
        let Some(outcome) = ledger.outcomes.get(target.name) else {
            continue;
        };
        let Outcome {
            how,
            commit,
            date,
            seconds,
            runs,
            passed,
            failed,
            skipped,
            whole,
        } = outcome;
        let counts = match (target.runs(), whole) {
            (Some(_), _) => format!("{runs} | {passed} | {failed} | {skipped}"),
            (None, true) => "– | all | – | –".to_owned(),
            (None, false) => "– | – | it | –".to_owned(),
        };
        let _ = writeln!(
            table,
            "| {} | {how} | {counts} | {commit} | {date} | {seconds} |",
            target.name
        );
    }
    table
}

/// The reasons, each with what it keeps from running.
pub(crate) fn reasons(ledger: &Ledger) -> String {
    let mut table = "| program | tests | where | why not |\n|---|---|---|---|\n".to_owned();
    let mut entries: Vec<&Skipped> = ledger.skipped.iter().collect();
    entries.sort();
    for entry in entries {
        let tests = match &entry.tests[..] {
            [all] if all == ALL => "all".to_owned(),
            tests if tests.len() > 3 => tests.len().to_string(),
            tests => format!("`{}`", tests.join("`, `")),
        };
        let systems: Vec<&str> = entry.targets.iter().map(|name| short(name)).collect();
        let _ = writeln!(
            table,
            "| {} | {tests} | {} | {} |",
            entry.program,
            systems.join(", "),
            entry.reason
        );
    }
    table
}

/// `aarch64` says enough beside `i686` and `windows`.
fn short(target: &str) -> &str {
    if target.contains("windows") {
        return "wine";
    }
    target.split('-').next().unwrap_or(target)
}

fn fits(pattern: &str, test: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => test.starts_with(begin),
        None => test == pattern,
    }
}

fn outcome(entry: &Value) -> Option<Outcome> {
    let text = |key: &str| entry.get(key)?.as_str().map(str::to_owned);
    let number = |key: &str| usize::try_from(entry.get(key)?.as_integer()?).ok();
    Some(Outcome {
        how: text("how")?,
        commit: text("commit")?,
        date: text("date")?,
        seconds: number("seconds")? as u64,
        runs: number("runs")?,
        passed: number("passed")?,
        failed: number("failed")?,
        skipped: number("skipped")?,
        whole: entry.get("whole")?.as_bool()?,
    })
}

fn skipped(entry: &Value) -> Option<Skipped> {
    let text = |key: &str| entry.get(key)?.as_str().map(str::to_owned);
    let list = |key: &str| {
        let items = entry.get(key)?.as_array()?.iter();
        let items: Option<Vec<String>> =
            items.map(|item| Some(item.as_str()?.to_owned())).collect();
        items.filter(|items| !items.is_empty())
    };
    Some(Skipped {
        program: text("program")?,
        reason: text("reason").filter(|reason| !reason.trim().is_empty())?,
        targets: list("targets")?,
        tests: list("tests")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: &str = "x86_64-pc-windows-gnu";

    fn ledger() -> Ledger {
        let outcome = Outcome {
            how: "run under wine".to_owned(),
            commit: "0123456789ab+".to_owned(),
            date: "2026-01-02".to_owned(),
            seconds: 7,
            runs: 3,
            passed: 5,
            failed: 1,
            skipped: 2,
            whole: false,
        };
        let skipped = Skipped {
            program: "files".to_owned(),
            reason: "needs \"/proc\"".to_owned(),
            targets: vec![WINDOWS.to_owned()],
            tests: vec!["a".to_owned(), "b::*".to_owned()],
        };
        Ledger {
            outcomes: [(WINDOWS.to_owned(), outcome)].into(),
            skipped: vec![skipped],
        }
    }

    #[test]
    fn the_ledger_is_read_as_it_was_written() {
        let ledger = ledger();
        assert_eq!(Ledger::parse(&ledger.text()), Ok(ledger));
        assert!(Ledger::parse("[target.m68k-x]\n").is_err());
        assert!(Ledger::parse("[[skipped]]\nprogram = \"files\"\n").is_err());
    }

    #[test]
    fn the_project_s_own_ledger_can_be_read_and_is_in_order() {
        let ledger = Ledger::read().expect("it can be read");
        let text = fs::read_to_string(process::root().join(FILE)).expect("it is there");
        assert_eq!(
            ledger.text(),
            text,
            "`cargo xtask platforms` would write it so"
        );
    }

    #[test]
    fn tests_are_skipped_by_their_names_and_beginnings() {
        let tests = ["a", "ab", "b::c", "b"].map(str::to_owned);
        let skipped = |target, program| ledger().skipped(target, program, &tests);
        assert_eq!(skipped(WINDOWS, "files"), BTreeSet::from(["a", "b::c"]));
        assert!(skipped(WINDOWS, "stall").is_empty());
        assert!(skipped("i686-unknown-linux-gnu", "files").is_empty());
    }

    #[test]
    fn an_entry_for_no_test_is_an_error() {
        let tests = ["a".to_owned()];
        let unknown = ledger().unknown(WINDOWS, "files", &tests);
        assert_eq!(unknown, ["docs/platforms.toml: files has no test b::*"]);
    }

    #[test]
    fn a_program_without_tests_has_an_entry_too() {
        let mut ledger = ledger();
        let unknown = ["docs/platforms.toml: files has no tests on x86_64-pc-windows-gnu"];
        assert_eq!(ledger.unknown(WINDOWS, "files", &[]), unknown);
        ledger.skipped[0].tests = vec![ALL.to_owned()];
        assert!(ledger.unknown(WINDOWS, "files", &[]).is_empty());
    }

    #[test]
    fn the_table_has_a_row_a_target() {
        let table = table(&ledger());
        let row = "| x86_64-pc-windows-gnu | run under wine | 3 | 5 | 1 | 2 | 0123456789ab+ |";
        assert!(table.contains(row), "{table}");
        assert!(reasons(&ledger()).contains("| files | `a`, `b::*` | wine | needs"));
    }
}
