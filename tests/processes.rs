//! Child processes through the public face. What counts children has a process of its own.
#![cfg(unix)]
#![allow(unsafe_code, reason = "asks the system for the state of children")]

mod support;

use std::io::{self, ErrorKind};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use runtime::process::{Child, Command};
use runtime::runtime::{Builder, Runtime};
use runtime::signal::unix::{SignalKind, signal};
use runtime::time::timeout;

use support::{Watchdog, in_fork, in_own_process, refusal, run};

const SECOND: Duration = Duration::from_secs(1);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).stdin(Stdio::null());
    command
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// Waits until this process has no children, for whose remains nobody asks.
#[track_caller]
fn assert_no_children_within(limit: Duration) {
    let start = Instant::now();
    loop {
        // SAFETY: all zeros are a valid value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: the place is large enough; nothing is reaped.
        let outcome = unsafe { libc::waitid(libc::P_ALL, 0, &mut info, options) };
        if outcome == -1 {
            assert_eq!(
                io::Error::last_os_error().raw_os_error(),
                Some(libc::ECHILD)
            );
            return;
        }
        assert!(start.elapsed() < limit, "a child is left after {limit:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn fault_069_children_whose_handles_are_dropped_leave_no_zombie() {
    const CHILDREN: usize = 600;
    in_own_process(
        "fault_069_children_whose_handles_are_dropped_leave_no_zombie",
        || {
            let runtime = Runtime::new().unwrap();
            let mut kept: Vec<Child> = Vec::new();
            let _in = runtime.enter();
            for number in 0..CHILDREN {
                let child = Command::new("true")
                    .kill_on_drop(number % 3 == 0)
                    .spawn()
                    .unwrap();
                if number % 2 == 0 {
                    kept.push(child);
                }
            }
            drop(kept);
            assert_no_children_within(SECOND * 5);
        },
    );
}

/// What tasks on other threads and panic hooks may be given.
#[test]
fn pipes_go_everywhere() {
    fn everywhere<T: Send + Sync + Unpin + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    everywhere::<runtime::process::ChildStdin>();
    everywhere::<runtime::process::ChildStdout>();
    everywhere::<runtime::process::ChildStderr>();
    everywhere::<runtime::net::unix::pipe::Sender>();
    everywhere::<runtime::net::unix::pipe::Receiver>();
}

#[test]
fn fault_070_more_slices_than_one_call_takes_leave_room_in_the_pipe() {
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        let mut child = Command::new("cat");
        let mut child = child
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        // More than fits: whoever waits for room is known to the driver.
        let filled = vec![0; 1 << 20];
        let writing = runtime::spawn(async move {
            stdin.write_all(&filled).await.unwrap();
            stdin
        });
        stdout.read_exact(&mut vec![0; 1 << 20]).await.unwrap();
        let mut stdin = writing.await.unwrap();
        let slices = [io::IoSlice::new(b"x"); 3000];
        for _ in 0..2 {
            let written = timeout(10 * SECOND, stdin.write_vectored(&slices));
            assert_eq!(written.await.expect("there is room").unwrap(), 1024);
        }
        stdout.read_exact(&mut [0; 2048]).await.unwrap();
        drop(stdin);
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn fault_069_an_orphan_is_reaped_when_its_runtime_is_gone() {
    in_own_process(
        "fault_069_an_orphan_is_reaped_when_its_runtime_is_gone",
        || {
            for _ in 0..3 {
                let runtime = Runtime::new().unwrap();
                runtime.spawn(async {
                    let mut child = shell("read line").stdin(Stdio::piped()).spawn().unwrap();
                    let _stdin = child.stdin.take();
                    child.wait().await
                });
                runtime.block_on(async { runtime::task::yield_now().await });
                drop(runtime);
                assert_no_children_within(SECOND * 5);
            }
        },
    );
}

#[test]
fn fault_069_a_child_that_is_killed_on_drop_is_gone_and_another_lives_on() {
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        for kill in [true, false] {
            let mut child = shell("echo up; read line; echo still here")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .kill_on_drop(kill)
                .spawn()
                .unwrap();
            let (stdin, mut stdout) = (child.stdin.take(), child.stdout.take().unwrap());
            stdout.read_exact(&mut [0; 3]).await.unwrap();
            drop(child);
            drop(stdin);
            let mut rest = String::new();
            stdout.read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, if kill { "" } else { "still here\n" });
        }
    });
}

