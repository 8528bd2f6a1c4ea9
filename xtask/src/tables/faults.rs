//! The faults of `docs/testing.md`: which tests bear each number.
//!
//! People write the rows (fault, tool, state); this fills in the tests, and the list of the numbers
//! that have none.
//!
//! A test bears its number in its name, `fault_020_…`. A model, a scenario or a fuzz target has a name
//! of its own kind, and may bear several: it says `Fault 3.` or `Faults 3, 15.` at the end of its docs,
//! as a line of its own.

use std::collections::BTreeMap;

use super::{File, functions};

pub(crate) const PAGE: &str = "docs/testing.md";

/// So many faults are in the catalogue.
const FAULTS: usize = 100;

const WITHOUT: &str = "Without a row: ";

/// The page with its tests as they are, unless a numbered test has no row.
pub(super) fn page(page: &str, files: &[File]) -> Result<String, String> {
    let mut tests = tests(files);
    let mut rows = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for line in page.lines() {
        match row(line) {
            Some((number, cells)) => {
                let tests = tests.remove(&number).unwrap_or_else(|| "–".to_owned());
                rows.push(number);
                let [_, fault, _, tool, state] = cells;
                lines.push(format!(
                    "| {number} | {fault} | {tests} | {tool} | {state} |"
                ));
            }
            None => lines.push(line.to_owned()),
        }
    }
    if let Some((number, tests)) = tests.pop_first() {
        return Err(format!(
            "{PAGE} has no row for fault {number}, which {tests} tests"
        ));
    }
    // The list of numbers goes on until the next empty line.
    let from = lines.iter().position(|line| line.starts_with(WITHOUT));
    let from = from.ok_or_else(|| format!("{PAGE} does not say {WITHOUT:?}"))?;
    let length = lines[from..].iter().position(String::is_empty);
    let to = from + length.unwrap_or(lines.len() - from);
    let missing = ranges((1..=FAULTS).filter(|number| !rows.contains(number)));
    lines.splice(
        from..to,
        wrapped(&format!("{WITHOUT}{}.", or_none(&missing.join(", ")))),
    );
    Ok(lines.join("\n") + "\n")
}

fn or_none(list: &str) -> &str {
    if list.is_empty() { "none" } else { list }
}

/// A row's number and its five cells.
fn row(line: &str) -> Option<(usize, [&str; 5])> {
    let cells: Vec<&str> = line
        .strip_prefix("| ")?
        .strip_suffix(" |")?
        .split(" | ")
        .collect();
    let cells: [&str; 5] = cells.try_into().ok()?;
    Some((cells[0].parse().ok()?, cells))
}

/// The files that have tests of each number, with how many where there are several.
fn tests(files: &[File]) -> BTreeMap<usize, String> {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for file in files {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for name in functions(&file.text, "fault_") {
            if let Some(number) = name
                .split('_')
                .nth(1)
                .and_then(|number| number.parse().ok())
            {
                *counts.entry(number).or_default() += 1;
            }
        }
        for number in file.text.lines().flat_map(tagged) {
            *counts.entry(number).or_default() += 1;
        }
        for (number, count) in counts {
            let place = place(&file.path);
            let shown = if count == 1 {
                place
            } else {
                format!("{place} ({count})")
            };
            found.entry(number).or_default().push(shown);
        }
    }
    let joined = |(number, places): (usize, Vec<String>)| (number, places.join("; "));
    found.into_iter().map(joined).collect()
}

/// The numbers in a doc comment `Fault 3.` or `Faults 3, 15.`.
fn tagged(line: &str) -> Vec<usize> {
    let line = line.trim_start();
    let docs = line.strip_prefix("///").or(line.strip_prefix("//!"));
    let numbers = docs.and_then(|text| {
        let text = text.trim().strip_suffix('.')?;
        let list = text
            .strip_prefix("Faults ")
            .or(text.strip_prefix("Fault "))?;
        list.split(", ").map(|number| number.parse().ok()).collect()
    });
    numbers.unwrap_or_default()
}

/// Whose tests a folder holds.
const OWNERS: [(&str, &str); 3] = [
    ("runtime-core/tests/", "core"),
    ("fuzz/fuzz_targets/", "fuzz"),
    ("xtask/", "xtask"),
];

/// `runtime-core/src/a/tests.rs` → `core: a/tests`; the integration tests as they are.
fn place(path: &str) -> String {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    if let Some((package, inside)) = path.split_once("/src/") {
        return format!("{}: {inside}", package.trim_start_matches("runtime-"));
    }
    let owned = OWNERS.iter().find_map(|(folder, owner)| {
        let inside = path.strip_prefix(folder)?;
        Some(format!("{owner}: {inside}"))
    });
    owned.unwrap_or_else(|| path.to_owned())
}

/// `1, 2, 3, 5` → `1–3`, `5`.
fn ranges(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown = |(first, last): (usize, usize)| match last - first {
        0 => format!("{first}"),
        _ => format!("{first}–{last}"),
    };
    ranges.into_iter().map(shown).collect()
}

/// In lines of a hundred columns.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= 100 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    const OLD: &str = "head\n| 2 | a | old | U | holds |\n| 4 | b | – | L | partly |\n\n\
                       Without a row: 1.\n\ntail\n";

    #[test]
    fn rows_get_their_tests_and_the_rest_is_listed() {
        let files = [
            file(
                "runtime-core/src/x/tests.rs",
                "fn fault_002_a() {}\nfn fault_002_b() {}\n",
            ),
            file("tests/y.rs", "fn fault_002_c() {}\n"),
        ];
        let new = page(OLD, &files).expect("each number has a row");
        assert!(
            new.contains("| 2 | a | core: x/tests (2); tests/y | U | holds |\n"),
            "{new}"
        );
        assert!(new.contains("| 4 | b | – | L | partly |\n"), "{new}");
        assert!(
            new.contains("Without a row: 1, 3, 5–100.\n\ntail\n"),
            "{new}"
        );
    }

    #[test]
    fn models_scenarios_and_targets_say_their_numbers() {
        let files = [
            file(
                "fuzz/fuzz_targets/b.rs",
                "//! What it does.\n//!\n//! Fault 2.\n",
            ),
            file(
                "runtime-core/src/x/loom_tests.rs",
                "/// What it shows.\n///\n/// Faults 2, 4.\nfn loom_a() {}\n\
                 /// Fault 2 is not a tag here.\nfn loom_b() {}\n// Fault 4.\n",
            ),
            file("runtime-core/tests/shuttle/y.rs", "    /// Fault 4.\n"),
        ];
        let new = page(OLD, &files).expect("each number has a row");
        let row = "| 2 | a | fuzz: b; core: x/loom_tests | U | holds |\n";
        assert!(new.contains(row), "{new}");
        let row = "| 4 | b | core: x/loom_tests; core: shuttle/y | L | partly |\n";
        assert!(new.contains(row), "{new}");
        assert!(tagged("/// Faults 2, b.").is_empty());
    }

    #[test]
    fn a_numbered_test_without_a_row_is_an_error() {
        let files = [file("tests/y.rs", "fn fault_003_c() {}\n")];
        let error = page(OLD, &files).expect_err("there is no row");
        assert!(
            error.contains("fault 3") && error.contains("tests/y"),
            "{error}"
        );
    }
}
