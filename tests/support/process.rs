//! The examples as processes.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{program, slow};

/// The path of an example's binary, which is built if it is missing or older than this test.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILD: Once = Once::new();
    let test = env::current_exe().expect("the path of this binary");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("the binary is in target/<profile>/deps");
    let binary = profile
        .join("examples")
        .join(name)
        .with_extension(env::consts::EXE_EXTENSION);
    if !is_newer(&binary, &test) {
        BUILD.call_once(|| build(profile));
    }
    assert!(binary.exists(), "{} is missing", binary.display());
    binary
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let modified = |path| fs::metadata(path).and_then(|metadata| metadata.modified());
    match (modified(file), modified(than)) {
        (Ok(file), Ok(than)) => file >= than,
        _ => false,
    }
}

static BUILDING: AtomicBool = AtomicBool::new(false);

/// Whether the examples are being built, which takes as long as the compiler does.
pub(super) fn is_building() -> bool {
    // Relaxed: it tells of nothing else.
    BUILDING.load(Ordering::Relaxed)
}

fn build(profile: &Path) {
    // Relaxed, both: as above.
    BUILDING.store(true, Ordering::Relaxed);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--examples", "--package", "runtime"])
        .arg("--target-dir")
        .arg(profile.parent().expect("target"));
    if profile.file_name() == Some(OsStr::new("release")) {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo starts");
    BUILDING.store(false, Ordering::Relaxed);
    assert!(status.success(), "cargo build --examples: {status}");
}

/// Runs an example to its end, which must come within a minute (the watchdog's).
pub(crate) fn run_example(name: &str, arguments: &[&OsStr]) -> Output {
    program(example(name))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the example starts")
}

/// As [`run_example`], with arguments that are text.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    run_example(name, &arguments)
}

/// An argument that is no Unicode text.
#[cfg(unix)]
pub(crate) fn no_text() -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"\xff\xfe".to_vec())
}

/// An argument that is no Unicode text.
#[cfg(windows)]
pub(crate) fn no_text() -> OsString {
    std::os::windows::ffi::OsStringExt::from_wide(&[0xd800])
}

/// Failed, with one line on standard error that names the program, and without a panic.
#[track_caller]
pub(crate) fn assert_one_clear_line(name: &str, output: &Output, part: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{name}: {error}");
    assert_eq!(error.lines().count(), 1, "{name}: {error}");
    assert!(error.starts_with(&format!("{name}: ")), "{error}");
    assert!(error.contains(part), "{error} does not say {part:?}");
}

/// A server among the examples, killed on drop.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// On a free port.
    pub(crate) fn start(name: &str) -> Server {
        Server::start_by(program(example(name)).arg("0"))
    }

    /// By a command whose first line of output says where it listens.
    pub(crate) fn start_by(command: &mut Command) -> Server {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("its first line");
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("the server's first line is {line:?}");
        };
        Server { child, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client whose reads and writes end after ten seconds at the latest, if nothing is slow.
    pub(crate) fn client(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        let patience = Some(Duration::from_secs(10) * slow());
        stream.set_read_timeout(patience).expect("a read timeout");
        stream.set_write_timeout(patience).expect("a write timeout");
        stream.set_nodelay(true).expect("no delay");
        stream
    }

    /// The server has not ended.
    #[track_caller]
    pub(crate) fn assert_runs(&mut self) {
        let ended: Option<ExitStatus> = self.child.try_wait().expect("its state");
        assert!(ended.is_none(), "the server ended: {ended:?}");
    }

    /// How many descriptors the server has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid()))
            .expect("/proc/PID/fd")
            .count()
    }

    /// Waits until the server has at most so many descriptors open.
    #[track_caller]
    pub(crate) fn wait_descriptors(&self, most: usize) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.descriptors() > most {
            assert!(
                Instant::now() < deadline,
                "{} descriptors are open, more than {most}",
                self.descriptors()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What Ctrl-C does at a terminal.
pub(crate) fn interrupt(child: &Child) {
    let kill = format!("kill -INT {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("a shell").success(), "{kill}");
}

/// A field of /proc/PID/status that is given in kB, such as `VmRSS`; or a plain count, such as
/// `Threads`.
pub(crate) fn proc_status_kib(pid: u32, field: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("/proc/PID/status");
    status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|value| value.split_whitespace().next()?.parse().ok())
        .unwrap_or_else(|| panic!("no {field} in /proc/{pid}/status"))
}