#[test]
fn fault_070_without_descriptors_a_child_is_an_error_and_nothing_is_left() {
    in_own_process(
        "fault_070_without_descriptors_a_child_is_an_error_and_nothing_is_left",
        || {
            let open = descriptors() as libc::rlim_t;
            let mut limit = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            // SAFETY: the place is large enough.
            unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
            assert!(limit.rlim_cur > 0);
            let (mut refused, mut fine) = (0, 0);
            for more in 0..20 {
                let tight = libc::rlimit {
                    rlim_cur: open + more,
                    ..limit
                };
                let runtime = current_thread();
                // SAFETY: the place is read only.
                unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &tight) };
                let output = runtime.block_on(async { shell("echo here").output().await });
                drop(runtime);
                // SAFETY: as above.
                unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
                match output {
                    Ok(output) => {
                        fine += 1;
                        // A shell without descriptors may say so.
                        assert!(output.stdout == b"here\n" || !output.status.success());
                    }
                    Err(_) => refused += 1,
                }
                assert_no_children_within(SECOND * 5);
            }
            assert!(refused > 0 && fine > 0, "{refused} refused, {fine} fine");
        },
    );
}

/// Reaps any child; whether there was one.
fn reap_any() -> bool {
    // SAFETY: null is no place.
    unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) > 0 }
}

#[test]
fn fault_071_a_child_that_somebody_else_has_reaped_is_an_error() {
    in_own_process(
        "fault_071_a_child_that_somebody_else_has_reaped_is_an_error",
        || {
            current_thread().block_on(async {
                let mut child = Command::new("true").spawn().unwrap();
                assert!(reap_any());
                let error = child.wait().await.unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
            });
        },
    );
}

#[test]
fn fault_071_of_two_that_reap_while_the_child_ends_one_gets_it_and_none_hangs() {
    in_own_process(
        "fault_071_of_two_that_reap_while_the_child_ends_one_gets_it_and_none_hangs",
        || {
            for _ in 0..20 {
                current_thread().block_on(async {
                    let mut command = shell("read line");
                    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
                    let stdin = child.stdin.take();
                    let foreign = thread::spawn(reap_any);
                    let ending = runtime::spawn(async move { drop(stdin) });
                    let ours = child.wait().await;
                    ending.await.unwrap();
                    assert_ne!(ours.is_ok(), foreign.join().unwrap());
                    if let Err(error) = ours {
                        assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
                    }
                });
            }
        },
    );
}

#[test]
fn fault_071_where_the_ends_of_children_are_discarded_wait_is_an_error() {
    in_own_process(
        "fault_071_where_the_ends_of_children_are_discarded_wait_is_an_error",
        || {
            // SAFETY: no handler.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
            current_thread().block_on(async {
                let mut child = Command::new("true").spawn().unwrap();
                let error = child.wait().await.unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
            });
        },
    );
}

/// Its number may be a stranger's.
#[test]
fn fault_071_a_child_that_was_lost_has_no_number_and_stays_lost() {
    const NAME: &str = "fault_071_a_child_that_was_lost_has_no_number_and_stays_lost";
    in_own_process(NAME, || {
        current_thread().block_on(async {
            let mut child = Command::new("true").spawn().unwrap();
            assert!(reap_any());
            for _ in 0..2 {
                let waited = child.wait().await.unwrap_err();
                let looked = child.try_wait().unwrap_err();
                for error in [waited, looked] {
                    assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
                }
                assert_eq!(child.id(), None);
                child.start_kill().expect("nobody is left to kill");
            }
        });
    });
}

