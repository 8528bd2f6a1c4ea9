//! `cargo xtask conformance`: tokio's own published tests, unmodified, on this runtime.
//!
//! 1. A scratch package is made with the tests and the bridge (`scratch`).
//! 2. Its test files are built; those that do not compile stay known by their errors (`build`).
//! 3. Each program runs by itself, bounded in time; each test gets a verdict (`suite`, `child`).
//! 4. The verdicts are held against the ledger of what is expected not to pass (`ledger`).
//!
//! Files that hold no test on stable Linux are not in the ledger's list and are not built. One
//! file, [`COMPILES`], is nothing but assertions of the compiler's: it counts as one test.

pub(crate) mod build;

pub(crate) mod child;

pub(crate) mod groups;

pub(crate) mod ledger;

pub(crate) mod report;

pub(crate) mod scratch;

pub(crate) mod suite;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Instant;

use build::Build;
use child::Program;
use groups::Group;
use ledger::Ledger;
use scratch::{Scratch, Under};
use suite::{Known, Verdict, Verdicts};

use crate::machine::{Machine, Runs};
use crate::platforms::targets::{self, Target};
use crate::platforms::toolchain;

/// A file without a test function that must compile.
const COMPILES: &str = "async_send_sync";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) group: Option<Group>,
    pub(crate) test: Option<String>,
    /// How often each program runs; the first bad verdict of a test counts.
    pub(crate) runs: NonZeroUsize,
    /// How many programs run at a time; half of the cores if nothing is said.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Nothing may be missing any more.
    pub(crate) strict: bool,
    /// The ledger is written anew.
    pub(crate) update: bool,
    /// The tests run on tokio itself; the ledger is only a list of files.
    pub(crate) reference: bool,
    /// None: this machine's own.
    pub(crate) target: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            group: None,
            test: None,
            runs: NonZeroUsize::MIN,
            jobs: None,
            strict: false,
            update: false,
            reference: false,
            target: None,
        }
    }
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With the compiler's errors.
    NotCompiled(Vec<String>),
    Ran(Verdicts),
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let target = options.target.as_deref().map(system).transpose()?;
    let mut ledger = Ledger::load(ledger::path(options.target.as_deref()))?;
    let files = select(&ledger, options)?;
    let under = if options.reference {
        Under::Reference
    } else {
        Under::Bridge
    };
    let begun = Instant::now();
    let scratch = Scratch::make(under)?;
    println!(
        "building {} files in {}",
        files.len(),
        scratch.folder.display()
    );
    let build = build::run(&scratch, under, &files, target.map(|(target, _)| target))?;
    println!("built in {} s", begun.elapsed().as_secs());
    for (name, errors) in &build.errors {
        if !files.contains(&name.as_str()) {
            println!("{name} does not compile, nor does what depends on it:");
            errors.iter().for_each(|error| println!("    {error}"));
        }
    }
    let begun = Instant::now();
    let machine = Machine::start(target.map_or(Runs::Natively, |(_, runs)| runs))?;
    let place = (&machine, scratch.folder.as_path());
    let outcomes = outcomes(place, &build, &files, options, &ledger)?;
    println!("\n{}", report::table(&outcomes, &ledger.counts));
    println!("ran in {} s", begun.elapsed().as_secs());
    if options.reference {
        return Ok(());
    }
    if options.update {
        ledger.update(&outcomes);
        ledger.save()?;
    }
    let mut problems = ledger.compare(&outcomes);
    if options.strict {
        problems.extend(ledger.unfinished());
    }
    if problems.is_empty() {
        println!(
            "{}, as {} expects",
            report::passed(&outcomes, &ledger.counts),
            ledger.path
        );
        return Ok(());
    }
    Err(format!(
        "{} differences from {}:\n{}",
        problems.len(),
        ledger.path,
        problems.join("\n")
    ))
}

fn select<'a>(ledger: &'a Ledger, options: &Options) -> Result<Vec<&'a str>, String> {
    let wanted = |file: &&str| {
        options
            .group
            .is_none_or(|group| Group::of(file) == Some(group))
            && options.test.as_ref().is_none_or(|test| test == file)
    };
    let files: Vec<&str> = ledger
        .counts
        .keys()
        .map(String::as_str)
        .filter(wanted)
        .collect();
    if files.is_empty() {
        return Err("conformance: no such file in the suite, or not in that group".to_owned());
    }
    Ok(files)
}

/// A target whose programs can run here, with all that this needs installed.
fn system(name: &str) -> Result<(&'static Target, Runs), String> {
    let target = targets::named(name).and_then(|target| Some((target, target.runs()?)));
    let target = target.ok_or_else(|| format!("conformance: {name} is not run here"))?;
    toolchain::install(&[target.0])?;
    Ok(target)
}

/// Runs the programs, some at a time; prints in the order of their names.
fn outcomes(
    place: (&Machine, &Path),
    build: &Build,
    files: &[&str],
    options: &Options,
    ledger: &Ledger,
) -> Result<BTreeMap<String, Outcome>, String> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = options.jobs.map_or((cores / 2).max(1), NonZeroUsize::get);
    let queue = Mutex::new(files.iter().enumerate());
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, queue) = (sender.clone(), &queue);
            scope.spawn(move || {
                loop {
                    let next = queue.lock().expect("nobody panics here").next();
                    let Some((index, file)) = next else { return };
                    let listed = ledger.listed(file);
                    let outcome = outcome(place, build, file, listed, options.runs);
                    if sender.send((index, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut all = BTreeMap::new();
        for (index, outcome) in receiver {
            waiting.insert(index, outcome);
            while let Some(outcome) = waiting.remove(&all.len()) {
                let file = files[all.len()];
                let outcome = outcome.map_err(|error| format!("{file}: {error}"))?;
                println!("{}", report::file(file, &outcome, ledger.counts[file]));
                all.insert(file.to_owned(), outcome);
            }
        }
        Ok(all)
    })
}

fn outcome(
    (machine, folder): (&Machine, &Path),
    build: &Build,
    file: &str,
    listed: BTreeSet<&str>,
    runs: NonZeroUsize,
) -> Result<Outcome, String> {
    let Some(program) = build.programs.get(file) else {
        let errors = build.errors.get(file).cloned();
        let errors = errors.unwrap_or_else(|| vec!["a dependency does not compile".to_owned()]);
        return Ok(Outcome::NotCompiled(errors));
    };
    if file == COMPILES {
        let compiles = ("compiles".to_owned(), Verdict::Passed);
        return Ok(Outcome::Ran([compiles].into()));
    }
    let known = Known {
        bad: listed,
        ..Known::default()
    };
    let program = Program::new(machine, program, folder);
    suite::run(program, &known, runs.get()).map(Outcome::Ran)
}
