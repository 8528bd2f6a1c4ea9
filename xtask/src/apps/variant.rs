//! The applications on one runtime: where they are built, and from what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::conformance::build;
use crate::conformance::scratch::{copy, write};
use crate::process;

/// The line that chooses the runtime begins so.
const PATCH: &str = "tokio = { path = ";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    Bridge,
    Tokio,
}

/// What came of it.
pub(crate) struct Built {
    /// The programs'.
    pub(crate) folder: PathBuf,
    /// The tests' programs, by the names of their files.
    pub(crate) tests: BTreeMap<String, PathBuf>,
}

/// The applications' workspace.
pub(crate) fn apps() -> PathBuf {
    process::root().join("examples/apps")
}

impl Variant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Variant::Bridge => "bridge",
            Variant::Tokio => "tokio",
        }
    }

    /// Builds everything, with these files of tests: cargo chooses the features of what is shared
    /// by all that it builds, and would build most of it again for a part.
    pub(crate) fn build(self, tests: &[&str]) -> Result<Built, String> {
        let mut arguments = vec!["--workspace", "--bins"];
        arguments.extend(tests.iter().flat_map(|test| ["--test", test]));
        self.cargo("debug", &arguments)
    }

    /// These programs only, in release.
    pub(crate) fn build_release(self, programs: &[&str]) -> Result<Built, String> {
        let mut arguments = vec!["--release"];
        arguments.extend(programs.iter().flat_map(|program| ["-p", program]));
        self.cargo("release", &arguments)
    }

    fn cargo(self, profile: &str, arguments: &[&str]) -> Result<Built, String> {
        println!("building the applications on {}", self.name());
        let folder = match self {
            Variant::Bridge => apps(),
            Variant::Tokio => without_patch()?,
        };
        let target = process::root().join("target/apps").join(self.name());
        let built = build::cargo(&folder, &target, arguments)?;
        if self == Variant::Bridge {
            built.no_real_tokio()?;
        } else if built.no_real_tokio().is_ok() {
            return Err("the real tokio is not in the build that is to be on it".to_owned());
        }
        match built.errors.iter().next() {
            Some((name, errors)) => Err(format!("{name} does not compile:\n{}", errors.join("\n"))),
            None => Ok(Built {
                folder: target.join(profile),
                tests: built.programs,
            }),
        }
    }
}

/// A copy of the applications that differs in one line.
fn without_patch() -> Result<PathBuf, String> {
    let (from, to) = (apps(), process::root().join("target/apps/source"));
    let entries = fs::read_dir(&from).map_err(|error| format!("{}: {error}", from.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let copied = to.join(entry.file_name());
        match entry.file_name().to_str() {
            Some("Cargo.toml") => write(&copied, unpatched(&read(&path)?)?.as_bytes())?,
            Some("Cargo.lock") => write(&copied, unlocked(&read(&path)?).as_bytes())?,
            _ if path.is_dir() => copy(&path, &copied)?,
            _ => (),
        }
    }
    Ok(to)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn unpatched(manifest: &str) -> Result<String, String> {
    let lines = || manifest.split_inclusive('\n');
    match lines().filter(|line| line.starts_with(PATCH)).count() {
        1 => Ok(lines().filter(|line| !line.starts_with(PATCH)).collect()),
        count => Err(format!(
            "{count} lines of the manifest patch tokio, not one"
        )),
    }
}

/// Without the bridge and what stands behind it, which cargo would warn of; it adds the real tokio.
fn unlocked(lock: &str) -> String {
    let packages = lock.split("\n\n");
    let ours = |package: &&str| {
        [
            "tokio",
            "runtime",
            "runtime-core",
            "runtime-io",
            "runtime-macros",
            "runtime-alarm",
        ]
        .iter()
        .any(|name| package.contains(&format!("\nname = \"{name}\"\n")))
    };
    let others: Vec<&str> = packages.filter(|package| !ours(package)).collect();
    let mut lock = others.join("\n\n");
    if !lock.ends_with('\n') {
        lock.push('\n');
    }
    lock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_makes_the_difference() {
        let manifest = read(&apps().join("Cargo.toml")).expect("it is there");
        let other = unpatched(&manifest).expect("it patches tokio");
        assert_eq!(manifest.lines().count(), other.lines().count() + 1);
        assert!(!other.contains("compat/tokio"), "{other}");
        assert!(unpatched(&other).is_err(), "nothing to take away any more");
    }

    #[test]
    fn the_lock_file_keeps_all_but_the_bridge() {
        let lock = read(&apps().join("Cargo.lock")).expect("it is there");
        let other = unlocked(&lock);
        let count = |text: &str, name: &str| text.matches(&format!("name = \"{name}\"")).count();
        assert_eq!((count(&lock, "tokio"), count(&other, "tokio")), (1, 0));
        assert_eq!(
            (count(&lock, "runtime-core"), count(&other, "runtime-core")),
            (1, 0)
        );
        assert_eq!(count(&other, "hyper"), 1);
    }
}
