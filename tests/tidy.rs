//! The house rules, held by a test: it reads the repository's own files.
//!
//! | rule | holds |
//! |---|---|
//! | `imports` | imports point one way: between the crates, and between the layers inside each |
//! | `sizes` | files of one sitting, short functions, short lines |
//! | `unsafety` | each `unsafe` says which invariant discharges it, and stands in a file that announces it |
//! | `entries` | each file with unsafe code has its entry among the decisions |
//! | `examples` | each public type and each public async fn has an example |
//! | `cancellation` | each public async fn names its class of cancel safety |
//! | `atomics` | each atomic operation's comment begins with its ordering |
//! | `conditions` | cfg chooses files and items, never statements; one file knows the model checker |
//! | `words` | nothing unfinished, nothing printed by a library |
//! | `clocks` | no deadline knows the time of day |
//! | `places` | no machine's paths, no registry but the public one |
//!
//! The rules read lines, not syntax trees: a small scanner tells code from comments and strings,
//! and knows which function a line is in and whether it is test code. That is enough for rules this
//! plain, and it keeps the test free of dependencies. So that no rule can pass in silence, each has
//! a planted violation in its own file.
//!
//! An exception stands in [`EXCEPTIONS`], with its reason. One that nothing needs any more is an
//! error too.

#[path = "tidy/source.rs"]
mod source;

#[path = "tidy/repository.rs"]
mod repository;

#[path = "tidy/imports.rs"]
mod imports;

#[path = "tidy/sizes.rs"]
mod sizes;

#[path = "tidy/unsafety.rs"]
mod unsafety;

#[path = "tidy/entries.rs"]
mod entries;

#[path = "tidy/examples.rs"]
mod examples;

#[path = "tidy/cancellation.rs"]
mod cancellation;

#[path = "tidy/atomics.rs"]
mod atomics;

#[path = "tidy/conditions.rs"]
mod conditions;

#[path = "tidy/words.rs"]
mod words;

#[path = "tidy/clocks.rs"]
mod clocks;

#[path = "tidy/places.rs"]
mod places;

use std::fmt;
use std::sync::LazyLock;

use repository::Repository;
use source::Source;

/// What may break a rule: the rule, the file, a part of the violation's text, and why.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "unsafety",
        "runtime-core/src/loom/model.rs",
        "no SAFETY comment",
        "adapts the model checker's cells; no product code, and the checker checks it",
    ),
    (
        "conditions",
        "runtime-core/src/loom.rs",
        "the model checker",
        "the one file that knows it",
    ),
];

/// Read once, for all rules.
static REPOSITORY: LazyLock<Repository> = LazyLock::new(Repository::read);

/// A place that breaks a rule.
#[derive(Debug)]
struct Violation {
    path: String,
    line: usize,
    text: String,
}

impl Violation {
    /// `line` counts from 0, as in [`Source::lines`].
    fn new(path: &str, line: usize, text: impl Into<String>) -> Violation {
        Violation {
            path: path.to_owned(),
            line: line + 1,
            text: text.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// Fails with every violation that no exception covers, and with every exception that covers none.
#[track_caller]
fn report(rule: &str, violations: Vec<Violation>) {
    let exceptions = EXCEPTIONS.iter().filter(|exception| exception.0 == rule);
    let mut used = vec![false; exceptions.clone().count()];
    let mut problems = Vec::new();
    for violation in violations {
        let mut covered = false;
        for (index, (_, path, text, _)) in exceptions.clone().enumerate() {
            if violation.path == *path && violation.text.contains(text) {
                used[index] = true;
                covered = true;
            }
        }
        if !covered {
            problems.push(violation.to_string());
        }
    }
    for (used, (_, path, text, _)) in used.into_iter().zip(exceptions) {
        if !used {
            problems.push(format!(
                "{path}: nothing needs the exception for `{text}` any more"
            ));
        }
    }
    let count = problems.len();
    assert!(
        problems.is_empty(),
        "{count} against the rule `{rule}`:\n{}",
        problems.join("\n")
    );
}

/// Runs one rule over every Rust file.
fn over_sources(check: impl Fn(&Source) -> Vec<Violation>) -> Vec<Violation> {
    REPOSITORY.sources.iter().flat_map(check).collect()
}

#[test]
fn imports_point_one_way() {
    let names = imports::RootNames::read(&REPOSITORY.sources);
    let check = |source| imports::check(source, &names);
    report(
        "imports",
        REPOSITORY.sources.iter().flat_map(check).collect(),
    );
}

#[test]
fn files_functions_and_lines_are_short() {
    report("sizes", over_sources(sizes::check));
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    report("unsafety", over_sources(unsafety::check));
}

#[test]
fn unsafe_files_have_their_entries() {
    let page = REPOSITORY
        .texts
        .iter()
        .find(|(path, _)| path == entries::PAGE);
    let (_, page) = page.expect("the decisions");
    report("entries", entries::check(page, &REPOSITORY.sources));
}

#[test]
fn public_types_and_async_fns_have_examples() {
    report("examples", over_sources(examples::check));
}

#[test]
fn each_async_fn_names_its_class_of_cancel_safety() {
    let check = |(path, text): &(String, String)| {
        let without = cancellation::awaited(path, text)
            .into_iter()
            .filter(|it| it.class().is_none())
            .map(|it| {
                Violation::new(
                    path,
                    it.line,
                    format!("{} of {} names no class", it.name, it.place),
                )
            });
        without.collect::<Vec<_>>()
    };
    let files = REPOSITORY
        .texts
        .iter()
        .filter(|(path, _)| path.ends_with(".rs"));
    report("cancellation", files.flat_map(check).collect());
}

#[test]
fn atomic_operations_name_their_ordering_first() {
    report("atomics", over_sources(atomics::check));
}

#[test]
fn no_atomic_is_wider_than_some_processor() {
    report("atomics", over_sources(atomics::wide));
}

#[test]
fn cfg_chooses_files_and_items() {
    report("conditions", over_sources(conditions::check));
}

#[test]
fn nothing_is_unfinished_and_no_library_prints() {
    report("words", over_sources(words::check));
}

#[test]
fn fault_042_no_deadline_knows_the_time_of_day() {
    report("clocks", over_sources(clocks::check));
}

#[test]
fn no_file_names_a_machine_or_another_registry() {
    let files = &REPOSITORY.texts;
    let check = |(path, text): &(String, String)| places::check(path, text);
    report("places", files.iter().flat_map(check).collect());
}

#[test]
fn the_tidy_test_sees_the_repository() {
    for path in [
        "runtime-core/src/lib.rs",
        "runtime-io/src/lib.rs",
        "src/lib.rs",
    ] {
        assert!(
            REPOSITORY.sources.iter().any(|source| source.path == path),
            "{path}"
        );
    }
    assert!(
        REPOSITORY
            .texts
            .iter()
            .any(|(path, _)| path == "Cargo.toml")
    );
}
