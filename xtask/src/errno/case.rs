//! One process under strace, and what came of it.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::calls::Call;
use crate::process;

/// An undisturbed process takes a tenth of a second.
const LIMIT: Duration = Duration::from_secs(5);

/// A part takes some hundredths. What strace itself uses does not count.
const PROCESSOR_LIMIT: Duration = Duration::from_secs(2);

/// Among the errors: not a failure, but a signal that has a handler, in mid-call. It must fail nothing.
pub(super) const SIGNAL: &str = "SIGWINCH";

pub(super) struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    /// It waits for a line, until strace holds on to it.
    waits: bool,
}

/// How many descriptors and threads are left without a runtime.
type Left = (usize, usize);

/// A run in which nothing fails.
pub(super) struct Undisturbed {
    /// The names of its calls.
    pub(super) calls: Vec<String>,
    /// Examples do not say it.
    pub(super) left: Option<Left>,
}

pub(super) struct Case<'a> {
    pub(super) program: &'a Program,
    /// What the program leaves if nothing fails.
    pub(super) left: Option<Left>,
    pub(super) call: &'a str,
    pub(super) error: &'a str,
    pub(super) occurrence: usize,
}

#[derive(Debug)]
pub(super) struct Outcome {
    case: String,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    WentOn,
    Error,
    Finding(String),
}

impl Outcome {
    pub(super) fn is_error(&self) -> bool {
        self.kind == Kind::Error
    }

    pub(super) fn finding(&self) -> Option<String> {
        match &self.kind {
            Kind::Finding(what) => Some(format!("{}: {what}", self.case)),
            _ => None,
        }
    }
}

impl Program {
    pub(super) fn waiting(path: &Path, part: &str) -> Program {
        Program {
            path: path.to_owned(),
            arguments: vec![part.into()],
            waits: true,
        }
    }

