//! `cargo xtask apps`: whole applications (`examples/apps`) on the bridge, on tokio, or on both.
//!
//! 1. What the tests start besides the applications has to be installed (`needs`).
//! 2. The applications are built, with their tests: for the bridge where they are, for tokio in a
//!    copy without the line that patches it (`variant`).
//! 3. The tests run, file by file, each bounded in time; they drive the programs of either build
//!    and compare what they say.
//!
//! With `--stress` only those of load and of faults run ([`STRESS`]).
//! With `--measure` two of the applications are built in release and put under load instead
//! (`measure`).

mod measure;

mod variant;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::needs::{self, Need};
use crate::process;
use crate::repeat;
use variant::Variant;

/// Whose programs take part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum On {
    #[default]
    Bridge,
    Tokio,
    Both,
}

impl On {
    fn variants(self) -> &'static [Variant] {
        match self {
            On::Bridge => &[Variant::Bridge],
            On::Tokio => &[Variant::Tokio],
            On::Both => &[Variant::Bridge, Variant::Tokio],
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// One of [`APPS`]; all, if nothing is said.
    pub(crate) name: Option<String>,
    pub(crate) on: On,
    pub(crate) install: bool,
    pub(crate) measure: bool,
    pub(crate) stress: bool,
}

/// An application with what tests it.
struct App {
    name: &'static str,
    /// Test files; one may be some applications'.
    suites: &'static [&'static str],
    needs: &'static [Need],
}

const APPS: [App; 6] = [
    App {
        name: "web",
        suites: &["web", "servers", "load", "killed"],
        needs: &[Need::Postgres, Need::Redis, Need::Wrk],
    },
    App {
        name: "client",
        suites: &["client"],
        needs: &[],
    },
    App {
        name: "proxy",
        suites: &["proxy"],
        needs: &[],
    },
    App {
        name: "rpc",
        suites: &["rpc", "killed"],
        needs: &[],
    },
    App {
        name: "quic",
        suites: &["quic", "killed"],
        needs: &[],
    },
    App {
        name: "bus",
        suites: &["bus"],
        needs: &[Need::Nats],
    },
];

/// Load, and what dies in the midst of it: servers, clients, the application itself.
const STRESS: [&str; 3] = ["load", "servers", "killed"];

/// How long a test file may take, which `load` nearly does on a busy machine.
const LIMIT_S: &str = "300";

pub(crate) fn is_known(name: &str) -> bool {
    APPS.iter().any(|app| app.name == name)
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    if options.measure {
        needs::are_there([Need::Wrk].into(), options.install)?;
        return measure::run();
    }
    let wanted = |app: &&App| options.name.as_ref().is_none_or(|name| name == app.name);
    let apps: Vec<&'static App> = APPS.iter().filter(wanted).collect();
    let needs: BTreeSet<Need> = apps.iter().flat_map(|app| app.needs).copied().collect();
    needs::are_there(needs, options.install)?;
    let all = suites(&APPS.iter().collect::<Vec<_>>());
    let mut folders = Vec::new();
    let mut tests = BTreeMap::new();
    for variant in options.on.variants() {
        let built = variant.build(&all)?;
        folders.push(format!("{}={}", variant.name(), built.folder.display()));
        tests.extend(built.tests);
    }
    let (mut passed, mut failed) = (0, Vec::new());
    let wanted = suites(&apps).into_iter();
    for suite in wanted.filter(|suite| !options.stress || STRESS.contains(suite)) {
        let result = match tests.get(suite) {
            Some(program) => process::run_and_read(&mut bounded(program, &folders.join(":"))),
            None => Err(format!("there is no file of tests named {suite}")),
        };
        match result {
            Ok(lines) => {
                passed += lines
                    .iter()
                    .filter_map(|line| repeat::passed(line))
                    .sum::<u32>()
            }
            Err(error) => failed.push(error),
        }
    }
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    let on = options.on.variants().iter().map(|variant| variant.name());
    println!(
        "{passed} tests pass on {}",
        on.collect::<Vec<_>>().join(" and on ")
    );
    Ok(())
}

/// The applications' files of tests, in their order, each once.
fn suites(apps: &[&'static App]) -> Vec<&'static str> {
    let mut suites = Vec::new();
    for suite in apps.iter().flat_map(|app| app.suites).copied() {
        if !suites.contains(&suite) {
            suites.push(suite);
        }
    }
    suites
}

/// One at a time: what the tests start takes all of the machine by itself. Killed, it takes along
/// what it has started.
fn bounded(program: &Path, folders: &str) -> Command {
    let mut command = process::program("timeout");
    command
        .args(["--signal=KILL", LIMIT_S])
        .arg(program)
        .arg("--test-threads=1")
        .current_dir(variant::apps())
        .env("APPS_PROGRAMS", folders);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_application_is_one_of_the_folder_and_each_of_the_folder_is_listed() {
        let manifest = std::fs::read_to_string(variant::apps().join("Cargo.toml"));
        let manifest: toml::Table = manifest.expect("it is there").parse().expect("TOML");
        let members = manifest["workspace"]["members"].as_array().expect("a list");
        let members: BTreeSet<&str> = members.iter().filter_map(toml::Value::as_str).collect();
        let mut listed: BTreeSet<&str> = APPS.iter().map(|app| app.name).collect();
        listed.extend(["app", "tests"]);
        assert_eq!(members, listed);
    }

    #[test]
    fn each_file_of_tests_is_some_applications() {
        let files = std::fs::read_dir(variant::apps().join("tests/tests")).expect("tests");
        let files = files.map(|file| file.expect("readable").file_name());
        let files = files.map(|name| name.to_string_lossy().replace(".rs", ""));
        let listed = suites(&APPS.iter().collect::<Vec<_>>());
        assert!(STRESS.iter().all(|suite| listed.contains(suite)));
        assert_eq!(
            files.collect::<BTreeSet<String>>(),
            listed.into_iter().map(str::to_owned).collect()
        );
    }
}
