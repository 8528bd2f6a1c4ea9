//! Which test files compile, and where their programs are.
//!
//! cargo is asked to go on after a failure and to report in JSON; of each target that fails the
//! first errors are kept. cargo's own words go to a log, shown if it cannot even begin.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::conformance::scratch::{Scratch, Under};
use crate::platforms::targets::Target;
use crate::platforms::toolchain;
use crate::process;

/// Errors kept of one file: the first says most, the next few which items are missing.
const ERRORS_MAX: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Build {
    /// The program of each test file that compiles, and of the tests inside a library.
    pub(crate) programs: BTreeMap<String, PathBuf>,
    /// Libraries that compile, by the names that code uses.
    pub(crate) libraries: BTreeSet<String>,
    /// What the compiler says of the others, and of dependencies.
    pub(crate) errors: BTreeMap<String, Vec<String>>,
    /// Packages named tokio that took part.
    tokios: Vec<String>,
}

/// Builds these test files, for this machine or for another target.
pub(crate) fn run(
    scratch: &Scratch,
    under: Under,
    files: &[&str],
    target: Option<&Target>,
) -> Result<Build, String> {
    fetch(scratch)?;
    let tests: Vec<&str> = files.iter().flat_map(|name| ["--test", name]).collect();
    let folder = scratch.folder.join("target");
    let build = match target {
        None => cargo(&scratch.folder, &folder, &tests)?,
        Some(target) => {
            let mut command = toolchain::cargo("build", target);
            command.arg("--keep-going").args(&tests);
            // One that other compilers do not use.
            let folder = scratch.folder.join("platforms");
            by(command.current_dir(&scratch.folder), &folder)?
        }
    };
    if under == Under::Bridge {
        build.no_real_tokio()?;
    }
    Ok(build)
}

