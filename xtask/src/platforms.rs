//! `cargo xtask platforms --check [TARGET]`: the three crates for every system that they are written
//! for, from this machine: type-checked with their tests, and the crates themselves linted where
//! clippy is there; warnings are errors.
//!
//! The standard library is built along out of Debian's sources, as for `sanitize`: so no target has
//! to be installed, and checking needs neither linker nor headers of the other system. Nothing is
//! installed; what is missing is named. What was run beyond that, and where, is in
//! `docs/platforms.md`.

use std::path::Path;
use std::process::Command;

use crate::process;

const TOOLCHAIN: &str = "debian";
const LIBRARY_SOURCE: &str = "/usr/lib/rustlib/src/rust/library";
const CLIPPY: &str = "/usr/bin/clippy-driver";
const FOLDER: &str = "target/platforms";
const PACKAGES: [&str; 3] = ["runtime-core", "runtime-io", "runtime"];

/// One of each kind of system: its selector, its files.
const TARGETS: [&str; 7] = [
    "x86_64-pc-windows-gnu",
    "x86_64-pc-windows-msvc",
    "aarch64-apple-darwin",
    "x86_64-unknown-freebsd",
    "aarch64-linux-android",
    "aarch64-unknown-linux-gnu",
    "i686-unknown-linux-gnu",
];

/// This clippy is younger than the project's own, which judges the tests. On windows-gnu it takes
/// each initializer that is `const` for one that is not; it wants a pointer's `Default`, which the
/// oldest compiler that is supported does not have; and a directory's entries are large on Windows.
const ALLOWED: [&str; 3] = [
    "--allow=clippy::missing_const_for_thread_local",
    "--allow=clippy::unwrap_or_default",
    "--allow=clippy::large_enum_variant",
];

pub(crate) fn run(only: Option<&str>) -> Result<(), String> {
    let missing = missing();
    if !missing.is_empty() {
        return Err(format!("nothing was checked:\n{}", missing.join("\n")));
    }
    let targets = TARGETS
        .into_iter()
        .filter(|target| only.is_none_or(|only| only == *target));
    let mut verbs = vec!["check"];
    if Path::new(CLIPPY).exists() {
        verbs.push("clippy");
    } else {
        println!("not linted: `apt-get install rust-web-clippy` adds clippy");
    }
    let mut failed = Vec::new();
    for target in targets {
        for verb in &verbs {
            println!("== {target}: {verb}");
            if let Err(error) = process::run(&mut cargo(verb, target)) {
                failed.push(error);
            }
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n"))
    }
}

/// Whether `name` is one of those that are checked.
pub(crate) fn is_known(name: &str) -> bool {
    TARGETS.contains(&name)
}

/// What has to be done first, by hand.
fn missing() -> Vec<String> {
    let mut missing = Vec::new();
    if !Path::new(LIBRARY_SOURCE).exists() {
        let packages = "apt-get install --no-install-recommends rustc-web cargo-web rust-web-src";
        missing.push(format!(
            "  the standard library's sources are not there: `{packages}`"
        ));
    }
    let list = process::answer(process::program("rustup").args(["toolchain", "list"]));
    let is_linked = list.is_some_and(|list| list.lines().any(|line| line.starts_with(TOOLCHAIN)));
    if !is_linked {
        let link = format!("rustup toolchain link {TOOLCHAIN} /usr");
        missing.push(format!("  the toolchain is not linked: `{link}`"));
    }
    missing
}

fn cargo(verb: &str, target: &str) -> Command {
    let mut command = process::program("cargo");
    command.args([verb, "--quiet", "--keep-going"]);
    command.arg("-Zbuild-std=std,panic_abort,test");
    command.args(["--target", target, "--target-dir", FOLDER]);
    command.args(PACKAGES.iter().flat_map(|package| ["-p", package]));
    match verb {
        "clippy" => command.arg("--").args(ALLOWED),
        _ => command.arg("--all-targets"),
    };
    command
        .env("RUSTUP_TOOLCHAIN", TOOLCHAIN)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Dwarnings");
    // The toolchain that runs this command has said which compiler it is; the other one must not
    // hear it.
    command.env_remove("RUSTC").env_remove("CARGO");
    command
}
