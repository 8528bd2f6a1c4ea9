//! What a run prints: a line a file, a table by group.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::conformance::Outcome;
use crate::conformance::groups::Group;
use crate::conformance::suite::Verdict;

/// How the tests of some files ended. A file that does not compile weighs what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    files: usize,
    tests: usize,
    passed: usize,
    failed: usize,
    hung: usize,
    ignored: usize,
    not_compiled: usize,
}

impl Tally {
    pub(crate) fn of(outcome: &Outcome, count: usize) -> Tally {
        let mut tally = Tally {
            files: 1,
            tests: count,
            ..Tally::default()
        };
        match outcome {
            Outcome::NotCompiled(_) => tally.not_compiled = count,
            Outcome::Ran(verdicts) => {
                tally.tests = verdicts.len();
                for verdict in verdicts.values() {
                    match verdict {
                        Verdict::Passed => tally.passed += 1,
                        Verdict::Failed(_) => tally.failed += 1,
                        Verdict::Hung => tally.hung += 1,
                        Verdict::Ignored => tally.ignored += 1,
                    }
                }
            }
        }
        tally
    }

    fn add(&mut self, other: Tally) {
        self.files += other.files;
        self.tests += other.tests;
        self.passed += other.passed;
        self.failed += other.failed;
        self.hung += other.hung;
        self.ignored += other.ignored;
        self.not_compiled += other.not_compiled;
    }
}

/// One file: `passed/all name`, and each test that did not pass.
pub(crate) fn file(name: &str, outcome: &Outcome, count: usize) -> String {
    let tally = Tally::of(outcome, count);
    let mut text = format!("{:>4}/{:<4} {name}", tally.passed, tally.tests);
    match outcome {
        Outcome::NotCompiled(errors) => {
            text.push_str(": does not compile");
            for error in errors.iter().take(3) {
                write!(text, "\n            {error}").expect("a String takes everything");
            }
        }
        Outcome::Ran(verdicts) => {
            for (test, verdict) in verdicts {
                let written = match verdict {
                    Verdict::Failed(why) => write!(text, "\n            {test}: {why}"),
                    Verdict::Hung => write!(text, "\n            {test}: hangs"),
                    Verdict::Passed | Verdict::Ignored => Ok(()),
                };
                written.expect("a String takes everything");
            }
        }
    }
    text
}

fn tallies(
    outcomes: &BTreeMap<String, Outcome>,
    counts: &BTreeMap<String, usize>,
) -> (BTreeMap<Option<Group>, Tally>, Tally) {
    let mut groups: BTreeMap<Option<Group>, Tally> = BTreeMap::new();
    let mut total = Tally::default();
    for (file, outcome) in outcomes {
        let tally = Tally::of(outcome, counts.get(file).copied().unwrap_or(0));
        groups.entry(Group::of(file)).or_default().add(tally);
        total.add(tally);
    }
    (groups, total)
}

/// In a few words.
pub(crate) fn passed(
    outcomes: &BTreeMap<String, Outcome>,
    counts: &BTreeMap<String, usize>,
) -> String {
    let (_, total) = tallies(outcomes, counts);
    format!("{} of {} pass", total.passed, total.tests)
}

/// By group, with a total.
pub(crate) fn table(
    outcomes: &BTreeMap<String, Outcome>,
    counts: &BTreeMap<String, usize>,
) -> String {
    let (groups, total) = tallies(outcomes, counts);
    let heads = [
        "group",
        "files",
        "tests",
        "pass",
        "fail",
        "hang",
        "ignored",
        "not compiled",
    ];
    let mut text = row(&heads.map(str::to_owned));
    for (group, tally) in &groups {
        let name = group.map_or("other".to_owned(), |group| group.to_string());
        text.push_str(&line(name, tally));
    }
    text.push_str(&line("all".to_owned(), &total));
    text
}

fn line(name: String, tally: &Tally) -> String {
    let numbers = [
        tally.files,
        tally.tests,
        tally.passed,
        tally.failed,
        tally.hung,
        tally.ignored,
        tally.not_compiled,
    ];
    let [files, tests, passed, failed, hung, ignored, not_compiled] =
        numbers.map(|number| number.to_string());
    row(&[
        name,
        files,
        tests,
        passed,
        failed,
        hung,
        ignored,
        not_compiled,
    ])
}

fn row(cells: &[String; 8]) -> String {
    let mut text = format!("{:<8}", cells[0]);
    for cell in &cells[1..] {
        write!(text, " {cell:>7}").expect("a String takes everything");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes() -> BTreeMap<String, Outcome> {
        let verdicts = [
            ("a", Verdict::Passed),
            ("b", Verdict::Failed("why".to_owned())),
            ("c", Verdict::Hung),
        ];
        let verdicts = verdicts.map(|(name, verdict)| (name.to_owned(), verdict));
        let errors = (1..5).map(|number| format!("error {number}")).collect();
        [
            ("rt_a".to_owned(), Outcome::Ran(verdicts.into())),
            ("udp".to_owned(), Outcome::NotCompiled(errors)),
        ]
        .into()
    }

    #[test]
    fn a_table_has_a_row_a_group_and_a_total() {
        let counts = [("rt_a".to_owned(), 3), ("udp".to_owned(), 7)].into();
        let table = table(&outcomes(), &counts);
        let cells = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let rows: Vec<Vec<String>> = table.lines().skip(1).map(cells).collect();
        assert_eq!(rows[0], ["rt", "1", "3", "1", "1", "1", "0", "0"]);
        assert_eq!(rows[1], ["net", "1", "7", "0", "0", "0", "0", "7"]);
        assert_eq!(rows[2], ["all", "2", "10", "1", "1", "1", "0", "7"]);
        assert_eq!(passed(&outcomes(), &counts), "1 of 10 pass");
    }

    #[test]
    fn a_file_names_what_did_not_pass() {
        let outcomes = outcomes();
        let text = file("rt_a", &outcomes["rt_a"], 3);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines, ["1/3    rt_a", "b: why", "c: hangs"]);
        let text = file("udp", &outcomes["udp"], 7);
        assert!(text.starts_with("   0/7    udp: does not compile\n") && text.lines().count() == 4);
    }
}
