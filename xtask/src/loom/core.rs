//! `cargo xtask loom --core`: the models of the core, with one preemption more than the rest.
//!
//! The core is what every program's tasks go through. Each model is a process of its own and has a
//! limit of processor time, which is the same on a busy machine. One that does not end has shown
//! nothing at this bound: it is named, and an error unless it is known to be too large
//! ([`TOO_LARGE`]).

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use super::{BOUND, explored};
use crate::loom_mutants::in_parallel;
use crate::loom_mutants::models::{self, Model};
use crate::process;

/// What the names of its models begin with.
const CORE: [&str; 7] = [
    "blocking::",
    "park::",
    "scheduler::",
    "sync::mpsc::",
    "sync::raw_semaphore::",
    "task::",
    "timer::",
];

const PREEMPTIONS: &str = "4";

/// Of processor time, in seconds.
const LIMIT: u32 = 600;

/// What a shell says of a program that has used up its time: 128 and the number of `SIGXCPU`.
const USED_UP: i32 = 128 + 24;

/// Models that need not end, and what is said of them at this bound instead.
const TOO_LARGE: [(&str, &str); 2] = [
    (
        "scheduler::loom_tests::loom_idle_one_push_two_workers",
        "two workers end without a push, a push with one: loom_idle_somebody_sits, \
         loom_idle_push_vs_sleep",
    ),
    (
        "scheduler::loom_tests::loom_idle_two_pushes_two_workers",
        "as above, and two pushes with one worker: loom_idle_two_pushers",
    ),
];

/// Where each model leaves what it says.
const FOLDER: &str = "target/loom-core";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// In so many executions.
    Held(u64),
    Failed,
    DidNotEnd,
}

/// Runs those of the core's models whose name contains one of `filters`, or all of them.
pub(crate) fn run(filters: &[String]) -> Result<(), String> {
    let mut models = models::build()?;
    models.retain(|model| is_core(&model.name) && is_wanted(&model.name, filters));
    // Renaming them would make every model vanish without a failure.
    if models.is_empty() {
        return Err("there was no model to run".to_owned());
    }
    let folder = process::root().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
    let outcomes = in_parallel(&models, |_, model| {
        let begun = Instant::now();
        let outcome = run_one(model, &folder)?;
        let seconds = begun.elapsed().as_secs_f32();
        println!("{}: {outcome:?}, {seconds:.1} s", model.name);
        Ok(outcome)
    });
    let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    let names = models.iter().map(|model| model.name.as_str());
    let (errors, figures) = judge(names.zip(outcomes));
    errors.iter().for_each(|error| println!("{error}"));
    println!("{figures}");
    match errors.len() {
        0 => Ok(()),
        count => Err(format!("{count} models; what they said is in {FOLDER}")),
    }
}

fn is_core(name: &str) -> bool {
    CORE.iter().any(|start| name.starts_with(start))
}

fn is_wanted(name: &str, filters: &[String]) -> bool {
    filters.is_empty() || filters.iter().any(|filter| name.contains(filter))
}

fn run_one(model: &Model, folder: &Path) -> Result<Outcome, String> {
    let path = folder.join(model.name.replace("::", "."));
    let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let too = file.try_clone().map_err(|error| error.to_string())?;
    // The shell stays, to say how it ended; what has used up its time leaves no image behind.
    let limited = format!("ulimit -c 0; ulimit -S -t {LIMIT}; \"$0\" \"$@\"; exit $?");
    let mut command = process::program("sh");
    command
        .args(["-c", &limited])
        .arg(&model.program)
        .args(["--exact", &model.name])
        .env(BOUND, PREEMPTIONS)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(too);
    let status = command.status().map_err(|error| error.to_string())?;
    Ok(match status.code() {
        Some(USED_UP) => Outcome::DidNotEnd,
        Some(0) => {
            let said = fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<String> = said.lines().map(str::to_owned).collect();
            Outcome::Held(explored(&lines).iter().map(|it| it.executions).sum())
        }
        _ => Outcome::Failed,
    })
}

/// The errors, and the line that has the figures.
fn judge<'a>(outcomes: impl Iterator<Item = (&'a str, Outcome)>) -> (Vec<String>, String) {
    let (mut errors, mut too_large) = (Vec::new(), Vec::new());
    let (mut held, mut executions) = (0, 0);
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Held(count) => {
                held += 1;
                executions += count;
            }
            Outcome::Failed => errors.push(format!("{name}: fails")),
            Outcome::DidNotEnd if TOO_LARGE.iter().any(|(known, _)| *known == name) => {
                too_large.push(name);
            }
            Outcome::DidNotEnd => errors.push(format!("{name}: does not end in {LIMIT} s")),
        }
    }
    let mut figures = format!("{held} models, {executions} executions at bound {PREEMPTIONS}");
    if !too_large.is_empty() {
        let short = too_large.iter().filter_map(|name| name.rsplit("::").next());
        let short: Vec<&str> = short.collect();
        figures += &format!("; too large: {}", short.join(", "));
    }
    (errors, figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_does_not_end_is_an_error_unless_it_is_known() {
        let (known, _) = TOO_LARGE[0];
        let outcomes = [
            ("task::loom_tests::loom_a", Outcome::Held(5)),
            (known, Outcome::DidNotEnd),
            ("park::seat::loom_tests::loom_b", Outcome::Held(2)),
        ];
        let (errors, figures) = judge(outcomes.into_iter());
        assert_eq!(errors, [""; 0]);
        let known = known.rsplit("::").next().expect("a name");
        assert_eq!(
            figures,
            format!("2 models, 7 executions at bound 4; too large: {known}")
        );
        let others = [
            ("task::loom_tests::loom_a", Outcome::DidNotEnd),
            ("task::loom_tests::loom_b", Outcome::Failed),
        ];
        let (errors, figures) = judge(others.into_iter());
        assert_eq!(errors.len(), 2);
        assert_eq!(figures, "0 models, 0 executions at bound 4");
    }

    #[test]
    fn a_known_model_that_fails_is_an_error() {
        let (known, _) = TOO_LARGE[0];
        assert_eq!(judge([(known, Outcome::Failed)].into_iter()).0.len(), 1);
    }

    #[test]
    fn the_core_is_a_part_of_the_models() {
        assert!(is_core(
            "sync::mpsc::room::loom_tests::loom_room_reaches_two_who_wait"
        ));
        assert!(!is_core(
            "sync::watch::loom_tests::loom_watch_send_against_changed"
        ));
        assert!(TOO_LARGE.iter().all(|(name, _)| is_core(name)));
        let filters = ["seat".to_owned(), "timer".to_owned()];
        assert!(is_wanted("park::seat::loom_tests::loom_seat", &filters));
        assert!(!is_wanted("task::loom_tests::loom_task", &filters));
    }
}
