//! `cargo xtask errno [--quick]`: every system call that the runtime makes fails, with each error
//! that its manual lists, at each of its first five occurrences.
//!
//! strace injects the failures into a process that does a little of everything
//! (`xtask/errno/scenario.rs`), in parts, and into examples. What has to come of each: the process
//! ends by itself, in time, with success or with an error's exit code, and leaves no more descriptors
//! and threads than it does undisturbed. A panic, a death by signal, a hang, a busy loop or a leak is a
//! finding, and any finding fails the command; so does a call that is made and that `calls` does not
//! know.
//!
//! strace counts occurrences by thread. It holds on to the scenario before its runtime is made, so
//! that what the loader did does not count: an occurrence is a thread's first, second … of what is
//! ours. A case that injects nothing is not counted, nor are later occurrences tried.
//!
//! In the same way a signal with a handler arrives in each call, and must fail nothing.
//!
//! `EAGAIN` is left out where it would be a lie: the system says it only if an event will follow, and
//! a runtime has to wait for that. Linux only; ptrace has to be allowed.

mod calls;
mod case;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::process;

use calls::{CALLS, Call};
use case::{Case, Outcome, Program};

/// The parts of the scenario.
const PARTS: [&str; 7] = ["tcp", "udp", "unix", "fs", "process", "time", "signal"];

/// Examples that end by themselves, with their arguments. They are held from their very beginning:
/// only calls that no loader makes fail in them.
const EXAMPLES: [(&str, &[&str]); 5] = [
    ("timers", &[]),
    ("cat", &["Cargo.toml"]),
    ("crunch", &["1000"]),
    ("h2o", &["4"]),
    ("run", &["echo", "text"]),
];

const OCCURRENCES: usize = 5;

pub(crate) fn run(quick: bool) -> Result<(), String> {
    if process::answer(process::program("strace").arg("-V")).is_none() {
        return Err("errno: there is no strace on PATH, or not on this system".to_owned());
    }
    let programs = build()?;
    let mut groups = Vec::new();
    let mut unknown = Vec::new();
    for program in &programs {
        let undisturbed = case::undisturbed(program)?;
        let made = &undisturbed.calls;
        if program.is_ours() {
            let others = made.iter().filter(|name| !calls::is_known(name));
            unknown.extend(others.map(|name| format!("{name} in {}", program.name())));
        }
        for call in CALLS.iter().filter(|call| program.can_fail(call)) {
            if made.iter().any(|name| name == call.name) {
                let errors =
                    program
                        .errors_of(call)
                        .iter()
                        .take(if quick { 1 } else { usize::MAX });
                let left = undisturbed.left.and_then(|left| allowed(left, call));
                groups.extend(errors.map(|error| (program, left, call, *error)));
                if program.handles_signals() && !quick {
                    // With a handler it has other descriptors.
                    groups.push((program, None, call, case::SIGNAL));
                }
            }
        }
    }
    if !unknown.is_empty() {
        return Err(format!(
            "errno: neither listed nor left out with a reason: {}",
            unknown.join(", ")
        ));
    }
    let occurrences = if quick { 2 } else { OCCURRENCES };
    let begun = Instant::now();
    let outcomes = all(groups, occurrences);
    let findings: Vec<String> = outcomes.iter().filter_map(Outcome::finding).collect();
    let failed = outcomes.iter().filter(|outcome| outcome.is_error()).count();
    println!(
        "{} cases of {} calls: {} went on, {} ended with an error, {} findings; {} s",
        outcomes.len(),
        CALLS.len(),
        outcomes.len() - failed - findings.len(),
        failed,
        findings.len(),
        begun.elapsed().as_secs(),
    );
    if findings.is_empty() {
        Ok(())
    } else {
        Err(format!("errno: {} findings, above", findings.len()))
    }
}

/// The scenario by its parts, and the examples.
fn build() -> Result<Vec<Program>, String> {
    for arguments in [
        &[
            "build",
            "--quiet",
            "-p",
            "xtask",
            "--example",
            "errno_scenario",
        ][..],
        &["build", "--quiet", "-p", "runtime", "--examples"],
    ] {
        process::run(process::cargo().args(arguments))?;
    }
    let folder: PathBuf = process::root().join("target/debug/examples");
    let parts = PARTS.map(|part| Program::waiting(&folder.join("errno_scenario"), part));
    let examples =
        EXAMPLES.map(|(name, arguments)| Program::example(&folder.join(name), arguments));
    let all: Vec<Program> = parts.into_iter().chain(examples).collect();
    let missing = all
        .iter()
        .find(|program| !Path::new(program.path()).exists());
    missing.map_or(Ok(()), |it| {
        Err(format!("{} was not built", it.path().display()))
    })?;
    Ok(all)
}

/// What may be left when this call fails; `None`: anything.
fn allowed((descriptors, threads): (usize, usize), call: &Call) -> Option<(usize, usize)> {
    match call.name {
        // The standard library draws from a file then, which it keeps.
        "getrandom" => None,
        // An alarm that cannot be read may have lost its number to somebody else: it is not closed.
        "read" => Some((descriptors + 1, threads)),
        _ => Some((descriptors, threads)),
    }
}

/// A program with what it leaves, a call, and how that fails.
type Group<'a> = (&'a Program, Option<(usize, usize)>, &'a Call, &'a str);

/// All cases, as many at a time as there are processors.
fn all(groups: Vec<Group<'_>>, occurrences: usize) -> Vec<Outcome> {
    let groups = Mutex::new(groups);
    let outcomes = Mutex::new(Vec::new());
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let next = groups.lock().expect("no thread panics").pop();
                    let Some((program, left, call, error)) = next else {
                        break;
                    };
                    for occurrence in 1..=occurrences {
                        let case = Case {
                            program,
                            left,
                            call: call.name,
                            error,
                            occurrence,
                        };
                        let Some(outcome) = case.run() else {
                            break;
                        };
                        outcome
                            .finding()
                            .iter()
                            .for_each(|finding| println!("{finding}"));
                        outcomes.lock().expect("no thread panics").push(outcome);
                    }
                }
            });
        }
    });
    outcomes.into_inner().expect("no thread panics")
}
