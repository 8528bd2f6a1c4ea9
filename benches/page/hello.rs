//! What a program costs that says hello: how long a clean build takes, how large the binary is, how
//! many crates are built, how long it runs.
//!
//! Each peer's program is a package of its own in a temporary folder, with the features that a
//! newcomer is told to take: ours as they are by default, tokio's `full`. A build begins with an
//! empty target folder and fetches nothing; the seconds are of cargo as a whole, on all cores, with
//! the profile that `cargo build` has by default. The size is that of a release build without its
//! symbols; it is also what runs. `compare` times a process that says hello too, but that is itself once
//! more, ten times as large, and what the loader does for that is most of it: so what stands here comes
//! later among the samples, and counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::json;

use crate::peers::{OURS, REFERENCE};

/// The rows, as in `gates.toml`.
#[cfg(test)]
pub(crate) const ROWS: [&str; 3] = [SECONDS, BYTES, CRATES];

const SECONDS: &str = "hello_build";
const BYTES: &str = "hello_size";
const CRATES: &str = "hello_crates";
const PROCESS: &str = "startup_process";

/// How often it runs for one figure.
const RUNS: u32 = 100;

/// How many figures there are of that: as many as a row has in the end that is hard to decide.
const PROCESS_TURNS: usize = 27;

/// Lines for the samples: the builds of all peers in turns, the rest once.
pub(crate) fn measure(turns: usize) -> Result<Vec<String>, String> {
    let folder = std::env::temp_dir().join(format!("runtime-hello-{}", std::process::id()));
    let lines = measure_in(&folder, turns);
    let removed = fs::remove_dir_all(&folder);
    let lines = lines?;
    removed.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(lines)
}

fn measure_in(folder: &Path, turns: usize) -> Result<Vec<String>, String> {
    let mut programs = [Program::ours(folder)?, Program::reference(folder)?];
    let mut lines = Vec::new();
    for turn in 0..turns {
        for program in &programs {
            let seconds = program.build(&[])?;
            lines.push(program.line(SECONDS, turn, "s", seconds));
        }
    }
    for program in &programs {
        program.build(&["--release"])?;
        let size = fs::metadata(program.binary()).map_err(|error| error.to_string())?;
        lines.push(program.line(BYTES, 0, "bytes", size.len() as f64));
        lines.push(program.line(CRATES, 0, "crates", program.crates()? as f64));
    }
    for turn in 0..PROCESS_TURNS {
        for program in &programs {
            lines.push(program.line(PROCESS, turn, "ns", program.run()?));
        }
        // Who was last is first.
        programs.reverse();
    }
    Ok(lines)
}

struct Program {
    peer: &'static str,
    folder: PathBuf,
}

impl Program {
    fn ours(folder: &Path) -> Result<Program, String> {
        let root = fs::canonicalize(".").map_err(|error| error.to_string())?;
        let dependency = format!("{{ path = {:?} }}", root.display().to_string());
        Program::write(folder, OURS, &dependency)
    }

    fn reference(folder: &Path) -> Result<Program, String> {
        let lock = fs::read_to_string("Cargo.lock").map_err(|error| error.to_string())?;
        let version = crate::machine::version(&lock, REFERENCE).ok_or("no tokio in Cargo.lock")?;
        let dependency = format!("{{ version = \"={version}\", features = [\"full\"] }}");
        Program::write(folder, REFERENCE, &dependency)
    }

    fn write(folder: &Path, peer: &'static str, dependency: &str) -> Result<Program, String> {
        let folder = folder.join(peer);
        let manifest = format!(
            "[package]\nname = \"hello\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{peer} = {dependency}\n\n\
             [profile.release]\nstrip = true\n\n[workspace]\n"
        );
        let main = format!(
            "#[{peer}::main]\nasync fn main() {{\n    \
             {peer}::spawn(async {{ println!(\"hello\") }}).await.unwrap();\n}}\n"
        );
        let write = || {
            fs::create_dir_all(folder.join("src"))?;
            fs::write(folder.join("Cargo.toml"), manifest)?;
            // The same versions of what both need.
            fs::copy("Cargo.lock", folder.join("Cargo.lock"))?;
            fs::write(folder.join("src/main.rs"), main)
        };
        write().map_err(|error| error.to_string())?;
        let program = Program { peer, folder };
        // Drops what the workspace's lock file has besides; and needs no network in the builds.
        program.cargo(&["metadata", "--format-version", "1"])?;
        Ok(program)
    }

    /// Builds it anew; how many seconds that took.
    fn build(&self, arguments: &[&str]) -> Result<f64, String> {
        let target = self.folder.join("target");
        if target.exists() {
            fs::remove_dir_all(&target).map_err(|error| error.to_string())?;
        }
        let start = Instant::now();
        self.cargo(&[&["build", "--quiet", "--offline"], arguments].concat())?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// The release build.
    fn binary(&self) -> PathBuf {
        self.folder.join("target/release/hello")
    }

    /// Runs it a number of times; how many nanoseconds one takes.
    fn run(&self) -> Result<f64, String> {
        let mut hello = Command::new(self.binary());
        let said = hello.output().map_err(|error| error.to_string())?;
        if said.stdout != b"hello\n" {
            return Err(format!("{} does not say hello: {said:?}", self.peer));
        }
        // Who listens is woken in its midst, and takes a core.
        hello.stdout(Stdio::null());
        let start = Instant::now();
        for _ in 0..RUNS {
            hello.status().map_err(|error| error.to_string())?;
        }
        Ok((start.elapsed() / RUNS).as_nanos() as f64)
    }

    /// How many packages it is made of, itself apart.
    fn crates(&self) -> Result<usize, String> {
        let tree = self.cargo(&["tree", "--prefix", "none", "--format", "{p}"])?;
        let mut packages: Vec<&str> = tree
            .lines()
            .map(|line| line.trim_end_matches(" (*)"))
            .collect();
        packages.sort_unstable();
        packages.dedup();
        Ok(packages.len() - 1)
    }

    /// What cargo says; an error if it fails.
    fn cargo(&self, arguments: &[&str]) -> Result<String, String> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(arguments).current_dir(&self.folder);
        cargo.env_remove("CARGO_TARGET_DIR").stderr(Stdio::piped());
        // Path dependencies would pay for something that packages from a registry do not have.
        cargo.env("CARGO_INCREMENTAL", "0");
        let output = cargo.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let text = String::from_utf8_lossy(&output.stderr);
            let last = text.lines().last().unwrap_or("no reason given");
            Err(format!("{}: cargo {}: {last}", self.peer, arguments[0]))
        }
    }

    fn line(&self, row: &str, turn: usize, unit: &str, value: f64) -> String {
        json!({ "row": row, "peer": self.peer, "turn": turn, "unit": unit, "value": value })
            .to_string()
    }
}
