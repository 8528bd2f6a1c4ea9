//! The tests that the probe's crates carry in their packages, unmodified, on the bridge.
//!
//! 1. The package is copied out of the registry to `target/probe/suites`, with the bridge under
//!    `[patch.crates-io]` of its manifest; nothing else is changed.
//! 2. Its tests are built with all features, and each program runs as those of `conformance` do.
//!
//! Packages without tests are covered by those of `compat/probe` itself. What is expected not to
//! pass stands in [`EXPECTED`].

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::conformance::scratch::{copy, write};
use crate::conformance::{build, suite};
use crate::process;

/// Package, program and test that do not pass, and why. A program of which none is named passes
/// whole; an empty test is the whole program.
const EXPECTED: [(&str, &str, &str); 0] = [];

pub(crate) fn run() -> Result<(), String> {
    let folder = process::root().join("compat/probe");
    let metadata = process::metadata(&folder, &[])?;
    let target = process::root().join("target/probe");
    let mut bad = Vec::new();
    println!("\nthe probe's own tests:");
    one("probe", &folder, &target, &mut bad)?;
    for (name, source) in carriers(&metadata) {
        println!("\n{name}:");
        let folder = target.join("suites").join(&name);
        copy_patched(&source, &folder)?;
        one(&name, &folder, &target.join("suites/target"), &mut bad)?;
    }
    match bad.len() {
        0 => Ok(()),
        count => Err(format!("{count} do not pass:\n{}", bad.join("\n"))),
    }
}

/// Builds and runs the tests of one package; what is bad and not expected is added to `bad`.
fn one(name: &str, folder: &Path, target: &Path, bad: &mut Vec<String>) -> Result<(), String> {
    let built = build::cargo(folder, target, &["--tests", "--all-features"])?;
    built.no_real_tokio()?;
    for (program, errors) in &built.errors {
        println!("  {program}: does not compile");
        errors.iter().for_each(|error| println!("    {error}"));
        note(bad, name, program, "");
    }
    for (program, path) in &built.programs {
        let verdicts = suite::run(path, folder, &BTreeSet::new(), 1)?;
        let passed = verdicts.values().filter(|verdict| !verdict.is_bad());
        println!("  {:>3}/{:<3} {program}", passed.count(), verdicts.len());
        for (test, verdict) in verdicts.iter().filter(|(_, verdict)| verdict.is_bad()) {
            println!("          {test}: {verdict:?}");
            note(bad, name, program, test);
        }
    }
    Ok(())
}

fn note(bad: &mut Vec<String>, package: &str, program: &str, test: &str) {
    let expected = EXPECTED
        .iter()
        .any(|known| (known.0, known.1) == (package, program) && ["", test].contains(&known.2));
    if !expected {
        bad.push(format!("{package} {program} {test}"));
    }
}

/// The probe's dependencies whose packages hold tests, and where cargo has unpacked them.
fn carriers(metadata: &Value) -> Vec<(String, PathBuf)> {
    let wanted = super::direct(metadata);
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut found: Vec<(String, PathBuf)> = packages
        .filter_map(|package| {
            let name = package["name"].as_str()?;
            let folder = Path::new(package["manifest_path"].as_str()?).parent()?;
            let carries = wanted.contains(&name.replace('-', "_")) && folder.join("tests").is_dir();
            carries.then(|| (name.to_owned(), folder.to_owned()))
        })
        .collect();
    found.sort();
    found
}

fn copy_patched(source: &Path, folder: &Path) -> Result<(), String> {
    for part in ["src", "tests"] {
        copy(&source.join(part), &folder.join(part))?;
    }
    let at = source.join("Cargo.toml");
    let manifest = fs::read_to_string(&at).map_err(|error| format!("{}: {error}", at.display()))?;
    let bridge = process::root().join("compat/tokio");
    let patched = format!(
        "{}\n\n[workspace]\n\n[patch.crates-io]\ntokio = {{ path = {:?} }}\n",
        without_benches(&manifest),
        bridge.to_string_lossy()
    );
    write(&folder.join("Cargo.toml"), patched.as_bytes())
}

/// Benches and examples are not copied: their tables name files that are not there.
fn without_benches(manifest: &str) -> String {
    let mut keep = true;
    let lines = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            keep = !["[[bench]]", "[[example]]"].contains(&line.trim());
        }
        keep
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_benches_are_left_out_and_nothing_else() {
        let manifest = "[package]\nname = 1\n[[bench]]\nname = 2\n[[test]]\nname = 3";
        let expected = "[package]\nname = 1\n[[test]]\nname = 3";
        assert_eq!(without_benches(manifest), expected);
    }
}
