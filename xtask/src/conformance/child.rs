//! A test program as a process: bounded in time and in what it may say.
//!
//! `timeout` makes the program the head of a process group and kills the whole group, so that
//! children of a test that hangs do not outlive it. What a left-over process keeps open is not
//! waited for.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::machine::Machine;

/// The longest file of tokio's takes about ten seconds on two quiet cores.
const LIMIT: Duration = Duration::from_secs(60);
/// The rest is read and forgotten.
const OUTPUT_MAX: usize = 4 << 20;
/// How long after its end a program's last words may take to arrive.
const GRACE: Duration = Duration::from_secs(2);

/// A test program, and where it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) path: &'a Path,
    /// The package that it belongs to.
    pub(crate) folder: &'a Path,
    /// All its tests at once take at most so long on a machine that is not slow.
    pub(crate) limit: Duration,
    /// Its tests get in each other's way, and each runs in a process of its own.
    pub(crate) one_by_one: bool,
}

impl<'a> Program<'a> {
    /// With the time that tokio's tests get.
    pub(crate) fn new(machine: &'a Machine, path: &'a Path, folder: &'a Path) -> Program<'a> {
        Program {
            machine,
            path,
            folder,
            limit: LIMIT,
            one_by_one: false,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) timed_out: bool,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs the program in its folder, at most this long; as much longer as its machine is slower.
pub(crate) fn run(
    program: Program<'_>,
    arguments: &[&str],
    limit: Duration,
) -> Result<Ended, String> {
    let Program {
        machine,
        path,
        folder,
        ..
    } = program;
    let limit = limit * machine.slow();
    let begun = Instant::now();
    let mut child = Command::new("timeout")
        .args(["--signal=KILL", &limit.as_secs().to_string()])
        .args(machine.words(path))
        .args(arguments)
        .envs(machine.variables())
        .current_dir(folder)
        // As `cargo test` does.
        .env("CARGO_MANIFEST_DIR", folder)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("timeout, of the GNU coreutils, cannot be started: {error}"))?;
    let output = listen(child.stdout.take().expect("the output is piped"));
    let errors = listen(child.stderr.take().expect("the errors are piped"));
    let status = child.wait().map_err(|error| error.to_string())?;
    Ok(Ended {
        success: status.success(),
        timed_out: !status.success() && begun.elapsed() >= limit,
        output: heard(&output),
        errors: heard(&errors),
    })
}

/// Reads on a thread of its own until everyone has closed the pipe.
fn listen(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        let mut room = OUTPUT_MAX;
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            let kept = read.min(room);
            room -= kept;
            if kept > 0 && sender.send(buffer[..kept].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

fn heard(pieces: &mpsc::Receiver<Vec<u8>>) -> String {
    let end = Instant::now() + GRACE;
    let mut bytes = Vec::new();
    while let Ok(piece) = pieces.recv_timeout(end.saturating_duration_since(Instant::now())) {
        bytes.extend(piece);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn shell(line: &str, limit_s: u64) -> Ended {
        let limit = Duration::from_secs(limit_s);
        let machine = Machine::native();
        let program = Program::new(&machine, Path::new("sh"), Path::new("."));
        run(program, &["-c", line], limit).expect("sh is there")
    }

    #[test]
    fn what_a_program_says_is_heard() {
        let ended = shell("echo out; echo err >&2; exit 3", 60);
        assert!(!ended.success && !ended.timed_out);
        assert_eq!(
            (ended.output.as_str(), ended.errors.as_str()),
            ("out\n", "err\n")
        );
    }

    #[test]
    fn a_program_that_hangs_ends_and_keeps_what_it_said() {
        let ended = shell("echo first; sleep 1000; echo never", 1);
        assert!(ended.timed_out && ended.output == "first\n", "{ended:?}");
    }

    #[test]
    fn a_flood_is_cut() {
        let ended = shell("head -c 10000000 /dev/zero", 60);
        assert_eq!(ended.output.len(), OUTPUT_MAX);
    }
}
