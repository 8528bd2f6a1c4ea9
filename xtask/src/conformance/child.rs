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

/// The rest is read and forgotten.
const OUTPUT_MAX: usize = 4 << 20;
/// How long after its end a program's last words may take to arrive.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) timed_out: bool,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs the program in this folder, at most this long.
pub(crate) fn run(
    program: &Path,
    arguments: &[&str],
    folder: &Path,
    limit: Duration,
) -> Result<Ended, String> {
    let begun = Instant::now();
    let mut child = Command::new("timeout")
        .args(["--signal=KILL", &limit.as_secs().to_string()])
        .arg(program)
        .args(arguments)
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
        run(Path::new("sh"), &["-c", line], Path::new("."), limit).expect("sh is there")
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
