//! `cargo xtask ecosystem`: the tests that the probe's crates carry in their packages, unmodified,
//! on the bridge.
//!
//! 1. The package is copied out of the registry to `target/probe/suites`, with the bridge under
//!    `[patch.crates-io]` of its manifest; nothing of its code is changed. What its tests need and it
//!    does not carry is put beside it, where that can be had (`missing`).
//! 2. Its tests are built, those inside its source too, with the features that the probe asks for,
//!    and each program runs as those of `conformance` do. tokio-postgres gets a server.
//! 3. What came of it is held against `compat/ecosystem.toml` (`ledger`): what is known not to
//!    pass, and how many do.

mod ledger;

mod missing;

mod postgres;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::conformance::child::Program;
use crate::conformance::scratch::{copy, write};
use crate::conformance::{build, suite};
use crate::machine::Machine;
use crate::needs::{self, Need};
use crate::probe;
use crate::process;
use ledger::Ledger;
use postgres::Postgres;

pub(crate) use ledger::{Count, PATH as LEDGER, counts};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Packages; all of the probe's, if there is none.
    pub(crate) names: Vec<String>,
    /// The counts in the ledger are written anew.
    pub(crate) update: bool,
    /// What is missing is installed.
    pub(crate) install: bool,
}

/// What of a package is not copied, by the beginning of its name.
const LEFT_OUT: [&str; 3] = [".", "Cargo.", "rust-toolchain"];

/// Features that a package's tests need besides those that the probe asks for.
const FOR_TESTS: [(&str, &str); 4] = [
    ("actix-web", "compress-gzip"),
    ("axum", "axum-macros/__private"),
    ("tower-http", "full"),
    ("warp", "test"),
];

/// The package whose tests talk to a server that somebody else has started.
const WITH_POSTGRES: &str = "tokio-postgres";

/// Servers that packages' tests talk to.
const SERVERS: [(&str, Need); 2] = [
    (WITH_POSTGRES, Need::Postgres),
    (missing::REDIS, Need::Redis),
];

/// A package with tests.
struct Carrier {
    name: String,
    version: String,
    /// Where cargo has unpacked it.
    source: PathBuf,
    /// What cargo is told: its tests, with the probe's features.
    arguments: Vec<String>,
}

/// What came of a package's tests.
#[derive(Debug, Default)]
struct Outcome {
    count: Count,
    /// What does not pass and is not known not to.
    bad: Vec<String>,
    /// Exceptions that something needed, by their place in the ledger.
    used: BTreeSet<usize>,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let metadata = process::metadata(&process::root().join("compat/probe"), &[])?;
    let all = carriers(&metadata);
    if let Some(name) = options
        .names
        .iter()
        .find(|name| all.iter().all(|one| one.name != **name))
    {
        return Err(format!("ecosystem: {name} is none of the probe's crates"));
    }
    let wanted = |name: &str| options.names.is_empty() || options.names.iter().any(|it| it == name);
    let servers = SERVERS.iter().filter(|(package, _)| wanted(package));
    needs::are_there(servers.map(|(_, need)| *need).collect(), options.install)?;
    let mut ledger = Ledger::load()?;
    let (mut problems, mut tests, mut packages) = (Vec::new(), 0, 0);
    for carrier in all.iter().filter(|one| wanted(&one.name)) {
        println!("\n{} {}:", carrier.name, carrier.version);
        let outcome = carrier.outcome(&ledger)?;
        let Count { pass, of, .. } = outcome.count;
        println!("  {pass} of {of}");
        (tests, packages) = (tests + pass, packages + 1);
        problems.extend(ledger.unused(&carrier.name, &outcome.used));
        problems.extend(outcome.bad);
        if options.update {
            ledger.counts.insert(carrier.name.clone(), outcome.count);
        } else {
            problems.extend(ledger.differs(&carrier.name, &outcome.count));
        }
    }
    if options.update {
        ledger.save()?;
    }
    match problems.len() {
        0 => {
            println!("{tests} tests of {packages} packages pass, as {LEDGER} expects");
            Ok(())
        }
        count => Err(format!(
            "{count} differences from {LEDGER}:\n{}",
            problems.join("\n")
        )),
    }
}