/// In a forked process the number of a copied child is a stranger's: that of its parent's child.
#[test]
fn fault_071_who_has_lost_a_child_does_not_kill_whoever_has_its_number() {
    const NAME: &str = "fault_071_who_has_lost_a_child_does_not_kill_whoever_has_its_number";
    in_own_process(NAME, || {
        let runtime = current_thread();
        let _in = runtime.enter();
        let lose: [fn(Child); 4] = [
            drop,
            |mut child| drop(child.try_wait()),
            |mut child| child.start_kill().expect("nobody is left to kill"),
            |mut child| {
                assert!(current_thread().block_on(child.wait()).is_err());
                child.start_kill().expect("nobody is left to kill");
            },
        ];
        for lose in lose {
            let mut command = shell("read line; exit 5");
            let child = command.stdin(Stdio::piped()).kill_on_drop(true);
            let mut child = child.spawn().unwrap();
            let stdin = child.stdin.take();
            let mut copy = Some(child);
            let end = in_fork(|| {
                lose(copy.take().expect("the copy"));
                0
            });
            assert_eq!(end, 0);
            let mut child = copy.expect("the parent's own");
            drop(stdin);
            assert_eq!(runtime.block_on(child.wait()).unwrap().code(), Some(5));
        }
    });
}

#[test]
fn fault_072_a_grandchild_that_holds_the_pipe_does_not_hold_up_wait() {
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        let mut child = shell("sleep 1000 & echo $!")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        assert!(child.wait().await.unwrap().success());
        let mut bytes = [0; 16];
        let read = stdout.read(&mut bytes).await.unwrap();
        let early = timeout(Duration::from_millis(20), stdout.read(&mut [0; 1])).await;
        assert!(early.is_err(), "the pipe is open");
        let grandchild = String::from_utf8_lossy(&bytes[..read]).trim().to_string();
        assert!(
            Command::new("kill")
                .arg(grandchild)
                .status()
                .await
                .unwrap()
                .success()
        );
        assert_eq!(stdout.read(&mut [0; 1]).await.unwrap(), 0);
    });
}

