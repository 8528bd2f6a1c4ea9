//! Files and the standard streams through whole processes: the examples, and limits that hold for a
//! process.
#![allow(unsafe_code, reason = "limits and signals of the test's own process")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Output, Stdio};
use std::time::{Duration, Instant};

use support::{Watchdog, assert_one_clear_line, example, interrupt, program, run};

/// A file of one test's own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, contents: &[u8]) -> Scratch {
        let name = format!("runtime-files-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, contents).expect("written");
        Scratch(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().expect("text")
    }

    fn append(&self, bytes: &[u8]) {
        let mut file = fs::OpenOptions::new().append(true).open(&self.0);
        let file = file.as_mut().expect("opened");
        file.write_all(bytes).expect("appended");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn spawn(name: &str, arguments: &[&str]) -> Child {
    program(example(name))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example starts")
}

/// Gives it `input` and then the end.
fn run_with(name: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = spawn(name, arguments);
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("it ends");
    feeder.join().expect("fed");
    output
}

#[test]
fn cat_copies_standard_input_byte_by_byte() {
    let _watchdog = Watchdog::new();
    let long: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    for input in [&b""[..], b"one\ntwo", b"\xff\0\n", &long] {
        let output = run_with("cat", &[], input);
        assert!(output.status.success());
        assert!(output.stdout == input, "{} bytes", input.len());
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn cat_copies_files_and_standard_input_in_their_order() {
    let _watchdog = Watchdog::new();
    let (one, two) = (Scratch::new("one", b"1\n"), Scratch::new("two", b"2\n"));
    let output = run_with("cat", &[two.text(), "-", one.text()], b"in\n");
    assert!(output.status.success());
    assert_eq!(output.stdout, b"2\nin\n1\n");
}

#[test]
fn cat_says_in_one_line_what_it_cannot_read_and_goes_on() {
    let _watchdog = Watchdog::new();
    assert_one_clear_line("cat", &run("cat", &["nowhere"]), "nowhere: ");
    assert_one_clear_line("cat", &run("cat", &["src"]), "src: ");
    let there = Scratch::new("there", b"there\n");
    let output = run("cat", &["nowhere", there.text()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"there\n");
}

#[cfg(target_os = "linux")]
#[test]
fn fault_064_cat_to_a_full_device_fails() {
    let _watchdog = Watchdog::new();
    let there = Scratch::new("full", b"there\n");
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    let output = program(example("cat"))
        .arg(there.text())
        .stdout(full.expect("opened"))
        .stderr(Stdio::piped())
        .output()
        .expect("it runs");
    assert_one_clear_line("cat", &output, "No space left");
}

#[test]
fn tail_takes_one_argument() {
    let _watchdog = Watchdog::new();
    assert_one_clear_line("tail", &run("tail", &[]), "0 arguments, not 1; usage");
    assert_one_clear_line("tail", &run("tail", &["a", "b"]), "2 arguments");
}

/// The next line that a child writes.
fn line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    line
}

#[test]
fn tail_follows_a_file_that_grows_and_one_that_is_cut_until_ctrl_c() {
    let _watchdog = Watchdog::new();
    let log = Scratch::new("log", b"first line\nsecond line\n");
    let mut child = spawn("tail", &[log.text()]);
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    assert_eq!(line(&mut out), "first line\n");
    assert_eq!(line(&mut out), "second line\n");
    log.append(b"more\n");
    assert_eq!(line(&mut out), "more\n");
    fs::write(&log.0, b"anew\n").expect("cut");
    assert_eq!(line(&mut out), "anew\n");
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(line(&mut out), "");
}

#[test]
fn tail_begins_with_whole_lines_near_the_end() {
    let _watchdog = Watchdog::new();
    let text: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
    let log = Scratch::new("long", text.as_bytes());
    let mut child = spawn("tail", &[log.text()]);
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let first = line(&mut out);
    let number = first
        .strip_prefix("line ")
        .and_then(|n| n.trim().parse().ok());
    let number: u32 = number.unwrap_or_else(|| panic!("{first:?} is no whole line"));
    assert!(number > 9_000);
    for expected in number + 1..10_000 {
        assert_eq!(line(&mut out), format!("line {expected}\n"));
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_end_of_a_runtime_does_not_wait_for_standard_input() {
    let _watchdog = Watchdog::new();
    // The test's own standard input: whatever it is, one poll of it must not hold up the end.
    let runtime = runtime::Runtime::new().expect("a runtime");
    let reader = runtime.spawn(async {
        let mut byte = [0];
        runtime::io::AsyncReadExt::read(&mut runtime::io::stdin(), &mut byte).await
    });
    runtime.block_on(runtime::task::yield_now());
    let begun = Instant::now();
    drop(runtime);
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(reader);
}

/// Beyond the limit writes fail; the signal that says so too is ignored.
#[cfg(unix)]
fn limit_file_size(bytes: libc::rlim_t) {
    // SAFETY: ignoring a signal touches no memory of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the structure lives throughout the call.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) };
    assert_eq!(set, 0);
}

#[cfg(unix)]
#[test]
fn fault_064_a_write_that_is_cut_short_says_which_bytes_are_missing() {
    use runtime::io::AsyncWriteExt;

    let name = "fault_064_a_write_that_is_cut_short_says_which_bytes_are_missing";
    support::in_own_process(name, || {
        let short = Scratch::new("short", b"");
        limit_file_size(10);
        let runtime = runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut file = runtime::fs::File::create(&short.0).await.expect("made");
            file.write_all(b"0123456").await.expect("accepted");
            file.write_all(b"789abcdef").await.expect("accepted");
            file.flush().await.expect_err("too long");
            file.sync_all().await.expect_err("too long");
            let failed = file.discard_failed_write().await.expect("it failed");
            assert_eq!(failed.error().raw_os_error(), Some(libc::EFBIG));
            assert_eq!(failed.unwritten(), b"abcdef");
            assert_eq!(fs::read(&short.0).expect("read"), b"0123456789");
            file.sync_all().await.expect("nothing is missing any more");
        });
    });
}