impl Carrier {
    /// Builds and runs its tests.
    fn outcome(&self, ledger: &Ledger) -> Result<Outcome, String> {
        let target = process::root().join("target/probe/suites");
        let folder = target.join(&self.name);
        copy_patched(&self.name, &self.source, &folder)?;
        missing::write_files(&self.name, &folder)?;
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let built = build::cargo(&folder, &target.join("target"), &arguments)?;
        built.no_real_tokio()?;
        let server = (self.name == WITH_POSTGRES).then(Postgres::start);
        let _server = server.transpose()?;
        let mut outcome = Outcome::default();
        outcome.count.version.clone_from(&self.version);
        for (program, errors) in &built.errors {
            println!("  {program}: does not compile");
            let known = self.judge(ledger, &mut outcome, program, "");
            if !known {
                errors.iter().for_each(|error| println!("    {error}"));
            }
        }
        let machine = Machine::native();
        for (program, path) in &built.programs {
            let tests = Program {
                one_by_one: self.name == missing::REDIS,
                ..Program::new(&machine, path, &folder)
            };
            let names = suite::list(tests)?;
            let mut known = suite::Known::default();
            for name in &names {
                if let Some(place) = ledger.left_out(&self.name, program, name) {
                    outcome.used.insert(place);
                    known.skipped.insert(name);
                }
            }
            let verdicts = suite::run(tests, &known, 1)?;
            let passed = verdicts
                .values()
                .filter(|verdict| !verdict.is_bad())
                .count();
            println!("  {passed:>3}/{:<3} {program}", names.len());
            outcome.count.pass += passed;
            outcome.count.of += names.len();
            for (test, verdict) in verdicts.iter().filter(|(_, verdict)| verdict.is_bad()) {
                if !self.judge(ledger, &mut outcome, program, test) {
                    println!("          {test}: {verdict:?}");
                }
            }
        }
        Ok(outcome)
    }

    /// Whether this is known not to pass; it is bad if not.
    fn judge(&self, ledger: &Ledger, outcome: &mut Outcome, program: &str, test: &str) -> bool {
        match ledger.exception(&self.name, program, test) {
            Some(place) => {
                outcome.used.insert(place);
                true
            }
            None => {
                outcome
                    .bad
                    .push(format!("{} {program} {test}: does not pass", self.name));
                false
            }
        }
    }
}

/// The probe's dependencies.
fn carriers(metadata: &Value) -> Vec<Carrier> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let found = probe::direct(metadata)
        .into_iter()
        .filter_map(|dependency| {
            let name = dependency["name"].as_str()?;
            let mut known = packages.clone().filter(|package| package["name"] == name);
            let package = known.next()?;
            let manifest = package["manifest_path"].as_str()?;
            Some(Carrier {
                name: name.to_owned(),
                version: package["version"].as_str()?.to_owned(),
                source: Path::new(manifest).parent()?.to_owned(),
                arguments: arguments(dependency),
            })
        });
    found.collect()
}

/// `cargo build` with the features that this dependency asks for.
fn arguments(dependency: &Value) -> Vec<String> {
    let features = dependency["features"].as_array().into_iter().flatten();
    let for_tests = FOR_TESTS
        .iter()
        .filter(|(name, _)| dependency["name"] == *name)
        .map(|(_, feature)| *feature);
    let features: Vec<&str> = features
        .filter_map(Value::as_str)
        .chain(for_tests)
        .collect();
    let mut arguments = vec!["--tests".to_owned()];
    arguments.push(format!("--features={}", features.join(",")));
    if dependency["uses_default_features"] == false {
        arguments.push("--no-default-features".to_owned());
    }
    arguments
}

/// The whole package but its lock file, which would keep the real tokio, and what says how it is
/// worked on where it comes from.
fn copy_patched(name: &str, source: &Path, folder: &Path) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", source.display());
    for entry in fs::read_dir(source).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let (path, copied) = (source.join(&name), folder.join(&name));
        let text = name.to_string_lossy();
        if LEFT_OUT.iter().any(|start| text.starts_with(start)) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &copied)?;
        } else {
            write(&copied, &fs::read(&path).map_err(failed)?)?;
        }
    }
    let manifest = fs::read_to_string(source.join("Cargo.toml")).map_err(failed)?;
    let bridge = process::root().join("compat/tokio");
    let patched = format!(
        "{manifest}\n\n{}[workspace]\n\n[patch.crates-io]\ntokio = {{ path = {:?} }}\n{}\n\
         [profile.dev]\ndebug = 0\n",
        missing::crates(name),
        bridge.to_string_lossy(),
        missing::patches(name)
    );
    write(&folder.join("Cargo.toml"), patched.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_tested_with_the_features_that_the_probe_asks_for() {
        let metadata = serde_json::json!({"packages": [
            {"name": "h2", "version": "0.4.1", "manifest_path": "/r/h2/Cargo.toml"},
            {"name": "probe", "dependencies": [
                {"name": "h2", "features": ["a", "b"], "uses_default_features": false}]},
        ]});
        let carriers = carriers(&metadata);
        assert_eq!((carriers.len(), carriers[0].version.as_str()), (1, "0.4.1"));
        assert_eq!(carriers[0].source, Path::new("/r/h2"));
        let expected = ["--tests", "--features=a,b", "--no-default-features"];
        assert_eq!(carriers[0].arguments, expected);
    }
}
