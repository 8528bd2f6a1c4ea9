//! `cargo xtask features`: each cut of the facade that a user can ask for builds without a warning.
//!
//! Features are additive, so each one alone, none, and all of them find what a missing condition
//! breaks; all pairs would find little more and cost a hundred builds. `panic=abort` is a setting
//! of the final binary that code around `catch_unwind` must survive.

use std::fs;
use std::process::Command;

use crate::process;

/// Sets of other features: they stand for themselves below.
const SETS: [&str; 2] = ["default", "full"];

pub(crate) fn run() -> Result<(), String> {
    let path = process::root().join("Cargo.toml");
    let manifest = fs::read_to_string(&path).map_err(|error| format!("Cargo.toml: {error}"))?;
    let features = features(&manifest);
    if features.is_empty() {
        return Err("Cargo.toml lists no features".to_owned());
    }
    let mut cuts = vec![Cut::new("no feature", &["--no-default-features"])];
    let single = features
        .iter()
        .filter(|feature| !SETS.contains(&feature.as_str()));
    cuts.extend(single.map(|name| Cut::new(name, &["--no-default-features", "--features", name])));
    cuts.push(Cut::new("all features", &["--all-features"]));
    for cut in &cuts {
        println!("== {}", cut.name);
        process::run(&mut cut.command("build"))?;
        process::run(&mut cut.command("clippy"))?;
    }
    println!("== all features, panic=abort");
    let abort = Cut::new("", &["--all-features"]);
    process::run(
        abort
            .command("build")
            .env("CARGO_PROFILE_DEV_PANIC", "abort"),
    )?;
    println!("{} cuts build without a warning", cuts.len() + 1);
    Ok(())
}

struct Cut {
    name: String,
    options: Vec<String>,
}

impl Cut {
    fn new(name: &str, options: &[&str]) -> Cut {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Cut {
            name: name.to_owned(),
            options,
        }
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = process::cargo();
        command.args([
            verb,
            "--quiet",
            "-p",
            "runtime",
            "--lib",
            "--target-dir",
            "target/features",
        ]);
        command.args(&self.options).env("RUSTFLAGS", "-Dwarnings");
        command
    }
}

/// The keys of the section `[features]`.
fn features(manifest: &str) -> Vec<String> {
    let lines = manifest
        .lines()
        .skip_while(|line| line.trim() != "[features]")
        .skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    // A list may go on over several lines; only a key is followed by `= [`.
    let keys = lines.filter_map(|line| line.split_once('=').map(|(key, _)| key.trim()));
    keys.filter(|key| !key.starts_with('#'))
        .map(|key| key.trim_matches('"').to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_features_are_the_keys_of_their_section() {
        let manifest = "[package]\nname = \"a\"\n\n[features]\ndefault = [\"full\"]\n\
                        # no = []\nfull = [\n    \"net\",\n]\nnet = [\"b/net\"]\n\n\
                        [dependencies]\nb = \"1\"\n";
        assert_eq!(features(manifest), ["default", "full", "net"]);
        assert!(features("[package]\n").is_empty());
    }
}