    pub(super) fn example(path: &Path, arguments: &[&str]) -> Program {
        let arguments = arguments.iter().map(OsString::from).collect();
        Program {
            path: path.to_owned(),
            arguments,
            waits: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a failure would be the runtime's.
    pub(super) fn can_fail(&self, call: &Call) -> bool {
        self.waits || !call.is_common
    }

    /// Whether all its calls are ours to know: a loader's are not.
    pub(super) fn is_ours(&self) -> bool {
        self.waits
    }

    /// Examples have no handler, and without one it interrupts nothing.
    pub(super) fn handles_signals(&self) -> bool {
        self.waits
    }

    /// Those of the call's errors that can be. Parts that neither write to a file nor to a peer by
    /// `write` call it for the runtime's own bells, which have room and a reader as long as they are.
    pub(super) fn errors_of(&self, call: &Call) -> &'static [&'static str] {
        let writes = ["fs", "unix", "process"];
        let has_output = writes
            .iter()
            .any(|part| self.arguments.iter().any(|it| it == part));
        match call.name {
            "write" if !has_output => &call.errors[..1],
            _ => call.errors,
        }
    }

    pub(super) fn name(&self) -> String {
        let words = std::iter::once(self.path.file_name().unwrap_or_default());
        let words = words.chain(self.arguments.iter().map(OsString::as_os_str));
        words
            .map(|it| it.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What an undisturbed run does.
///
/// # Errors
/// It fails, or the scenario does not say what it leaves: that would pass every leak.
pub(super) fn undisturbed(program: &Program) -> Result<Undisturbed, String> {
    let ran = Ran::under(program, &["-e", "trace=all"]).map_err(|error| error.to_string())?;
    if ran.status.is_none_or(|status| !status.success()) {
        return Err(format!(
            "{} fails undisturbed: {}",
            program.name(),
            ran.said
        ));
    }
    let mut names: Vec<String> = ran.trace.lines().filter_map(called).collect();
    names.sort_unstable();
    names.dedup();
    let left = left(&ran.said);
    if program.is_ours() && left.is_none() {
        return Err(format!("{} does not say what it leaves", program.name()));
    }
    Ok(Undisturbed { calls: names, left })
}

/// What the line `left: 3 descriptors, 1 threads` says.
fn left(said: &str) -> Option<Left> {
    let line = said.lines().find_map(|line| line.strip_prefix("left: "))?;
    let (descriptors, threads) = line.split_once(" descriptors, ")?;
    let threads = threads.strip_suffix(" threads")?;
    Some((descriptors.parse().ok()?, threads.parse().ok()?))
}

/// `[pid] name(…`.
fn called(line: &str) -> Option<String> {
    let call = line.split_whitespace().find(|word| word.contains('('))?;
    let (name, _) = call.split_once('(')?;
    (!name.is_empty()).then(|| name.to_owned())
}

impl Case<'_> {
    /// `None` if there was no such occurrence.
    pub(super) fn run(&self) -> Option<Outcome> {
        let Case {
            call,
            error,
            occurrence,
            ..
        } = self;
        let what = if *error == SIGNAL { "signal" } else { "error" };
        let inject = format!("inject={call}:{what}={error}:when={occurrence}");
        let trace = format!("trace={call}");
        let case = format!("{} with {call} {occurrence}: {error}", self.program.name());
        let kind = match Ran::under(self.program, &["-e", &trace, "-e", &inject]) {
            Ok(ran) if !ran.is_injected() && ran.status.is_some() => return None,
            Ok(ran) => match ran.kind_beside(self.left) {
                Kind::Error if *error == SIGNAL => {
                    Kind::Finding(format!("a signal fails it: {}", ran.said))
                }
                kind => kind,
            },
            Err(error) => Kind::Finding(format!("cannot be run: {error}")),
        };
        Some(Outcome { case, kind })
    }
}

/// What came of one run.
struct Ran {
    /// `None` if it had to be ended.
    status: Option<ExitStatus>,
    said: String,
    trace: String,
    processor: Duration,
}

impl Ran {
    fn under(program: &Program, options: &[&str]) -> std::io::Result<Ran> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: each needs a number of its own, no more.
        let number = RUNS.fetch_add(1, Ordering::Relaxed);
        let log = std::env::temp_dir().join(format!("errno-{}-{number}", std::process::id()));
        let mut strace = process::program("strace");
        strace
            .args(["-f", "-o"])
            .arg(&log)
            .args(options)
            .stdin(Stdio::null());
        let ran = if program.waits {
            attached(program, &mut strace)
        } else {
            from_the_beginning(program, &mut strace)
        };
        let trace = fs::read(&log).unwrap_or_default();
        let _ = fs::remove_file(&log);
        ran.map(|ran| Ran {
            trace: String::from_utf8_lossy(&trace).into_owned(),
            ..ran
        })
    }

    fn is_injected(&self) -> bool {
        let signal = format!("--- {SIGNAL} ");
        self.trace.contains("(INJECTED)") || self.trace.contains(&signal)
    }

    /// Where it says what it leaves, that is no more than `undisturbed`. Less is: an error ends the
    /// scenario before it has used everything.
    fn kind_beside(&self, undisturbed: Option<Left>) -> Kind {
        let kind = self.kind();
        match (left(&self.said), undisturbed, &kind) {
            (Some(left), Some(at_most), Kind::WentOn | Kind::Error)
                if left.0 > at_most.0 || left.1 > at_most.1 =>
            {
                let shown = |(descriptors, threads)| {
                    format!("{descriptors} descriptors and {threads} threads")
                };
                let (left, at_most) = (shown(left), shown(at_most));
                Kind::Finding(format!("leaves {left}, undisturbed {at_most}"))
            }
            _ => kind,
        }
    }

    fn kind(&self) -> Kind {
        if self.said.contains("panicked") {
            return Kind::Finding(format!("panics\n{}", self.said));
        }
        if self.processor > PROCESSOR_LIMIT {
            return Kind::Finding(format!("used a processor for {:?}", self.processor));
        }
        match self.status.map(|status| (status.success(), status.code())) {
            None => Kind::Finding("hangs".to_owned()),
            Some((true, _)) => Kind::WentOn,
            // Its words may be what could not be written.
            Some((_, Some(1))) => Kind::Error,
            Some((_, code)) => Kind::Finding(format!("ends with {code:?}: {}", self.said)),
        }
    }
}

/// Started, held, and let go.
fn attached(program: &Program, strace: &mut Command) -> std::io::Result<Ran> {
    let handler = strace
        .get_args()
        .any(|it| it.to_string_lossy().contains(SIGNAL));
    let mut child = Command::new(&program.path)
        .args(&program.arguments)
        .args(handler.then_some("handler"))
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let pid = child.id();
    // Its first line: from there on no loader reads any more.
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    said.read_line(&mut String::new())?;
    let mut strace = strace
        .arg("-p")
        .arg(pid.to_string())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut notes = BufReader::new(strace.stderr.take().expect("piped"));
    let mut line = String::new();
    // "strace: Process N attached", or why not.
    notes.read_line(&mut line)?;
    if line.contains("attached") {
        child.stdin.take().expect("piped").write_all(b"\n")?;
    } else {
        child.kill()?;
    }
    // What strace notes of threads and children that come and go.
    let drained = thread::spawn(move || notes.read_to_end(&mut Vec::new()));
    let ran = watch(&mut child, pid, said)?;
    strace.wait()?;
    let _ = drained.join();
    clear(pid);
    Ok(ran)
}

/// Removes what the scenario could not remove: it was ended, or just that was made to fail. Its number
/// is another process's one day, which would find it.
fn clear(pid: u32) {
    let place = |name: &str| std::env::temp_dir().join(format!("runtime-errno-{pid}-{name}"));
    for name in ["file", "0", "1", "2", "3"] {
        let _ = fs::remove_file(place(name));
    }
    let _ = fs::remove_dir_all(place("folder"));
}

/// Its exit code is that of the program.
fn from_the_beginning(program: &Program, strace: &mut Command) -> std::io::Result<Ran> {
    let mut child = strace
        .arg(&program.path)
        .args(&program.arguments)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let said = child.stderr.take().expect("piped");
    let pid = child.id();
    watch(&mut child, pid, said)
}

/// Until it has ended, or has to be.
fn watch(
    child: &mut Child,
    pid: u32,
    mut said: impl Read + Send + 'static,
) -> std::io::Result<Ran> {
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        let _ = said.read_to_end(&mut all);
        String::from_utf8_lossy(&all).into_owned()
    });
    let begun = Instant::now();
    let mut processor = Duration::ZERO;
    let status = loop {
        processor = processor.max(processor_time(pid).unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if begun.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let said = reader.join().unwrap_or_default();
    Ok(Ran {
        status,
        said,
        trace: String::new(),
        processor,
    })
}

/// Of all threads so far, by hundredths of a second.
fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    // User and system time are the 14th and 15th field; the third is the first behind the name.
    let fields = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|it| it.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn ran(status: Option<i32>, said: &str) -> Kind {
        ran_beside(status, said, None)
    }

    fn ran_beside(status: Option<i32>, said: &str, undisturbed: Option<Left>) -> Kind {
        Ran {
            status: status.map(ExitStatus::from_raw),
            said: said.to_owned(),
            trace: String::new(),
            processor: Duration::ZERO,
        }
        .kind_beside(undisturbed)
    }

    #[test]
    fn more_than_an_undisturbed_run_leaves_is_a_finding() {
        let said = "scenario: no\nleft: 5 descriptors, 2 threads\n";
        let beside =
            |descriptors, threads| ran_beside(Some(1 << 8), said, Some((descriptors, threads)));
        assert_eq!(beside(5, 2), Kind::Error);
        assert_eq!(beside(6, 3), Kind::Error);
        assert!(matches!(beside(4, 2), Kind::Finding(_)));
        assert!(matches!(beside(5, 1), Kind::Finding(_)));
        assert_eq!(left("left: many descriptors, 2 threads"), None);
        assert_eq!(ran_beside(Some(0), "", Some((1, 1))), Kind::WentOn);
    }

    #[test]
    fn only_success_and_an_error_are_no_findings() {
        assert_eq!(ran(Some(0), ""), Kind::WentOn);
        assert_eq!(ran(Some(1 << 8), "scenario: no\n"), Kind::Error);
        assert_eq!(ran(Some(1 << 8), ""), Kind::Error);
        for (status, said) in [
            (Some(1 << 8), "thread panicked"),
            (Some(101 << 8), "x"),
            (Some(6), "aborted"),
            (None, ""),
        ] {
            assert!(
                matches!(ran(status, said), Kind::Finding(_)),
                "{status:?} {said}"
            );
        }
    }

    #[test]
    fn the_name_of_a_call_is_found() {
        assert_eq!(called("12  read(3, \"\", 5) = 0").as_deref(), Some("read"));
        assert_eq!(called("12 +++ exited with 0 +++"), None);
    }
}