/// Builds the package in this folder and goes on after failures.
pub(crate) fn cargo(folder: &Path, target: &Path, arguments: &[&str]) -> Result<Build, String> {
    let mut command = process::cargo();
    command
        .args(["build", "--keep-going"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("RUSTFLAGS");
    by(&mut command, target)
}

/// As the command says, which is cargo's.
pub(crate) fn by(command: &mut Command, target: &Path) -> Result<Build, String> {
    let log = target.join("build.log");
    let file = fs::create_dir_all(target).and_then(|()| fs::File::create(&log));
    let file = file.map_err(|error| format!("{}: {error}", log.display()))?;
    command
        .args(["--message-format", "json"])
        .env("CARGO_TARGET_DIR", target)
        .stdout(Stdio::piped())
        .stderr(file);
    let mut child = command
        .spawn()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    let output = child.stdout.take().expect("the output is piped");
    let mut build = Build::default();
    for line in BufReader::new(output).lines() {
        build.read(&line.map_err(|error| error.to_string())?);
    }
    child.wait().map_err(|error| error.to_string())?;
    if build.programs.is_empty() && build.libraries.is_empty() && build.errors.is_empty() {
        let text = fs::read_to_string(&log).unwrap_or_default();
        return Err(format!("cargo built nothing:\n{}", text.trim_end()));
    }
    Ok(build)
}

fn fetch(scratch: &Scratch) -> Result<(), String> {
    let mut command = process::cargo();
    command
        .args(["fetch", "--quiet"])
        .current_dir(&scratch.folder);
    process::run(&mut command).map_err(|error| {
        format!(
            "{error}\nThe tests need crates from the registry (the dependencies in {}); cargo says above which \
             one it cannot fetch",
            scratch.folder.join("Cargo.toml").display()
        )
    })
}

impl Build {
    /// One line of cargo's JSON; lines that are not for us are passed over.
    fn read(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let target = &message["target"];
        let Some(name) = target["name"].as_str() else {
            return;
        };
        match message["reason"].as_str() {
            Some("compiler-artifact") => {
                let id = message["package_id"].as_str().unwrap_or_default();
                if name == "tokio" {
                    self.tokios.push(id.to_owned());
                }
                // A test file, or the tests inside a library.
                let tests = target["kind"][0] == "test" || message["profile"]["test"] == true;
                if let (Some(program), true) = (message["executable"].as_str(), tests) {
                    self.programs
                        .insert(name.to_owned(), PathBuf::from(program));
                } else if target["kind"][0] != "custom-build" {
                    self.libraries.insert(name.to_owned());
                }
            }
            Some("compiler-message") if message["message"]["level"] == "error" => {
                let errors = self.errors.entry(name.to_owned()).or_default();
                // The last one only counts the others.
                let text = first_line(&message["message"]);
                if errors.len() < ERRORS_MAX && !text.starts_with("aborting due to") {
                    errors.push(text);
                }
            }
            _ => (),
        }
    }

    /// An error if a tokio out of a registry took part.
    pub(crate) fn no_real_tokio(&self) -> Result<(), String> {
        match self.tokios.iter().find(|id| id.starts_with("registry+")) {
            Some(id) => Err(format!(
                "the real tokio is in this build, not the bridge alone: {id}"
            )),
            None => Ok(()),
        }
    }
}

/// The error and its place.
fn first_line(message: &Value) -> String {
    let text = message["message"].as_str().unwrap_or_default();
    let text = text.lines().next().unwrap_or_default();
    let spans = message["spans"].as_array().into_iter().flatten();
    let place = spans
        .filter(|span| span["is_primary"] == true)
        .find_map(|span| Some((span["file_name"].as_str()?, span["line_start"].as_u64()?)));
    match place {
        Some((file, line)) => format!("{text} ({}:{line})", short(file)),
        None => text.to_owned(),
    }
}

/// A file of the registry by package and path: where the registry lies on this machine says nothing.
fn short(file: &str) -> &str {
    let inside = file.split_once("registry/src/");
    let inside = inside.and_then(|(_, inside)| inside.split_once('/'));
    inside.map_or(file, |(_, inside)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::json;

    fn read(lines: &[&str]) -> Build {
        let mut build = Build::default();
        lines.iter().for_each(|line| build.read(line));
        build
    }

    const ERROR: &str = r#"{"reason":"compiler-message","target":{"name":"udp","kind":["test"]},
        "message":{"level":"error","message":"no `UdpSocket` in `net`\nmore","spans":[
            {"is_primary":false,"file_name":"z","line_start":9},
            {"is_primary":true,"file_name":"tests/udp.rs","line_start":4}]}}"#;

    fn artifact(name: &str, kind: &str, id: &str, program: Option<&str>) -> String {
        let target = json!({"name": name, "kind": [kind]});
        let reason = "compiler-artifact";
        json!({"reason": reason, "target": target, "package_id": id, "executable": program})
            .to_string()
    }

    #[test]
    fn programs_libraries_and_errors_are_read() {
        let build = read(&[
            &artifact("fs", "test", "", Some("/t/fs-1")),
            &artifact("a", "lib", "", None),
            &artifact("build-script-build", "custom-build", "", None),
            ERROR,
            r#"{"reason":"compiler-message","target":{"name":"fs"},"message":{"level":"warning"}}"#,
            r#"{"reason":"compiler-message","target":{"name":"udp"},"message":
               {"level":"error","message":"aborting due to 1 previous error","spans":[]}}"#,
            r#"{"reason":"build-finished","success":false}"#,
            "not JSON",
        ]);
        assert_eq!(build.programs.into_keys().collect::<Vec<_>>(), ["fs"]);
        assert_eq!(build.libraries.into_iter().collect::<Vec<_>>(), ["a"]);
        let expected = vec!["no `UdpSocket` in `net` (tests/udp.rs:4)".to_owned()];
        let errors: Vec<_> = build.errors.into_iter().collect();
        assert_eq!(errors, [("udp".to_owned(), expected)]);
    }

    #[test]
    fn places_do_not_name_the_machine() {
        let file = "/somewhere/registry/src/index.example-1/tower-0.5.3/src/lib.rs";
        assert_eq!(short(file), "tower-0.5.3/src/lib.rs");
        assert_eq!(short("tests/udp.rs"), "tests/udp.rs");
    }

    #[test]
    fn errors_are_bounded() {
        let build = read(&[ERROR; 100]);
        assert_eq!(build.errors["udp"].len(), ERRORS_MAX);
    }

    #[test]
    fn the_real_tokio_is_noticed() {
        let bridge = read(&[&artifact(
            "tokio",
            "lib",
            "path+file:///x/compat/tokio#1.999.0",
            None,
        )]);
        assert_eq!(bridge.no_real_tokio(), Ok(()));
        let real = read(&[&artifact(
            "tokio",
            "lib",
            "registry+https://x#tokio@1.54.1",
            None,
        )]);
        assert!(real.no_real_tokio().is_err());
    }
}
