//! Other programs: started in the repository's root, shown before they run, and an error when they
//! fail.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The repository's root, wherever the command is called from.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("this package lies in the repository")
}

/// The cargo that runs this command.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    program(cargo)
}

pub(crate) fn program(name: impl Into<OsString>) -> Command {
    let mut command = Command::new(name.into());
    command.current_dir(root());
    command
}

/// Runs it with our own output.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("+ {}", shown(command));
    let status = command
        .status()
        .map_err(|error| not_started(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(command))
    }
}

/// Runs it, passes its standard output on line by line, and gives it back.
pub(crate) fn run_and_read(command: &mut Command) -> Result<Vec<String>, String> {
    let (lines, outcome) = run_and_keep(command)?;
    outcome.map(|()| lines)
}

/// As [`run_and_read`], and gives the output back although it failed.
pub(crate) fn run_and_keep(
    command: &mut Command,
) -> Result<(Vec<String>, Result<(), String>), String> {
    println!("+ {}", shown(command));
    command.stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    let output = child.stdout.take().expect("the output is piped");
    let mut lines = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|error| error.to_string())?;
        println!("{line}");
        lines.push(line);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let outcome = if status.success() {
        Ok(())
    } else {
        Err(failed(command))
    };
    Ok((lines, outcome))
}

/// What it writes, without showing it; `None` if it cannot be started or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The programs that cargo has built, by the messages that it writes as JSON.
pub(crate) fn executables(messages: &[u8]) -> Vec<PathBuf> {
    let text = String::from_utf8_lossy(messages);
    let programs = text.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    programs.collect()
}

/// Runs it, without showing it, for `limit` at most; `None` if it had to be ended.
pub(crate) fn run_until(
    command: &mut Command,
    limit: Duration,
) -> Result<Option<ExitStatus>, String> {
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    loop {
        let ended = child.try_wait().map_err(|error| error.to_string())?;
        if ended.is_some() {
            return Ok(ended);
        }
        if begun.elapsed() > limit {
            child.kill().map_err(|error| error.to_string())?;
            child.wait().map_err(|error| error.to_string())?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A seed that is another one each second.
pub(crate) fn seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(1, |since| since.as_secs())
}

/// What `cargo metadata` says of the package in this folder, for this machine's platform.
pub(crate) fn metadata(folder: &Path, arguments: &[&str]) -> Result<serde_json::Value, String> {
    let version = answer(cargo().arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let mut command = cargo();
    command
        .args(["metadata", "--format-version", "1"])
        .args(
            host.into_iter()
                .flat_map(|host| ["--filter-platform", host]),
        )
        .args(arguments)
        .current_dir(folder)
        .stderr(Stdio::inherit());
    let output = command
        .output()
        .map_err(|error| not_started(&command, &error))?;
    if !output.status.success() {
        return Err(format!(
            "{}; cargo says above what it cannot fetch or read",
            failed(&command)
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!(
        "{} cannot be started: {error}",
        command.get_program().to_string_lossy()
    )
}

fn failed(command: &Command) -> String {
    format!("failed: {}", shown(command))
}

/// As it would be typed; variables that we set first.
pub(crate) fn shown(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!(
            "{}={:?}",
            name.to_string_lossy(),
            value?.to_string_lossy()
        ))
    });
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    let words = words.map(|word| word.to_string_lossy().into_owned());
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_shown_as_it_would_be_typed() {
        let mut command = program("/usr/bin/cargo");
        command
            .args(["test", "-p", "x"])
            .env("RUSTFLAGS", "--cfg loom")
            .env_remove("OTHER");
        assert_eq!(shown(&command), "RUSTFLAGS=\"--cfg loom\" cargo test -p x");
    }

    #[test]
    fn a_failure_names_the_program() {
        let error = run(&mut program("surely-no-such-program")).expect_err("it does not exist");
        assert!(
            error.contains("surely-no-such-program cannot be started"),
            "{error}"
        );
        let mut fails = cargo();
        fails.arg("surely-no-such-command").stderr(Stdio::null());
        let error = run(&mut fails).expect_err("it fails");
        assert!(
            error.contains("failed: ") && error.contains("surely-no-such-command"),
            "{error}"
        );
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("xtask").is_dir() && root().join("Cargo.toml").is_file());
    }
}
