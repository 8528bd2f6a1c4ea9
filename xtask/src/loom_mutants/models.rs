//! The models: built once, and run one a process, so that one that hangs or aborts takes nobody
//! along.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::FOLDER;
use crate::process;

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) program: PathBuf,
    pub(crate) name: String,
}

/// What the models pass at one place.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    pub(super) method: String,
    pub(super) order: String,
    pub(super) failure: Option<String>,
    /// By number, the shortest first.
    pub(super) models: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Held,
    Failed,
    TimedOut,
}

/// Builds the models, and lists them.
pub(crate) fn build() -> Result<Vec<Model>, String> {
    let mut command = process::cargo();
    command.args(["test", "-p", "runtime-core", "-p", "runtime-io", "--lib"]);
    command.args(["--release", "--target-dir", "target/loom", "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg loom").trim());
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err("the models do not build".to_owned());
    }
    let mut models = Vec::new();
    for program in process::executables(&output.stdout) {
        let mut list = Command::new(&program);
        let list = process::answer(list.args(["loom_", "--list", "--format", "terse"]));
        let list = list.ok_or_else(|| format!("{} lists no tests", program.display()))?;
        let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
        models.extend(names.map(|name| Model {
            program: program.clone(),
            name: name.to_owned(),
        }));
    }
    if models.is_empty() {
        return Err("there is no model".to_owned());
    }
    Ok(models)
}

/// Runs each model as it is: what it passes, by place, and how long each took. All have to hold.
pub(super) fn record(
    models: &[Model],
    bound: u8,
) -> Result<(BTreeMap<String, Passed>, Vec<Duration>), String> {
    let folder = process::root().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
    let runs = super::in_parallel(models, |number, model| {
        let file = folder.join(format!("passed-{number}"));
        let _ = fs::remove_file(&file);
        let begun = Instant::now();
        let outcome = model.run(bound, "RUNTIME_LOOM_SITES", &file, Duration::from_secs(300))?;
        if outcome != Outcome::Held {
            return Err(format!("{} does not hold as it is", model.name));
        }
        let took = begun.elapsed();
        let text = fs::read_to_string(&file);
        let text = text.map_err(|_| format!("{} passes no place", model.name))?;
        Ok((text, took))
    });
    let mut passed = BTreeMap::new();
    let mut times = Vec::new();
    for (number, run) in runs.into_iter().enumerate() {
        let (text, took) = run?;
        times.push(took);
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [_, place, method, order, failure] = words[..] else {
                return Err(format!("not understood: {line:?}"));
            };
            let at = passed.entry(place.to_owned()).or_insert_with(|| Passed {
                method: method.to_owned(),
                order: order.to_owned(),
                failure: (failure != "-").then(|| failure.to_owned()),
                models: Vec::new(),
            });
            at.models.push(number);
        }
    }
    for at in passed.values_mut() {
        at.models.sort_by_key(|number| times[*number]);
    }
    Ok((passed, times))
}

impl Model {
    /// Runs it on a mutant.
    pub(super) fn attack(
        &self,
        mutant: &str,
        bound: u8,
        limit: Duration,
    ) -> Result<Outcome, String> {
        self.run(bound, "RUNTIME_LOOM_MUTANT", Path::new(mutant), limit)
    }

    fn run(
        &self,
        bound: u8,
        variable: &str,
        value: &Path,
        limit: Duration,
    ) -> Result<Outcome, String> {
        let mut command = Command::new(&self.program);
        command
            .args(["--exact", &self.name])
            .current_dir(process::root())
            .env("LOOM_MAX_PREEMPTIONS", bound.to_string())
            .env(variable, value)
            // Its own report of an error is long, and takes longer than to find it.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = process::run_until(&mut command, limit)?;
        Ok(match status {
            None => Outcome::TimedOut,
            Some(status) if status.success() => Outcome::Held,
            Some(_) => Outcome::Failed,
        })
    }
}
