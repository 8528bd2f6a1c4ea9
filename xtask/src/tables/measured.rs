//! The tables that say what was run: in `docs/testing.md` the mutants of the models, by file, tokio's
//! tests, by group, and the parts of the nightly run; in `docs/platforms.md` the systems. Each stands
//! between two lines that name it.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::conformance::groups::Group;
use crate::conformance::ledger::Ledger as Conformance;
use crate::loom_mutants::ledger::{Entry, Ledger};
use crate::nightly::Outcome;
use crate::platforms;

/// The page with these tables as they are.
pub(super) fn page(
    page: &str,
    ledger: &Ledger,
    conformance: &[Conformance; 2],
    outcomes: &BTreeMap<String, Outcome>,
) -> Result<String, String> {
    let page = between(page, "loom-mutants", &mutants(ledger))?;
    let page = between(&page, "conformance", &groups(conformance))?;
    between(&page, "nightly", &nightly(outcomes))
}

/// The page about systems: how far each was taken, and what was not run there.
pub(super) fn systems(page: &str, ledger: &platforms::ledger::Ledger) -> Result<String, String> {
    let page = between(page, "platforms", &platforms::ledger::table(ledger))?;
    let page = between(&page, "targets", &platforms::targets::table())?;
    between(&page, "skipped", &platforms::ledger::reasons(ledger))
}

/// Puts `table` between the lines that begin and end it.
pub(crate) fn between(page: &str, name: &str, table: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let parts = page.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| format!("no place for the table {name}"))?;
    Ok(format!("{before}{begin}{table}{end}{after}"))
}

fn mutants(ledger: &Ledger) -> String {
    let mut table = "| file | killed | survive, with a reason | operations in no model |\n\
                     |---|---|---|---|\n"
        .to_owned();
    let mut sum = [0; 3];
    for (file, entries) in &ledger.0 {
        let count = |is: fn(&Entry) -> bool| entries.values().filter(|entry| is(entry)).count();
        let counts = [
            count(|entry| matches!(entry, Entry::Killed { .. })),
            count(|entry| matches!(entry, Entry::Survives(_))),
            count(|entry| matches!(entry, Entry::NoModel(_))),
        ];
        sum.iter_mut()
            .zip(counts)
            .for_each(|(sum, count)| *sum += count);
        let file = file.replace("runtime-", "").replace("/src/", ": ");
        let [killed, survive, unseen] = counts;
        let _ = writeln!(table, "| {file} | {killed} | {survive} | {unseen} |");
    }
    let [killed, survive, unseen] = sum;
    let _ = writeln!(table, "| all | {killed} | {survive} | {unseen} |");
    table
}

/// What the ledgers of two systems expect, side by side.
fn groups(ledgers: &[Conformance; 2]) -> String {
    let mut rows: BTreeMap<Option<Group>, [(usize, usize); 2]> = BTreeMap::new();
    let mut sum = [(0, 0); 2];
    for (place, ledger) in ledgers.iter().enumerate() {
        for file in ledger.counts.keys() {
            let (count, pass) = ledger.expected(file);
            for cell in [
                &mut rows.entry(Group::of(file)).or_default()[place],
                &mut sum[place],
            ] {
                *cell = (cell.0 + count, cell.1 + pass);
            }
        }
    }
    let mut table = "| group | Linux | Windows, under wine |\n|---|---|---|\n".to_owned();
    let mut row = |name: &str, [linux, windows]: [(usize, usize); 2]| {
        let cell = |(count, pass): (usize, usize)| match count {
            0 => "–".to_owned(),
            _ => format!("{pass} of {count}"),
        };
        let _ = writeln!(table, "| {name} | {} | {} |", cell(linux), cell(windows));
    };
    for (group, cells) in rows {
        let name = group.map_or("other".to_owned(), |group| group.to_string());
        row(&name, cells);
    }
    row("all", sum);
    table
}

fn nightly(outcomes: &BTreeMap<String, Outcome>) -> String {
    let mut table =
        "| part | commit | date | seconds | outcome | figures |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (name, outcome) in outcomes {
        let passed = if outcome.passed { "passed" } else { "failed" };
        let Outcome {
            commit,
            date,
            seconds,
            figures,
            ..
        } = outcome;
        let _ = writeln!(
            table,
            "| {name} | {commit} | {date} | {seconds} | {passed} | {figures} |"
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_the_old_one() {
        let page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        let new = between(page, "x", "| new |\n").expect("it has a place");
        assert_eq!(new, "a\n<!-- x -->\n| new |\n<!-- /x -->\nb\n");
        assert!(between(page, "y", "").is_err());
    }

    #[test]
    fn what_a_ledger_lists_does_not_pass() {
        let ledger = |text: &str| Conformance::parse(text).expect("a ledger");
        let linux = "[[test]]\nfile = \"rt_a\"\nname = \"b\"\nclass = \"naming\"\nreason = \"c\"\n\
                     [tests]\nrt_a = 3\nrt_b = 4\nudp = 1\n";
        let windows = "[[file]]\nname = \"rt_a\"\nclass = \"missing\"\nreason = \"c\"\n\
                       [tests]\nrt_a = 3\nrt_b = 4\n";
        let table = groups(&[ledger(linux), ledger(windows)]);
        let rows = "| rt | 6 of 7 | 4 of 7 |\n| net | 1 of 1 | – |\n| all | 7 of 8 | 4 of 7 |\n";
        assert!(table.ends_with(rows), "{table}");
    }

    #[test]
    fn mutants_are_counted_by_file() {
        let mut ledger = Ledger::default();
        ledger.set(
            "runtime-a/src/b.rs",
            "f swap",
            Entry::NoModel(String::new()),
        );
        ledger.set(
            "runtime-a/src/b.rs",
            "g swap: x",
            Entry::Survives(String::new()),
        );
        let table = mutants(&ledger);
        assert!(
            table.contains("| a: b.rs | 0 | 1 | 1 |\n| all | 0 | 1 | 1 |\n"),
            "{table}"
        );
    }
}
