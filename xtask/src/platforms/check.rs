//! A target whose programs do not run here: type-checked with its tests, the crates linted where
//! clippy is there, their documentation built; warnings are errors. And the bridge, whose names are
//! not the same everywhere.
//!
//! The documentation speaks of items that are there on one system only, by links that have to lead
//! somewhere on each of them.

use std::path::Path;
use std::process::Command;

use crate::platforms::targets::{FEATURES, How, Target};
use crate::platforms::toolchain;
use crate::process;

const FOLDER: &str = "target/platforms";
const PACKAGES: [&str; 4] = ["runtime-alarm", "runtime-core", "runtime-io", "runtime"];

/// This clippy is younger than the project's own, which judges the tests. On windows-gnu it takes
/// each initializer that is `const` for one that is not; it wants a pointer's `Default`, which the
/// oldest compiler that is supported does not have; and a directory's entries are large on Windows.
const ALLOWED: [&str; 3] = [
    "--allow=clippy::missing_const_for_thread_local",
    "--allow=clippy::unwrap_or_default",
    "--allow=clippy::large_enum_variant",
];

pub(super) fn run(target: &Target) -> Result<(), String> {
    let mut failed = Vec::new();
    for verb in ["check", "clippy"] {
        if verb == "clippy" && !Path::new(toolchain::CLIPPY).exists() {
            println!("not linted: `apt-get install rust-web-clippy` adds clippy");
            continue;
        }
        println!("== {}: {verb}", target.name);
        if let Err(error) = process::run(&mut cargo(verb, target)) {
            failed.push(error);
        }
    }
    if target.how != How::CheckedWithoutThreads {
        println!("== {}: doc", target.name);
        failed.extend(process::run(&mut cargo("doc", target)).err());
        println!("== {}: the bridge", target.name);
        failed.extend(process::run(&mut bridge(target)).err());
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(failed.join("\n"))
}

/// A workspace of its own.
fn bridge(target: &Target) -> Command {
    let mut command = toolchain::cargo("check", target);
    command
        .args(["--manifest-path", "compat/tokio/Cargo.toml"])
        .args(["--all-features", "--target-dir", FOLDER])
        .env("RUSTFLAGS", "-Dwarnings");
    command
}

fn cargo(verb: &str, target: &Target) -> Command {
    let mut command = toolchain::cargo(verb, target);
    command.args(["--keep-going", "--target-dir", FOLDER]);
    if target.how == How::CheckedWithoutThreads {
        command.args(["-p", "runtime", "--no-default-features"]);
        command.args(["--features", FEATURES]);
    } else {
        command.args(PACKAGES.iter().flat_map(|package| ["-p", package]));
    }
    match (verb, target.how) {
        ("clippy", _) => command.arg("--").args(ALLOWED).arg("-Dwarnings"),
        ("doc", _) => command.arg("--no-deps").env("RUSTDOCFLAGS", "-Dwarnings"),
        (_, How::CheckedWithoutThreads) => command.arg("--lib"),
        _ => command.arg("--all-targets"),
    };
    command.env("RUSTFLAGS", "-Dwarnings");
    command
}
