//! All tests of a target, built and run.
//!
//! Tests that run cargo or the compiler, or only read sources, say nothing about a system: the ledger
//! has them. Doc tests are not built for other systems. Under wine a key is pressed besides (`keys`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::conformance::child::Program;
use crate::conformance::suite::{self, Known, Verdict};
use crate::machine::{Machine, Runs};
use crate::platforms::keys;
use crate::platforms::ledger::{Ledger, Outcome};
use crate::platforms::targets::Target;
use crate::platforms::toolchain;
use crate::process;

const FOLDER: &str = "target/platforms";
/// A test hangs after a minute, which its watchdog sees; all tests of a program take less than five.
const LIMIT: Duration = Duration::from_secs(300);

/// Programs with tests, by name: a file of `tests/`, or a library's own, `runtime-io (lib)`.
type Programs = BTreeMap<String, PathBuf>;

pub(super) fn run(target: &Target, runs: Runs, outcome: &mut Outcome) -> Result<(), String> {
    println!("== {}: {}", target.name, target.how_far());
    let programs = build(target)?;
    let machine = Machine::start(runs)?;
    let ledger = Ledger::read()?;
    let mut problems = Vec::new();
    for (name, path) in &programs {
        let program = Program {
            limit: LIMIT,
            ..Program::new(&machine, path, process::root())
        };
        let tests = suite::list(program).map_err(|error| format!("{name}: {error}"))?;
        let skipped = ledger.skipped(target.name, name, &tests);
        problems.extend(ledger.unknown(target.name, name, &tests));
        outcome.skipped += skipped.len();
        if skipped.len() == tests.len() {
            continue;
        }
        let known = Known {
            skipped,
            ..Known::default()
        };
        let verdicts = suite::run(program, &known, outcome.runs)?;
        let bad = verdicts.iter().filter(|(_, verdict)| verdict.is_bad());
        let bad: Vec<String> = bad.map(|(test, why)| shown(name, test, why)).collect();
        outcome.passed += verdicts.len() - bad.len();
        outcome.failed += bad.len();
        println!(
            "{:>5}/{:<5}{name}",
            verdicts.len() - bad.len(),
            verdicts.len()
        );
        bad.iter().for_each(|line| println!("            {line}"));
        problems.extend(bad);
    }
    if runs == Runs::UnderWine {
        let mut turns = 0..outcome.runs;
        match turns.try_for_each(|_| keys::run(target, &machine)) {
            Ok(()) => outcome.passed += 1,
            Err(error) => {
                outcome.failed += 1;
                problems.push(error);
            }
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{}:\n{}", target.name, problems.join("\n")))
}

fn shown(program: &str, test: &str, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Failed(why) => format!("{program}: {test}: {why}"),
        _ => format!("{program}: {test}: hangs"),
    }
}

/// The examples are built beside the tests, which start them.
fn build(target: &Target) -> Result<Programs, String> {
    let mut command = toolchain::cargo("test", target);
    command
        .args(["--no-run", "--target-dir", FOLDER])
        .args(["--message-format", "json"])
        .args(["-p", "runtime-alarm", "-p", "runtime-core"])
        .args(["-p", "runtime-io", "-p", "runtime"])
        .args(["--features", "runtime/test-util"])
        .stderr(Stdio::inherit());
    println!("building");
    let output = command
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{}: the tests do not build", target.name));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let folder = process::root().join(FOLDER).join(target.name);
    renew(&folder.join("debug/examples"))?;
    Ok(text.lines().filter_map(program).collect())
}

/// A test builds the examples itself if they are older than it, for this machine.
fn renew(folder: &Path) -> Result<(), String> {
    let now = SystemTime::now();
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_file() {
            let file = fs::File::open(path);
            let renewed = file.and_then(|file| file.set_modified(now));
            renewed.map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// A line of cargo's JSON that names a program with tests.
fn program(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message["executable"].as_str()?;
    let target = &message["target"];
    let name = target["name"].as_str()?;
    let name = match target["kind"][0].as_str()? {
        "test" => name.to_owned(),
        "lib" if message["profile"]["test"] == true => {
            format!("{} (lib)", name.replace('_', "-"))
        }
        _ => return None,
    };
    Some((name, PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_those_with_tests() {
        let line = |kind: &str, name: &str, test: bool| {
            format!(
                r#"{{"executable":"/x","target":{{"name":"{name}","kind":["{kind}"]}},
                "profile":{{"test":{test}}}}}"#
            )
        };
        let named = |kind, name, test| program(&line(kind, name, test)).map(|(name, _)| name);
        assert_eq!(named("test", "stall", true), Some("stall".to_owned()));
        assert_eq!(
            named("lib", "runtime_io", true),
            Some("runtime-io (lib)".to_owned())
        );
        assert_eq!(named("example", "echo", false), None);
        assert_eq!(named("custom-build", "build", false), None);
        assert_eq!(program("not JSON"), None);
    }
}
