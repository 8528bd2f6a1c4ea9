//! Child processes on Windows, through the public face. The children are this binary, in a role.
#![cfg(windows)]

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::process::Command;
use runtime::runtime::{Builder, Runtime};
use runtime::time::timeout;

const ROLE: &str = "RUNTIME_TEST_ROLE";
const MEBIBYTE: usize = 1 << 20;

/// What the children do; without a role nothing.
#[test]
fn role() {
    let Ok(role) = env::var(ROLE) else {
        return;
    };
    let (mut stdin, mut stdout) = (io::stdin(), io::stdout());
    match role.as_str() {
        "echo" => drop(io::copy(&mut stdin, &mut stdout).unwrap()),
        "flood" => {
            stdout.write_all(&vec![b'o'; MEBIBYTE]).unwrap();
            io::stderr().write_all(&vec![b'e'; MEBIBYTE]).unwrap();
        }
        "wait" => drop(stdin.read_to_end(&mut Vec::new()).unwrap()),
        number => std::process::exit(number.parse().unwrap()),
    }
    stdout.flush().unwrap();
    std::process::exit(0);
}

fn child(role: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["role", "--exact", "--nocapture"])
        .env(ROLE, role)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Reads to its standard input's end.
fn waiting() -> Command {
    let mut command = child("wait");
    command.stdin(Stdio::piped());
    command
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Runs a test's future; one that hangs fails.
fn run<F: Future<Output = ()>>(test: F) {
    current_thread().block_on(async {
        timeout(Duration::from_secs(60), test)
            .await
            .expect("the test hangs");
    });
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // SeqCst: a counter of a test.
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn an_end_is_awaited_and_wakes_once() {
    run(async {
        let mut child = waiting().spawn().unwrap();
        let stdin = child.stdin.take();
        let count = Arc::new(Count::default());
        let mut wait = Box::pin(child.wait());
        let waker = Waker::from(Arc::clone(&count));
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        // SeqCst: as above.
        assert_eq!(count.0.load(Ordering::SeqCst), 0);
        drop(stdin);
        // SeqCst: as above.
        while count.0.load(Ordering::SeqCst) == 0 {
            runtime::task::yield_now().await;
        }
        assert!(wait.await.unwrap().success());
        // SeqCst: as above.
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(child.wait().await.unwrap().success(), "the same again");
        assert_eq!((child.id(), child.raw_handle()), (None, None));
    });
}

#[test]
fn each_of_many_children_has_its_own_status() {
    run(async {
        let mut children: Vec<_> = (0..20)
            .map(|number| child(&number.to_string()).spawn().unwrap())
            .collect();
        for (number, child) in children.iter_mut().enumerate() {
            assert!(child.id().is_some() && child.raw_handle().is_some());
            assert_eq!(child.wait().await.unwrap().code(), Some(number as i32));
            assert_eq!(
                child.try_wait().unwrap().unwrap().code(),
                Some(number as i32)
            );
        }
    });
}

#[test]
fn a_child_is_killed_by_hand_and_by_its_drop() {
    run(async {
        let mut by_hand = waiting().spawn().unwrap();
        let stdin = by_hand.stdin.take();
        assert!(by_hand.try_wait().unwrap().is_none());
        by_hand.kill().await.unwrap();
        by_hand.start_kill().unwrap();
        drop(stdin);

        let mut dropped = waiting();
        dropped.stdout(Stdio::piped()).kill_on_drop(true);
        let mut dropped = dropped.spawn().unwrap();
        let (stdin, mut stdout) = (dropped.stdin.take(), dropped.stdout.take().unwrap());
        drop(dropped);
        // Its end of the pipe goes with it.
        stdout.read_to_end(&mut Vec::new()).await.unwrap();
        drop(stdin);
    });
}

#[test]
fn both_streams_are_read_at_once() {
    run(async {
        let output = child("flood").output().await.unwrap();
        assert!(output.stdout.ends_with(&vec![b'o'; MEBIBYTE]));
        assert_eq!(output.stderr, vec![b'e'; MEBIBYTE]);
    });
}

#[test]
fn bytes_go_through_a_child_unchanged() {
    run(async {
        let mut command = child("echo");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let bytes: Vec<u8> = (0..MEBIBYTE).map(|index| (index % 251) as u8).collect();
        let write = async {
            stdin.write_all(&bytes).await.unwrap();
            drop(stdin);
        };
        let (output, ()) = runtime::join!(child.wait_with_output(), write);
        assert!(output.unwrap().stdout.ends_with(&bytes));
    });
}

#[test]
fn a_child_that_is_gone_is_a_broken_pipe() {
    run(async {
        let mut command = child("0");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        assert!(child.wait().await.unwrap().success());
        let error = loop {
            if let Err(error) = stdin.write_all(b"nobody reads").await {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_pipe_is_handed_on_whole_or_not_at_all() {
    run(async {
        let flood = || {
            let mut command = child("flood");
            command.stdout(Stdio::piped()).stderr(Stdio::null());
            command.spawn().unwrap()
        };
        let mut first = flood();
        let whole = Stdio::try_from(first.stdout.take().unwrap()).unwrap();
        let second = child("echo").stdin(whole).output().await.unwrap();
        assert!(second.stdout.ends_with(&vec![b'o'; MEBIBYTE]));

        let mut third = flood();
        let mut stdout = third.stdout.take().unwrap();
        stdout.read_u8().await.unwrap();
        assert!(stdout.into_owned_handle().is_err());
        third.kill().await.unwrap();
    });
}

#[test]
fn a_child_may_be_awaited_in_another_runtime_after_the_first_has_ended() {
    let first = current_thread();
    let mut child = first.block_on(async { waiting().spawn().unwrap() });
    let stdin = child.stdin.take();
    first.block_on(async {
        let wait = std::pin::pin!(child.wait());
        assert!(
            wait.poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    });
    drop(first);
    run(async {
        let (status, ()) = runtime::join!(child.wait(), async { drop(stdin) });
        assert!(status.unwrap().success());
    });
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Drops, in its wake, what waits.
struct Dropping {
    wait: Mutex<Option<Wait>>,
    done: mpsc::Sender<()>,
}

impl Wake for Dropping {
    fn wake(self: Arc<Self>) {
        let wait = self.wait.lock().unwrap().take();
        drop(wait);
        self.done.send(()).unwrap();
    }
}

#[test]
fn fault_010_a_waker_that_drops_the_child_does_not_deadlock() {
    let runtime = current_thread();
    let _inside = runtime.enter();
    let mut child = waiting().spawn().unwrap();
    let stdin = child.stdin.take();
    let (done, ended) = mpsc::channel();
    let dropping = Arc::new(Dropping {
        wait: Mutex::new(None),
        done,
    });
    let mut wait: Wait = Box::pin(async move { drop(child.wait().await) });
    let waker = Waker::from(Arc::clone(&dropping));
    let first = wait.as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(first, Poll::Pending);
    *dropping.wait.lock().unwrap() = Some(wait);
    drop(stdin);
    let told = ended.recv_timeout(Duration::from_secs(60));
    told.expect("the waker dropped the child");
}

#[test]
fn a_raw_argument_arrives_as_it_is() {
    run(async {
        let mut command = Command::new("cmd");
        // No window.
        command.creation_flags(0x0800_0000);
        command.arg("/c").raw_arg(r#"echo "a b""#);
        let output = command.output().await.unwrap();
        assert_eq!(output.stdout.trim_ascii(), br#""a b""#);
    });
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    run(async {
        let error = Command::new("surely-no-such-program").spawn().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}
