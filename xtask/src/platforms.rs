//! `cargo xtask platforms [--check | --install] [--runs N] [TARGET]`: the crates on every system that
//! they are written for, from this machine.
//!
//! 1. What is missing is installed, where that may be done (`toolchain`).
//! 2. Where programs of a target can run here, natively, under qemu or under wine (`targets`,
//!    `machine`), all tests are built and run (`suite`), under wine three times in a row.
//! 3. The tests that do not apply there are known with their reasons (`ledger`). Any other test that
//!    does not pass is an error.
//! 4. The other targets are type-checked with their tests, and the crates linted (`check`).
//! 5. What came of each is kept in `docs/platforms.toml`; `cargo xtask tables` makes a table of it.
//!
//! With `--check` nothing is installed, run or kept: every target is only checked and linted. With
//! `--install` that what this needs is installed, and that is all.

mod check;

mod keys;

pub(crate) mod ledger;

pub(crate) mod targets;

mod suite;

pub(crate) mod toolchain;

use std::num::NonZeroUsize;
use std::time::Instant;

use ledger::{Ledger, Outcome};
use targets::{TARGETS, Target};

use crate::nightly;

/// Where the tables stand that `cargo xtask tables` makes of what came out.
pub(crate) const PAGE: &str = "docs/platforms.md";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) check: bool,
    /// Installs what a check needs, and that is all.
    pub(crate) install: bool,
    /// None: all.
    pub(crate) target: Option<String>,
    /// How often each program runs; as often as the target says if nothing is said.
    pub(crate) runs: Option<NonZeroUsize>,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let only = options.target.as_deref();
    let targets = TARGETS.iter();
    let targets = targets.filter(|target| only.is_none_or(|only| only == target.name));
    let targets: Vec<&Target> = targets.collect();
    if options.install {
        // A check needs nothing of a target's own.
        return toolchain::install(&[]);
    }
    if options.check {
        toolchain::wants_a_checker()?;
        return all(targets.into_iter().map(check::run));
    }
    toolchain::install(&targets)?;
    let take = |target| take(target, options.runs);
    let outcome = all(targets.into_iter().map(take));
    println!("{}", ledger::table(&Ledger::read()?));
    println!("{}", Ledger::read()?.sums());
    outcome
}

/// Takes a target as far as it goes, and keeps what came of it.
fn take(target: &Target, often: Option<NonZeroUsize>) -> Result<(), String> {
    let (commit, begun) = (nightly::commit()?, Instant::now());
    let mut outcome = Outcome {
        how: target.how_far().to_owned(),
        commit,
        ..Outcome::default()
    };
    let result = match target.runs() {
        Some(runs) => {
            outcome.runs = often.unwrap_or(target.how_often()).get();
            suite::run(target, runs, &mut outcome)
        }
        None => check::run(target),
    };
    outcome.whole = result.is_ok();
    outcome.date = nightly::today();
    outcome.seconds = begun.elapsed().as_secs();
    // Read again: a run takes long, and somebody may have written reasons meanwhile.
    let mut ledger = Ledger::read()?;
    ledger.outcomes.insert(target.name.to_owned(), outcome);
    ledger.write()?;
    result
}

/// All are tried; the errors of those that fail.
fn all(results: impl Iterator<Item = Result<(), String>>) -> Result<(), String> {
    let errors: Vec<String> = results.filter_map(Result::err).collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.join("\n"))
}

/// Whether `name` is one of those that are known.
pub(crate) fn is_known(name: &str) -> bool {
    targets::named(name).is_some()
}
