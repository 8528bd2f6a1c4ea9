//! `cargo xtask mutants`: planted bugs, each of which the suite has to find.
//!
//! A file in `tests/mutants/` is one bug: a unified diff with little context, under lines that say
//! which known bug of such runtimes it is modelled on (`Bug:`), which tests are to find it (`Test:`,
//! or `Model:` under the model checker: what is given to `cargo test`), and how many seconds they
//! may take (`Seconds:`). `patch.rs` reads it, `tree.rs` keeps a copy of the tracked files in
//! `target/mutants`, with build folders of its own, so that each bug costs what depends on it.
//!
//! A bug is killed if its tests build and then fail, or do not end within their budget. That they
//! do not build is an error of the patch, and that they succeed is a hole in the suite. Two patches
//! are no bugs (`Expect:`): one that changes nothing of consequence has to survive, and the tests
//! must not be able to miss one that breaks what they plainly say.

mod patch;

mod tree;

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use patch::{Expect, Patch};
use tree::Tree;

use crate::process;

const FOLDER: &str = "tests/mutants";
const SCRATCH: &str = "target/mutants";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) list: bool,
    /// The number before a patch's name.
    pub(crate) only: Option<String>,
    /// Which of how many parts, counted from one.
    pub(crate) part: Option<(usize, usize)>,
}

/// What became of one patch.
enum Outcome {
    Killed(String),
    Survived,
    Broken(String),
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let patches = chosen(options)?;
    if options.list {
        for patch in &patches {
            println!("{}: {}", patch.name, patch.bug);
        }
        return Ok(());
    }
    let tree = Tree::copy(SCRATCH)?;
    let begun = Instant::now();
    let mut complaints = Vec::new();
    let mut table = String::new();
    for patch in &patches {
        let begun = Instant::now();
        let outcome = attack(&tree, patch)?;
        let seconds = begun.elapsed().as_secs_f32();
        let (verdict, as_expected) = match (&outcome, patch.expect) {
            (Outcome::Killed(by), expect) => (format!("killed by {by}"), expect == Expect::Killed),
            (Outcome::Survived, expect) => ("survives".to_owned(), expect == Expect::Survives),
            (Outcome::Broken(why), _) => (format!("is broken: {why}"), false),
        };
        println!("{}: {verdict}, {seconds:.0} s", patch.name);
        table += &format!("{}\t{verdict}\t{seconds:.0}\n", patch.name);
        if !as_expected {
            complaints.push(format!("{}: {verdict}", patch.name));
        }
    }
    let file = process::root().join(SCRATCH).join("table.tsv");
    fs::write(&file, table).map_err(|error| format!("{}: {error}", file.display()))?;
    println!(
        "{} of {} patches came out as they should, {:.0} s",
        patches.len() - complaints.len(),
        patches.len(),
        begun.elapsed().as_secs_f32()
    );
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(complaints.join("\n"))
    }
}

fn chosen(options: &Options) -> Result<Vec<Patch>, String> {
    let mut patches = patch::all(FOLDER)?;
    if let Some(number) = &options.only {
        patches.retain(|patch| patch.name.starts_with(&format!("{number}-")));
    }
    let (part, parts) = options.part.unwrap_or((1, 1));
    let patches: Vec<Patch> = patches.into_iter().skip(part - 1).step_by(parts).collect();
    if patches.is_empty() {
        return Err(format!("no such patch in {FOLDER}"));
    }
    Ok(patches)
}

fn attack(tree: &Tree, patch: &Patch) -> Result<Outcome, String> {
    if !tree.apply(patch)? {
        return Ok(Outcome::Broken("it does not apply".to_owned()));
    }
    let outcome = test(tree, patch);
    tree.restore(patch)?;
    outcome
}

fn test(tree: &Tree, patch: &Patch) -> Result<Outcome, String> {
    let output = tree.build(patch).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let error = text.lines().find(|line| line.starts_with("error"));
        let error = error.unwrap_or("it does not build");
        return Ok(Outcome::Broken(error.to_owned()));
    }
    let programs = process::executables(&output.stdout);
    let mut left = Duration::from_secs(patch.seconds);
    for program in &programs {
        let begun = Instant::now();
        let file = tree.output_file();
        let mut command = tree.program(program, patch, &file)?;
        let Some(status) = process::run_until(&mut command, left)? else {
            return Ok(Outcome::Killed(format!(
                "its budget of {} s",
                patch.seconds
            )));
        };
        let text = fs::read(&file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        if !status.success() {
            return Ok(Outcome::Killed(first_failure(&text)));
        }
        if !text.contains(" passed") || text.contains("running 0 tests") {
            return Ok(Outcome::Broken("no test has its name".to_owned()));
        }
        left = left.saturating_sub(begun.elapsed());
    }
    Ok(Outcome::Survived)
}

/// The first test that the output calls failed; an abort may leave none.
fn first_failure(output: &str) -> String {
    let failed = output.lines().find_map(|line| {
        let line = line.strip_prefix("test ")?;
        line.strip_suffix(" ... FAILED")
    });
    failed.unwrap_or("an abort").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_that_failed_is_named() {
        let output = "running 2 tests\ntest a::b ... ok\ntest a::c ... FAILED\n";
        assert_eq!(first_failure(output), "a::c");
        assert_eq!(first_failure("running 1 test\n"), "an abort");
    }

    #[test]
    fn the_patches_are_as_they_should_be() {
        let patches = patch::all(FOLDER).expect("they can be read");
        let bugs = patches.iter().filter(|it| it.expect == Expect::Killed);
        assert!(bugs.count() > 40, "one of them is a canary");
        assert!(patches.iter().any(|it| it.expect == Expect::Survives));
        let mut numbers: Vec<_> = patches.iter().map(|it| it.name.split('-').next()).collect();
        numbers.dedup();
        assert_eq!(
            numbers.len(),
            patches.len(),
            "a number stands for one patch"
        );
    }
}
