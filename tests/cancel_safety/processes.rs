//! Children and signals.
#![allow(unsafe_code, reason = "sends a signal to this process")]

use std::io;
use std::process::{ExitStatus, Output, Stdio};

use runtime::io::AsyncWriteExt;
use runtime::process::{Child, ChildStdin, Command};
use runtime::signal::unix::{Signal, SignalKind, signal};

use super::Case;
use super::drive::{case, lossless, nothing};

const CHILD: &str = "io: process/child";

pub(crate) const CASES: &[Case] = &[
    (CHILD, "Child::kill", kill),
    (CHILD, "Child::wait", wait),
    (CHILD, "Child::wait_with_output", wait_with_output),
    ("io: process/command", "Command::status", status),
    ("io: process/command", "Command::output", output),
    ("io: signal", "ctrl_c", ctrl_c),
    ("io: signal/unix", "Signal::recv", recv),
];

#[track_caller]
fn ok<T>(result: io::Result<T>) -> T {
    result.expect("children can be had")
}

/// Ends when its input does.
async fn cat() -> (Child, Option<ChildStdin>) {
    let mut command = Command::new("cat");
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut child = ok(command.spawn());
    let input = child.stdin.take();
    (child, input)
}

/// The first poll kills it; who calls again waits on.
fn kill() {
    case(
        cat,
        &[],
        async |child: &mut Child| ok(child.kill().await),
        async |child, _, dropped| {
            if dropped.polls > 0 {
                assert!(
                    !ok(child.wait().await).success(),
                    "killed, though its input is open"
                );
            }
            ok(child.kill().await);
        },
    );
}

fn wait() {
    lossless(
        cat,
        &[|input: &mut Option<ChildStdin>| drop(input.take())],
        async |child: &mut Child| ok(child.wait().await).success(),
        true,
        |child, _| assert!(ok(child.try_wait()).is_some_and(|status| status.success())),
    );
}

/// The child goes with the future, and with what it said.
fn wait_with_output() {
    case(
        async || {
            let (child, mut input) = cat().await;
            ok(input.as_mut().expect("piped").write_all(b"abc").await);
            (Some(child), input)
        },
        &[|input: &mut Option<ChildStdin>| drop(input.take())],
        async |child: &mut Option<Child>| ok(child.take().expect("once").wait_with_output().await),
        async |child, _, dropped| match dropped.output {
            Some(output) => assert_eq!(output.stdout, b"abc"),
            None => assert_eq!(child.is_some(), dropped.polls == 0),
        },
    );
}

/// A file that the child makes shows that it goes on although nobody waits.
fn status() {
    let mark = std::env::temp_dir().join(format!("runtime-cancel-child-{}", std::process::id()));
    case(
        async || {
            let _ = std::fs::remove_file(&mark);
            let mut command = Command::new("touch");
            command.arg(&mark);
            (command, ())
        },
        &[|()| ()],
        async |command: &mut Command| -> ExitStatus { ok(command.status().await) },
        async |_, (), dropped| {
            assert!(dropped.output.is_none_or(|status| status.success()));
            while dropped.polls > 0 && !mark.exists() {
                super::drive::settle().await;
            }
        },
    );
    let _ = std::fs::remove_file(&mark);
}

fn output() {
    lossless(
        async || {
            let mut command = Command::new("echo");
            command.arg("abc");
            (command, ())
        },
        &[|()| ()],
        async |command: &mut Command| -> Vec<u8> {
            let output: Output = ok(command.output().await);
            output.stdout
        },
        b"abc\n".to_vec(),
        nothing,
    );
}

#[track_caller]
fn raise(kind: SignalKind) {
    // SAFETY: no pointers; somebody listens, so that the process lives.
    let outcome = unsafe { libc::raise(kind.as_raw_value()) };
    assert_eq!(outcome, 0);
}

/// Who calls again hears of what comes from then on.
fn ctrl_c() {
    case(
        async || (ok(signal(SignalKind::interrupt())), ()),
        &[|()| raise(SignalKind::interrupt())],
        async |_: &mut Signal| ok(runtime::signal::ctrl_c().await),
        async |kept, (), _| {
            assert!(kept.recv().await.is_some(), "it was not lost to others");
            let mut next = Box::pin(runtime::signal::ctrl_c());
            assert!(super::drive::poll_once(next.as_mut()).await.is_none());
            raise(SignalKind::interrupt());
            ok(next.await);
        },
    );
}

fn recv() {
    lossless(
        async || (ok(signal(SignalKind::user_defined1())), ()),
        &[|()| raise(SignalKind::user_defined1())],
        async |it: &mut Signal| it.recv().await,
        Some(()),
        |it, ()| {
            let noop = &mut std::task::Context::from_waker(std::task::Waker::noop());
            assert!(it.poll_recv(noop).is_pending(), "it came once");
        },
    );
}
