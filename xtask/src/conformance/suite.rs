//! One test program: its tests, and a verdict for each.
//!
//! 1. The program lists its tests.
//! 2. It runs those of which nothing bad is expected, all at once, as `cargo test` does, if they can bear
//!    each other.
//! 3. Each test without a verdict (not among those, or the program hung or died) runs by itself: it
//!    hangs or dies alone, and the others get their verdict. One that is expected to be bad is not
//!    waited for as patiently.
//!
//! A failure stays a failure: nothing is run again because it failed.

use std::collections::{BTreeMap, BTreeSet};

use crate::conformance::child::{self, Ended, Program};

/// The part of its program's time that a test alone may take.
const ALONE: u32 = 3;
/// The same if it is expected to be bad: slow enough to pass, if it got well.
const IMPATIENT: u32 = 12;
/// A file in which so many hang will not be waited for as patiently.
const PATIENCE: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// With the first line of what it says.
    Failed(String),
    Hung,
    Ignored,
}

pub(crate) type Verdicts = BTreeMap<String, Verdict>;

impl Verdict {
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self, Verdict::Failed(_) | Verdict::Hung)
    }
}

/// What is known of a program's tests before they run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known<'a> {
    /// A bad verdict is expected.
    pub(crate) bad: BTreeSet<&'a str>,
    /// They are not run.
    pub(crate) skipped: BTreeSet<&'a str>,
}

/// So many runs, of which the first bad verdict counts.
pub(crate) fn run(
    program: Program<'_>,
    known: &Known<'_>,
    runs: usize,
) -> Result<Verdicts, String> {
    let mut names = list(program)?;
    names.retain(|name| !known.skipped.contains(name.as_str()));
    let mut all: Verdicts = Verdicts::new();
    for _ in 0..runs {
        for (name, verdict) in once(program, &names, known)? {
            match all.get(&name) {
                Some(known) if known.is_bad() || !verdict.is_bad() => (),
                _ => drop(all.insert(name, verdict)),
            }
        }
    }
    Ok(all)
}

/// The tests that a program holds.
pub(crate) fn list(program: Program<'_>) -> Result<Vec<String>, String> {
    let ended = child::run(program, &["--list"], program.limit / ALONE)?;
    if ended.success {
        Ok(listed(&ended.output))
    } else {
        Err(format!("it cannot list its tests: {}", ended.errors.trim()))
    }
}

fn once(program: Program<'_>, names: &[String], known: &Known<'_>) -> Result<Verdicts, String> {
    let mut verdicts = match program.one_by_one {
        true => Verdicts::new(),
        false => together(program, known)?,
    };
    verdicts.retain(|name, _| names.contains(name));
    let mut hung = 0;
    for name in names {
        let verdict = verdicts.get(name);
        // A program that does not end does not say why its tests fail.
        let unexplained = verdict == Some(&Verdict::Failed(String::new()));
        if verdict.is_none() || unexplained {
            let part = if known.bad.contains(name.as_str()) || hung >= PATIENCE {
                IMPATIENT
            } else {
                ALONE
            };
            let ended = child::run(program, &["--exact", name], program.limit / part)?;
            let verdict = match alone(name, &ended) {
                Verdict::Passed if unexplained => Verdict::Failed("only beside others".to_owned()),
                verdict => verdict,
            };
            hung += usize::from(verdict == Verdict::Hung);
            verdicts.insert(name.clone(), verdict);
        }
    }
    Ok(verdicts)
}

/// All at once, but for those that are known to be bad.
fn together(program: Program<'_>, known: &Known<'_>) -> Result<Verdicts, String> {
    // With one thread libtest names a test before it runs and a verdict may stand anywhere.
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let threads = format!("--test-threads={threads}");
    let mut args = vec![threads.as_str(), "--exact"];
    let apart = known.bad.iter().chain(&known.skipped);
    args.extend(apart.flat_map(|name| ["--skip", name]));
    Ok(read(&child::run(program, &args, program.limit)?.output))
}

/// The verdict on a test that ran by itself: what the process says counts most.
fn alone(name: &str, ended: &Ended) -> Verdict {
    match (ended.success, ended.timed_out) {
        (true, _) => Verdict::Passed,
        (false, true) => Verdict::Hung,
        (false, false) => match read(&ended.output).remove(name) {
            Some(verdict @ Verdict::Failed(_)) => verdict,
            _ => Verdict::Failed(format!("the process dies: {}", said(ended.errors.lines()))),
        },
    }
}

/// `name: test` of `--list`.
fn listed(output: &str) -> Vec<String> {
    let tests = output
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    tests.map(str::to_owned).collect()
}

/// The verdicts that libtest prints; for those that failed also why.
fn read(output: &str) -> Verdicts {
    let mut verdicts = Verdicts::new();
    for line in output.lines() {
        let Some((name, word)) = verdict_line(line) else {
            continue;
        };
        let verdict = match word {
            "ok" => Verdict::Passed,
            "FAILED" => Verdict::Failed(reason(output, name).unwrap_or_default()),
            _ if word.starts_with("ignored") => Verdict::Ignored,
            _ => continue,
        };
        verdicts.insert(name.to_owned(), verdict);
    }
    verdicts
}

/// `test NAME ... WORD`, also `test NAME - should panic ... WORD`.
fn verdict_line(line: &str) -> Option<(&str, &str)> {
    let (name, word) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    Some((name.strip_suffix(" - should panic").unwrap_or(name), word))
}

/// From the section `---- NAME stdout ----`.
fn reason(output: &str, name: &str) -> Option<String> {
    let head = format!("---- {name} stdout ----");
    let mut rest = output.lines().skip_while(|line| *line != head);
    rest.next()?;
    Some(said(rest.take_while(|line| !line.starts_with("---- "))))
}

/// The first panic's text and place, else the first line that says something.
fn said<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let panic = lines
        .iter()
        .position(|line| line.starts_with("thread ") && line.contains("panicked at "));
    let Some(panic) = panic else {
        return lines
            .first()
            .map_or("it says nothing", |line| line.trim())
            .to_owned();
    };
    let (_, place) = lines[panic]
        .split_once("panicked at ")
        .unwrap_or(("", lines[panic]));
    let text = lines.get(panic + 1).map_or("", |line| line.trim());
    format!("{text} ({})", place.trim_end_matches(':'))
}

#[cfg(test)]
mod tests;
