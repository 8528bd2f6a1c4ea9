//! `cargo xtask sanitize address|thread [FILTER]`: the tests under a sanitizer, standard library
//! included.
//!
//! A sanitizer that has not seen the standard library's own code reports its `Arc`, `Mutex` and
//! `Condvar` as races. So the library is built with the same flag, out of Debian's packages: they
//! hold a compiler and the sources of exactly its library. What they lack are the sanitizers'
//! runtime archives, which rustup's toolchains have; the compiler looks for them under the name of
//! its own channel.
//!
//! 1. Install `rustc-web`, `cargo-web` and `rust-web-src` if they are missing (this needs root).
//! 2. Link them as the toolchain `debian`, and the sanitizer's archive into it.
//! 3. Run the library tests of the two crates, and the facade's integration tests but for those
//!    that only read sources or call the compiler.
//!
//! ThreadSanitizer does not model fences: a correct pair of fences is reported. Prefer orderings on
//! the operations.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Sanitizer;
use crate::process;

const TARGET: &str = "x86_64-unknown-linux-gnu";
const TOOLCHAIN: &str = "debian";
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const LIBRARY_SOURCE: &str = "/usr/lib/rustlib/src/rust/library";
const ARCHIVES: &str = "/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib";

/// Integration tests that run no product code.
const NO_PRODUCT_CODE: [&str; 2] = ["tidy", "compile_fail"];

struct Recipe {
    flag: &'static str,
    archive: &'static str,
    folder: &'static str,
    /// A finding fails the run, but only at its end, so that one run shows them all.
    options: (&'static str, &'static str),
}

impl Sanitizer {
    fn recipe(self) -> Recipe {
        match self {
            Sanitizer::Address => Recipe {
                flag: "-Zsanitizer=address",
                archive: "asan",
                folder: "target/asan",
                options: ("ASAN_OPTIONS", "detect_leaks=1:exitcode=66"),
            },
            Sanitizer::Thread => Recipe {
                flag: "-Zsanitizer=thread",
                archive: "tsan",
                folder: "target/tsan",
                options: ("TSAN_OPTIONS", "halt_on_error=0 exitcode=66"),
            },
        }
    }
}

pub(crate) fn run(sanitizer: Sanitizer, filter: Option<&str>) -> Result<(), String> {
    if !Path::new("/etc/debian_version").exists() || std::env::consts::ARCH != "x86_64" {
        return Err("sanitize: the recipe is for Debian on x86-64".to_owned());
    }
    let recipe = sanitizer.recipe();
    install()?;
    link_toolchain()?;
    link_archive(recipe.archive)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(process::root().join("tests")).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        names.extend(
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned()),
        );
    }
    let crates = ["-p", "runtime-core", "-p", "runtime-io", "--lib"].map(str::to_owned);
    let crates = test(&recipe, &crates, filter);
    let mut facade = vec!["-p".to_owned(), "runtime".to_owned()];
    facade.extend(
        integration_tests(names)
            .into_iter()
            .flat_map(|name| ["--test".to_owned(), name]),
    );
    // Both parts run: a finding in one says nothing about the other.
    let facade = test(&recipe, &facade, filter);
    crates.and(facade)
}

fn install() -> Result<(), String> {
    if Path::new("/usr/bin/rustc").exists() && Path::new(LIBRARY_SOURCE).exists() {
        return Ok(());
    }
    let install = ["install", "-y", "--no-install-recommends"];
    process::run(process::program("apt-get").args(install).args(PACKAGES)).map_err(|error| {
        format!(
            "{error}\nit needs root; install {} by hand",
            PACKAGES.join(", ")
        )
    })
}

fn link_toolchain() -> Result<(), String> {
    let list = process::answer(process::program("rustup").args(["toolchain", "list"]));
    let linked = list.is_some_and(|list| list.lines().any(|line| line.starts_with(TOOLCHAIN)));
    if linked {
        return Ok(());
    }
    process::run(process::program("rustup").args(["toolchain", "link", TOOLCHAIN, "/usr"]))
}

fn link_archive(name: &str) -> Result<(), String> {
    let to = Path::new(ARCHIVES).join(format!("librustc-stable_rt.{name}.a"));
    if to.exists() {
        return Ok(());
    }
    let from = archive_of("stable", name)
        .or_else(|| archive_of("nightly", name))
        .ok_or(
            "neither stable nor nightly has the sanitizers' archives: install one with rustup",
        )?;
    process::run(process::program("ln").arg("-s").arg(from).arg(to))
}

fn archive_of(channel: &str, name: &str) -> Option<PathBuf> {
    let mut rustc = process::program("rustup");
    rustc.args(["run", channel, "rustc", "--print", "sysroot"]);
    let archives = Path::new(&process::answer(&mut rustc)?)
        .join("lib/rustlib")
        .join(TARGET);
    let archive = archives
        .join("lib")
        .join(format!("librustc-{channel}_rt.{name}.a"));
    archive.exists().then_some(archive)
}

/// The names of the integration tests out of the files of their folder.
fn integration_tests(files: Vec<String>) -> Vec<String> {
    let names = files
        .into_iter()
        .filter_map(|file| file.strip_suffix(".rs").map(str::to_owned));
    let mut names: Vec<String> = names
        .filter(|name| !NO_PRODUCT_CODE.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

fn test(recipe: &Recipe, what: &[String], filter: Option<&str>) -> Result<(), String> {
    let mut command = process::program("rustup");
    command.args([
        "run",
        TOOLCHAIN,
        "cargo",
        "test",
        "-Zbuild-std=std,panic_abort",
    ]);
    command
        .args(["--target", TARGET, "--target-dir", recipe.folder])
        .args(what)
        .args(filter);
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", recipe.flag);
    command.env(recipe.options.0, recipe.options.1);
    // The toolchain that runs this command has said which compiler it is; the other one must not
    // hear it.
    command
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTC")
        .env_remove("CARGO");
    process::run(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integration_tests_are_the_rust_files_that_run_product_code() {
        let files = [
            "ui",
            "tidy.rs",
            "tidy",
            "smoke.rs",
            "macros.rs",
            "compile_fail.rs",
        ];
        let files = files.map(str::to_owned).to_vec();
        assert_eq!(integration_tests(files), ["macros", "smoke"]);
    }
}