#[test]
fn fault_072_a_gibibyte_on_both_streams_at_once() {
    const HALF: u64 = 1 << 29;
    let _watchdog = Watchdog::new();
    Runtime::new().unwrap().block_on(async {
        let script = format!("head -c {HALF} /dev/zero >&2 & head -c {HALF} /dev/zero; wait");
        let mut child = shell(&script)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (mut to_out, mut to_error) = (sink(), sink());
        let copied = runtime::try_join!(
            copy(&mut stdout, &mut to_out),
            copy(&mut stderr, &mut to_error)
        );
        assert_eq!(copied.unwrap(), (HALF, HALF));
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn fault_072_output_of_many_times_a_pipe_is_whole() {
    const BYTES: usize = 8 << 20;
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        let script = format!("head -c {BYTES} /dev/zero; head -c {BYTES} /dev/zero >&2; exit 5");
        let output = shell(&script).output().await.unwrap();
        assert_eq!((output.stdout.len(), output.stderr.len()), (BYTES, BYTES));
        assert_eq!(output.status.code(), Some(5));
    });
}

#[test]
fn fault_072_writing_to_a_child_that_has_ended_is_an_error_and_no_signal() {
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        let mut child = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        child.wait().await.unwrap();
        let error = refusal(stdin).await;
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn fault_072_a_writer_that_waits_hears_of_the_end_of_the_child() {
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        let mut child = Command::new("sleep")
            .arg("1000")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let writing = runtime::spawn(async move { stdin.write_all(&[0; 1 << 20]).await });
        runtime::task::yield_now().await;
        child.kill().await.unwrap();
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn fault_074_a_child_that_cannot_start_is_an_error_and_leaves_nothing() {
    in_own_process(
        "fault_074_a_child_that_cannot_start_is_an_error_and_leaves_nothing",
        || {
            let runtime = current_thread();
            let _in = runtime.enter();
            let before = descriptors();
            let missing = Command::new("no/such/program").spawn().unwrap_err();
            assert_eq!(missing.kind(), ErrorKind::NotFound);
            let long = "x".repeat(1 << 20);
            assert!(Command::new("true").args(vec![long; 64]).spawn().is_err());
            let mut refuses = Command::new("true");
            // SAFETY: makes an error out of a number.
            unsafe { refuses.pre_exec(|| Err(io::Error::from_raw_os_error(libc::EXDEV))) };
            let error = refuses.stdin(Stdio::piped()).spawn().unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EXDEV));
            assert_eq!(descriptors(), before);
            assert_no_children_within(SECOND * 5);
        },
    );
}

#[test]
fn fault_074_a_cancelled_output_kills_the_child_that_is_to_be_killed() {
    in_own_process(
        "fault_074_a_cancelled_output_kills_the_child_that_is_to_be_killed",
        || {
            current_thread().block_on(async {
                let output = Command::new("sleep")
                    .arg("1000")
                    .kill_on_drop(true)
                    .output();
                assert!(timeout(Duration::from_millis(5), output).await.is_err());
            });
            assert_no_children_within(SECOND * 5);
        },
    );
}

/// How many descriptors a child has that lists them.
async fn inherited() -> usize {
    let mut list = Command::new("ls");
    let output = list.arg("/proc/self/fd").stdin(Stdio::null()).output();
    String::from_utf8_lossy(&output.await.unwrap().stdout)
        .lines()
        .count()
}

#[test]
fn fault_096_a_child_inherits_no_descriptor_of_ours() {
    in_own_process("fault_096_a_child_inherits_no_descriptor_of_ours", || {
        let before = std::process::Command::new("ls")
            .arg("/proc/self/fd")
            .stdin(Stdio::null())
            .output();
        let before = String::from_utf8_lossy(&before.unwrap().stdout)
            .lines()
            .count();
        current_thread().block_on(async {
            let _listening = signal(SignalKind::window_change()).unwrap();
            let mut other = shell("read line").stdin(Stdio::piped()).spawn().unwrap();
            let stdin = other.stdin.take();
            assert!(
                timeout(Duration::from_millis(1), other.wait())
                    .await
                    .is_err()
            );
            assert_eq!(inherited().await, before);
            drop(stdin);
            other.wait().await.unwrap();
        });
    });
}

#[test]
fn a_child_is_awaited_in_another_runtime_before_and_after_its_own_has_ended() {
    let _watchdog = Watchdog::new();
    let first = current_thread();
    let mut child = first
        .block_on(async { shell("read line; exit 7").stdin(Stdio::piped()).spawn() })
        .unwrap();
    let stdin = child.stdin.take();
    // The first runtime watches from here on.
    first.block_on(async {
        assert!(
            timeout(Duration::from_millis(1), child.wait())
                .await
                .is_err()
        );
    });
    drop(first);
    let second = Runtime::new().unwrap();
    let waiting = second.spawn(async move { child.wait().await });
    second.block_on(async { drop(stdin) });
    assert_eq!(second.block_on(waiting).unwrap().unwrap().code(), Some(7));
}

#[test]
fn a_pipe_goes_on_to_another_child() {
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        let mut first = shell("echo one; echo two")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pipe: Stdio = first.stdout.take().unwrap().try_into().unwrap();
        let output = Command::new("wc")
            .arg("-l")
            .stdin(pipe)
            .output()
            .await
            .unwrap();
        assert_eq!(output.stdout.trim_ascii(), b"2");
        assert!(first.wait().await.unwrap().success());
    });
}

#[test]
#[should_panic(expected = "runtime")]
fn a_child_outside_of_a_runtime_is_a_panic() {
    let _ = Command::new("true").spawn();
}

#[test]
fn the_example_passes_lines_and_the_exit_code_on() {
    let _watchdog = Watchdog::new();
    let output = run(
        "run",
        &["sh", "-c", "echo one; echo two >&2; printf three; exit 4"],
    );
    let mut lines: Vec<_> = output.stdout.split(|byte| *byte == b'\n').collect();
    lines.sort();
    assert_eq!(lines, [&b""[..], b"! two", b"| one", b"| three"]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        run("run", &["sh", "-c", "kill -TERM $$"]).status.code(),
        Some(128 + 15)
    );
    assert_eq!(run("run", &["no/such/program"]).status.code(), Some(1));
}

#[test]
fn the_example_kills_the_whole_group_on_ctrl_c() {
    let _watchdog = Watchdog::new();
    current_thread().block_on(async {
        let mut example = Command::from(support::program(support::example("run")))
            .args(["sh", "-c", "sleep 1000 & echo up; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = example.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 5]).await.unwrap();
        let process = example.id().unwrap().to_string();
        Command::new("kill")
            .args(["-INT", &process])
            .status()
            .await
            .unwrap();
        assert_eq!(example.wait().await.unwrap().code(), Some(130));
    });
}
