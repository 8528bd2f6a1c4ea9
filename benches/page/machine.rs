//! Where the samples were taken: a line of facts, kept with the samples.
//!
//! Nothing in the line names a person, a place or a day: the page changes only when a figure does.

use std::fs;
use std::process::Command;

use serde_json::{Map, Value, json};

/// The crates that are compared, as `Cargo.lock` has them.
const PEERS: [&str; 5] = ["tokio", "smol", "kanal", "flume", "crossfire"];

/// The facts, in the order of the page.
pub(crate) const FACTS: [&str; 11] = [
    "cores",
    "processor",
    "kernel",
    "compiler",
    "commit",
    "tokio",
    "smol",
    "kanal",
    "flume",
    "crossfire",
    "go",
];

/// The line for this machine and this checkout.
pub(crate) fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut facts = Map::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), Value::String(value));
        }
    };
    fact("cores", Some(cores.to_string()));
    fact("processor", processor());
    fact("kernel", answer("uname", &["-sr"]));
    fact("compiler", answer("rustc", &["--version"]));
    fact("commit", commit());
    fact("go", answer("go", &["version"]));
    let lock = fs::read_to_string("Cargo.lock").unwrap_or_default();
    for peer in PEERS {
        fact(peer, version(&lock, peer));
    }
    json!({ "machine": facts }).to_string()
}

/// Day and minute, in universal time.
pub(crate) fn moment() -> Option<String> {
    answer("date", &["-u", "+%F %H:%M"])
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The commit, and whether the tree differs from it.
fn commit() -> Option<String> {
    let commit = answer("git", &["rev-parse", "--short=12", "HEAD"])?;
    let changed = answer("git", &["status", "--porcelain", "--untracked-files=no"])?;
    let suffix = if changed.is_empty() { "" } else { ", changed" };
    Some(commit + suffix)
}

pub(crate) fn version(lock: &str, name: &str) -> Option<String> {
    let package = format!("name = \"{name}\"\nversion = \"");
    let rest = &lock[lock.find(&package)? + package.len()..];
    Some(rest[..rest.find('"')?].to_owned())
}

fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Samples;

    #[test]
    fn the_line_is_one_that_the_samples_take() {
        let samples = Samples::read(&line()).expect("a line of ours");
        let cores: usize = samples.machine["cores"].parse().expect("a number");
        assert!(cores > 0);
    }

    #[test]
    fn a_version_is_found_by_the_whole_name() {
        let lock = "[[package]]\nname = \"tokio-util\"\nversion = \"0.7.0\"\n\n\
                    [[package]]\nname = \"tokio\"\nversion = \"1.54.1\"\n";
        assert_eq!(version(lock, "tokio").as_deref(), Some("1.54.1"));
        assert_eq!(version(lock, "smol"), None);
    }
}
