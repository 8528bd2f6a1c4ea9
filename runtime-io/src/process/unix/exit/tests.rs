use std::future::poll_fn;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use runtime_core::builder::Builder;
use runtime_core::runtime::{Runtime, is_rt_shutdown_err};

use super::Watch;

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
