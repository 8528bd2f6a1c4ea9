use std::future::poll_fn;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::poll;
use mio::Interest;
use runtime_core::builder::Builder;
use runtime_core::runtime::{Runtime, is_rt_shutdown_err};
use runtime_core::spawn::yield_now;

use super::Watch;
use crate::driver::evented::Evented;

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

#[test]
fn fault_073_without_pidfds_a_signal_tells_of_the_end() {
    current_thread().block_on(async {
        let mut children: Vec<_> = (0..20)
            .map(|number| {
                let mut command = Command::new("sh");
                command.args(["-c", &format!("read line; exit {number}")]);
                command.stdin(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let stdins: Vec<_> = children
            .iter_mut()
            .map(|child| child.stdin.take())
            .collect();
        let waiting = children.into_iter().map(|mut child| async move {
            let mut watch = Watch::by_signal().unwrap();
            poll_fn(|cx| watch.poll_exit(&mut child, cx)).await.unwrap()
        });
        let ending = async { drop(stdins) };
        let (ends, ()) = futures::join!(futures::future::join_all(waiting), ending);
        for (number, end) in ends.into_iter().enumerate() {
            assert_eq!(end.code(), Some(number as i32));
        }
    });
}

#[test]
fn fault_032_who_looks_for_an_end_is_told_of_that_of_the_runtime() {
    let runtime = current_thread();
    let handle = runtime.handle().clone();
    let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
    let (done, told) = mpsc::channel();
    thread::spawn(move || {
        let mut watch = {
            let _inside = handle.enter();
            Watch::by_signal().unwrap()
        };
        let end = handle.block_on(poll_fn(|cx| watch.poll_exit(&mut child, cx)));
        child.kill().unwrap();
        child.wait().unwrap();
        done.send(end).unwrap();
    });
    thread::sleep(Duration::from_millis(50));
    runtime.shutdown_background();
    let end = told.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(is_rt_shutdown_err(&end.unwrap_err()));
}

#[test]
fn fault_073_a_look_is_enough_where_no_signal_comes() {
    current_thread().block_on(async {
        let mut child = Command::new("sh")
            .args(["-c", "read line"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut watch = Watch::by_signal().unwrap();
        if let Watch::Signal { arrived, .. } = &mut watch {
            // A kind that nobody sends.
            let nothing = crate::signal::unix::SignalKind::window_change();
            *arrived = crate::signal::unix::signal(nothing).unwrap();
        }
        let stdin = child.stdin.take();
        let wait = poll_fn(|cx| watch.poll_exit(&mut child, cx));
        let (end, ()) = futures::join!(wait, async { drop(stdin) });
        assert!(end.is_ok());
    });
}

/// A socket stands in for the pidfd, so that it becomes readable whenever we like.
#[test]
fn fault_073_a_pidfd_that_is_readable_before_the_end_is_waited_for_again() {
    current_thread().block_on(async {
        let mut child = Command::new("sh")
            .args(["-c", "read line; exit 3"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let (near, mut far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let mut watch =
            Watch::Pidfd(Evented::new(OwnedFd::from(near), Interest::READABLE).unwrap());
        let mut polls = 0;
        let mut wait = Box::pin(poll_fn(|cx| {
            polls += 1;
            watch.poll_exit(&mut child, cx)
        }));
        for _ in 0..3 {
            assert!(poll!(wait.as_mut()).is_pending());
            // Readable, and there is nothing to reap.
            far.write_all(b"x").unwrap();
            for _ in 0..4 {
                yield_now().await;
            }
            assert!(poll!(wait.as_mut()).is_pending());
        }
        drop(stdin);
        // The kernel says it once more when the child ends.
        let tells = async {
            thread::sleep(Duration::from_millis(50));
            far.write_all(b"x").unwrap();
        };
        let (end, ()) = futures::join!(wait, tells);
        assert_eq!(end.unwrap().code(), Some(3));
        assert!(polls < 20, "{polls} polls: it does not wait");
    });
}
