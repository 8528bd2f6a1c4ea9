//! An axum server under load, on the bridge and on tokio itself.
//!
//! 1. `compat/probe/examples/serve.rs` is built twice, in release, with the versions of the probe's
//!    lock file: in a package with the bridge under `[patch.crates-io]`, and in one without.
//! 2. They serve in turn, for ten seconds each time; wrk asks over a hundred connections.
//! 3. Any error that wrk counts is one of the command's, if it was the bridge that served, and so
//!    is a server that does not end when it is told to.
//!
//! Which of the two is faster is for the eye: wrk shares the machine with the server, and the
//! benches say more.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::conformance::build;
use crate::conformance::scratch::write;
use crate::needs::{self, Need};
use crate::process;
use crate::wrk::{self, Served};

const ROUNDS: usize = 3;
const ARGUMENTS: [&str; 5] = [
    "--threads=2",
    "--connections=100",
    "--duration=10s",
    "--timeout=5s",
    "--latency",
];

/// How long a server may take to end.
const END_LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under {
    Bridge,
    Tokio,
}

pub(crate) fn run(install: bool) -> Result<(), String> {
    needs::are_there([Need::Wrk].into(), install)?;
    let servers = [
        (Under::Bridge, built(Under::Bridge)?),
        (Under::Tokio, built(Under::Tokio)?),
    ];
    println!("{} each time, {ROUNDS} times in turn:", ARGUMENTS.join(" "));
    let mut bad = Vec::new();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let mut rates = Vec::new();
        for (under, server) in &servers {
            let served = serve(server)?;
            let (requests, rate) = (served.requests, served.per_second);
            println!(
                "{under:?}: {requests} requests, {rate:.0} a second, p99 {}",
                served.p99
            );
            served
                .errors
                .iter()
                .for_each(|error| println!("    {error}"));
            if *under == Under::Bridge {
                bad.extend(served.errors);
            }
            rates.push(rate);
        }
        ratios.push(rates[0] / rates[1]);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "bridge ÷ tokio, requests a second: {:.3} (the median)",
        ratios[ROUNDS / 2]
    );
    match bad.len() {
        0 => Ok(()),
        _ => Err(format!(
            "the bridge's server made errors:\n{}",
            bad.join("\n")
        )),
    }
}

/// The server's program.
fn built(under: Under) -> Result<PathBuf, String> {
    let root = process::root();
    let name = match under {
        Under::Bridge => "bridge",
        Under::Tokio => "tokio",
    };
    let folder = root.join("target/probe/serve").join(name);
    write(&folder.join("Cargo.toml"), manifest(root, under).as_bytes())?;
    let lock = root.join("compat/probe/Cargo.lock");
    let lock = std::fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    write(&folder.join("Cargo.lock"), &lock)?;
    let target = folder.join("target");
    let build = build::cargo(&folder, &target, &["--release"])?;
    if under == Under::Bridge {
        build.no_real_tokio()?;
    }
    match build.errors.iter().next() {
        Some((name, errors)) => Err(format!("{name} does not compile:\n{}", errors.join("\n"))),
        None => Ok(target.join("release/serve")),
    }
}

/// A package of the server alone: the probe's other dependencies would be built for nothing.
fn manifest(root: &Path, under: Under) -> String {
    let program = root.join("compat/probe/examples/serve.rs");
    let bridge = root.join("compat/tokio");
    let patch = match under {
        Under::Bridge => format!("\n[patch.crates-io]\ntokio = {{ path = {bridge:?} }}\n"),
        Under::Tokio => String::new(),
    };
    format!(
        "[package]\nname = \"serve\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [[bin]]\nname = \"serve\"\npath = {program:?}\n\n[dependencies]\naxum = \"0.8\"\n\
         tokio = {{ version = \"1\", features = [\"full\"] }}\n{patch}"
    )
}

/// Ten seconds of one server.
fn serve(program: &Path) -> Result<Served, String> {
    let mut server = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let output = server.stdout.take().expect("the output is piped");
    let mut address = String::new();
    let read = BufReader::new(output).read_line(&mut address);
    let asked = match read {
        Ok(1..) => wrk::ask(&ARGUMENTS, &format!("http://{}/", address.trim())),
        _ => Err("the server does not say where it is".to_owned()),
    };
    let ended = end(&mut server);
    let served = asked?;
    ended?;
    Ok(served)
}

/// Closes the server's input and waits until it has ended.
fn end(server: &mut Child) -> Result<(), String> {
    drop(server.stdin.take());
    let begun = Instant::now();
    while begun.elapsed() < END_LIMIT {
        match server.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("the server ends badly: {status}")),
            None => thread::sleep(Duration::from_millis(10)),
        }
    }
    let killed = server.kill().and_then(|()| server.wait());
    killed.map_err(|error| error.to_string())?;
    Err("the server does not end when it is told to".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bridges_package_is_patched() {
        let root = Path::new("/r");
        assert!(manifest(root, Under::Bridge).contains("path = \"/r/compat/tokio\""));
        assert!(!manifest(root, Under::Tokio).contains("patch"));
    }
}
