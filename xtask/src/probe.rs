//! `cargo xtask probe`: crates that are written against tokio, unmodified, on the bridge.
//!
//! `compat/probe` depends on them and patches tokio. Each of them builds, or the compiler says
//! which names it misses; what depends on one that fails is not reached.
//!
//! With `--test` the probe's own tests run, too: over streams in memory, and over sockets of this
//! machine. Those that the packages carry are for `cargo xtask ecosystem`. With `--serve` one of
//! them, axum, serves under load: see `serve`.

mod serve;

use crate::conformance::child::Program;
use crate::conformance::{build, suite};
use crate::machine::Machine;
use crate::process;

/// What is asked of the crates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Builds,
    Tests,
    Serves { install: bool },
}

pub(crate) fn run(what: What) -> Result<(), String> {
    match what {
        What::Builds => builds(),
        What::Tests => {
            let built = builds();
            let tested = tests();
            built.and(tested)
        }
        What::Serves { install } => serve::run(install),
    }
}

fn builds() -> Result<(), String> {
    let root = process::root();
    let folder = root.join("compat/probe");
    let metadata = process::metadata(&folder, &[])?;
    let names = direct(&metadata)
        .into_iter()
        .filter_map(|one| one["name"].as_str());
    let crates: Vec<String> = names.map(|name| name.replace('-', "_")).collect();
    let build = build::cargo(&folder, &root.join("target/probe"), &[])?;
    build.no_real_tokio()?;
    let mut unbuilt = 0;
    for name in &crates {
        let verdict = match (build.libraries.contains(name), build.errors.get(name)) {
            (true, _) => "builds",
            (false, Some(_)) => "does not build",
            (false, None) => "not reached",
        };
        unbuilt += usize::from(verdict != "builds");
        println!("{name}: {verdict}");
    }
    for (name, errors) in &build.errors {
        println!("\n{name}:");
        errors.iter().for_each(|error| println!("    {error}"));
    }
    match unbuilt {
        0 => Ok(()),
        _ => Err(format!("{unbuilt} of {} crates do not build", crates.len())),
    }
}

fn tests() -> Result<(), String> {
    let root = process::root();
    let folder = root.join("compat/probe");
    let build = build::cargo(&folder, &root.join("target/probe"), &["--tests"])?;
    build.no_real_tokio()?;
    let mut bad: Vec<String> = build
        .errors
        .keys()
        .map(|name| format!("{name} does not compile"))
        .collect();
    let machine = Machine::native();
    for (program, path) in &build.programs {
        let tests = Program::new(&machine, path, &folder);
        let verdicts = suite::run(tests, &suite::Known::default(), 1)?;
        let passed = verdicts.values().filter(|verdict| !verdict.is_bad());
        println!("  {:>3}/{:<3} {program}", passed.count(), verdicts.len());
        let failed = verdicts.iter().filter(|(_, verdict)| verdict.is_bad());
        bad.extend(failed.map(|(test, verdict)| format!("{program} {test}: {verdict:?}")));
    }
    match bad.len() {
        0 => Ok(()),
        count => Err(format!("{count} do not pass:\n{}", bad.join("\n"))),
    }
}

/// What the probe depends on itself, not only in its tests.
pub(crate) fn direct(metadata: &serde_json::Value) -> Vec<&serde_json::Value> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut probe = packages.filter(|package| package["name"] == "probe");
    let dependencies = probe
        .next()
        .and_then(|package| package["dependencies"].as_array());
    let dependencies = dependencies.into_iter().flatten();
    dependencies.filter(|one| one["kind"].is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_are_those_of_the_probe() {
        let metadata = serde_json::json!({"packages": [
            {"name": "h2", "dependencies": [{"name": "bytes"}]},
            {"name": "probe", "dependencies": [{"name": "h2"}, {"name": "tokio-util"},
                {"name": "http", "kind": "dev"}]},
        ]});
        let names: Vec<_> = direct(&metadata).iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["h2", "tokio-util"]);
    }
}
