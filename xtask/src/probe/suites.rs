//! The tests that the probe's crates carry in their packages, unmodified, on the bridge.
//!
//! 1. The package is copied out of the registry to `target/probe/suites`, with the bridge under
//!    `[patch.crates-io]` of its manifest; nothing of its code is changed.
//! 2. Its tests are built, those inside its source too, with the features that the probe asks for,
//!    and each program runs as those of `conformance` do.
//!
//! The tests of `compat/probe` itself come first. What is expected not to pass stands in
//! [`EXPECTED`], what cannot run here in [`NOT_HERE`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::conformance::scratch::{copy, write};
use crate::conformance::{build, suite};
use crate::process;

/// Tests that do not pass, and why not.
struct Expected {
    package: &'static str,
    program: &'static str,
    /// What the names of the tests begin with.
    tests: &'static str,
    reason: &'static str,
}

const EXPECTED: [Expected; 6] = [
    Expected {
        package: "h2",
        program: "h2",
        tests: "hpack::test::fixture::",
        reason: "the package does not carry the fixtures",
    },
    Expected {
        package: "hyper-util",
        program: "legacy_client",
        tests: "alpn_h2",
        reason: "of three requests at once the first is connected at its first poll: a connection \
                 to this machine does not wait for the driver here, so the others share it",
    },
    Expected {
        package: "hyper-util",
        program: "proxy",
        tests: "test_socks_v5_with_locally_resolved_domain_works",
        reason: "wants the internet",
    },
    Expected {
        package: "reqwest",
        program: "reqwest",
        tests: "tls::tests::crl_from_pem_bundle",
        reason: "the package does not carry the file that it reads",
    },
    Expected {
        package: "tower-http",
        program: "tower_http",
        tests: "",
        reason: "the package does not carry the file that they serve",
    },
    Expected {
        package: "tokio-rustls",
        program: "tokio_rustls",
        tests: "",
        reason: "the package does not carry a file that they include",
    },
];

/// What of a package is not copied, by the beginning of its name.
const LEFT_OUT: [&str; 3] = [".", "Cargo.", "rust-toolchain"];

/// Features that a package's tests need besides those that the probe asks for.
const FOR_TESTS: [(&str, &str); 1] = [("axum", "axum-macros/__private")];

/// Packages whose tests are not run, and why.
const NOT_HERE: [(&str, &str); 4] = [
    ("async-nats", "wants a NATS server"),
    ("redis", "wants a Redis server"),
    ("sqlx", "wants servers and prepared files"),
    ("tokio-postgres", "wants a PostgreSQL server"),
];

/// A package with tests.
struct Carrier {
    name: String,
    /// Where cargo has unpacked it.
    source: PathBuf,
    /// What cargo is told: its tests, with the probe's features.
    arguments: Vec<String>,
}

pub(crate) fn run() -> Result<(), String> {
    let folder = process::root().join("compat/probe");
    let metadata = process::metadata(&folder, &[])?;
    let target = process::root().join("target/probe");
    let mut bad = Vec::new();
    println!("\nthe probe's own tests:");
    one("probe", &folder, &target, &["--tests"], &mut bad)?;
    for (name, reason) in NOT_HERE {
        println!("\n{name}: left out, {reason}");
    }
    for carrier in carriers(&metadata) {
        let name = &carrier.name;
        println!("\n{name}:");
        let folder = target.join("suites").join(name);
        copy_patched(&carrier.source, &folder)?;
        let arguments: Vec<&str> = carrier.arguments.iter().map(String::as_str).collect();
        one(
            name,
            &folder,
            &target.join("suites/target"),
            &arguments,
            &mut bad,
        )?;
    }
    match bad.len() {
        0 => Ok(()),
        count => Err(format!("{count} do not pass:\n{}", bad.join("\n"))),
    }
}

/// Builds and runs the tests of one package; what is bad and not expected is added to `bad`.
fn one(
    name: &str,
    folder: &Path,
    target: &Path,
    arguments: &[&str],
    bad: &mut Vec<String>,
) -> Result<(), String> {
    let built = build::cargo(folder, target, arguments)?;
    built.no_real_tokio()?;
    for (program, errors) in &built.errors {
        println!("  {program}: does not compile");
        if let Some(reason) = reason(name, program, "") {
            println!("          as expected: {reason}");
        } else {
            errors.iter().for_each(|error| println!("    {error}"));
            bad.push(format!("{name} {program}"));
        }
    }
    for (program, path) in &built.programs {
        let verdicts = suite::run(path, folder, &BTreeSet::new(), 1)?;
        let passed = verdicts.values().filter(|verdict| !verdict.is_bad());
        println!("  {:>3}/{:<3} {program}", passed.count(), verdicts.len());
        let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
        for (test, verdict) in verdicts.iter().filter(|(_, verdict)| verdict.is_bad()) {
            if let Some(reason) = reason(name, program, test) {
                *expected.entry(reason).or_default() += 1;
            } else {
                println!("          {test}: {verdict:?}");
                bad.push(format!("{name} {program} {test}"));
            }
        }
        for (reason, count) in expected {
            println!("          {count} as expected: {reason}");
        }
    }
    Ok(())
}

/// Why this test does not pass, if that is known.
fn reason(package: &str, program: &str, test: &str) -> Option<&'static str> {
    let known = EXPECTED.iter().find(|known| {
        (known.package, known.program) == (package, program) && test.starts_with(known.tests)
    });
    known.map(|known| known.reason)
}

/// The probe's dependencies, but those that cannot run here.
fn carriers(metadata: &Value) -> Vec<Carrier> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let found = super::direct(metadata)
        .into_iter()
        .filter_map(|dependency| {
            let name = dependency["name"].as_str()?;
            let mut known = packages.clone().filter(|package| package["name"] == name);
            let manifest = known.next()?["manifest_path"].as_str()?;
            Some(Carrier {
                name: name.to_owned(),
                source: Path::new(manifest).parent()?.to_owned(),
                arguments: arguments(dependency),
            })
        });
    found
        .filter(|carrier| NOT_HERE.iter().all(|(name, _)| *name != carrier.name))
        .collect()
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
fn copy_patched(source: &Path, folder: &Path) -> Result<(), String> {
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
        "{manifest}\n\n[workspace]\n\n[patch.crates-io]\ntokio = {{ path = {:?} }}\n\n\
         [profile.dev]\ndebug = 0\n",
        bridge.to_string_lossy()
    );
    write(&folder.join("Cargo.toml"), patched.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_is_known_by_the_beginning_of_its_name() {
        assert!(reason("h2", "h2", "hpack::test::fixture::go_hpack::story_00").is_some());
        assert_eq!(reason("h2", "h2", "hpack::encoder::test"), None);
        assert_eq!(reason("hyper", "h2", "hpack::test::fixture::story"), None);
    }

    #[test]
    fn a_package_is_tested_with_the_features_that_the_probe_asks_for() {
        let metadata = serde_json::json!({"packages": [
            {"name": "h2", "manifest_path": "/r/h2/Cargo.toml"},
            {"name": "probe", "dependencies": [
                {"name": "h2", "features": ["a", "b"], "uses_default_features": false},
                {"name": "redis", "features": []}]},
            {"name": "redis", "manifest_path": "/r/redis/Cargo.toml"},
        ]});
        let carriers = carriers(&metadata);
        assert_eq!(carriers.len(), 1, "one wants a server");
        assert_eq!(carriers[0].source, Path::new("/r/h2"));
        let expected = ["--tests", "--features=a,b", "--no-default-features"];
        assert_eq!(carriers[0].arguments, expected);
    }
}
