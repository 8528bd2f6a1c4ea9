//! A paused clock on a runtime of many threads: time jumps to the next timer only when nothing else
//! is left to do, wherever that is done.

mod support;

use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use runtime::io::AsyncReadExt;
use runtime::net::TcpStream;
use runtime::runtime::{Builder, Runtime};
use runtime::sync::oneshot;
use runtime::task::{spawn_blocking, yield_now};
use runtime::time::{Instant, sleep, timeout};
use support::Watchdog;

const HOUR: Duration = Duration::from_secs(3600);

/// For so long, in real time, what must not happen is given the chance.
const CHANCE: Duration = Duration::from_millis(20);

fn paused(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .start_paused(true)
        .build()
        .expect("a runtime")
}

#[test]
fn a_blocking_job_keeps_time_standing_and_its_end_comes_first() {
    let _watchdog = Watchdog::new();
    for workers in [1, 4] {
        paused(workers).block_on(async {
            let start = Instant::now();
            let job = spawn_blocking(|| thread::sleep(CHANCE));
            timeout(HOUR, job)
                .await
                .expect("no hour passes")
                .expect("it ends");
            assert_eq!(start.elapsed(), Duration::ZERO);
            sleep(HOUR).await;
            assert_eq!(start.elapsed(), HOUR);
        });
    }
}

#[test]
fn a_wake_out_of_a_blocking_job_runs_its_task_before_time_goes_on() {
    let _watchdog = Watchdog::new();
    let runtime = paused(2);
    runtime.block_on(async {
        for _ in 0..200 {
            let start = Instant::now();
            let (sender, receiver) = oneshot::channel();
            let task = runtime::spawn(timeout(HOUR, receiver));
            let job = spawn_blocking(move || sender.send(7));
            let received = task.await.expect("the task ends");
            assert_eq!(received.expect("the job is first"), Ok(7));
            assert_eq!(start.elapsed(), Duration::ZERO);
            job.await.expect("it ends").expect("somebody waits");
        }
    });
}

#[test]
fn time_stands_while_another_threads_future_is_polled() {
    let _watchdog = Watchdog::new();
    for spawned_before in [false, true] {
        let runtime = paused(2);
        if spawned_before {
            runtime.block_on(runtime.spawn(async {})).expect("it ends");
        }
        thread::scope(|scope| {
            let (begins, begun) = mpsc::channel();
            let (ends, ended) = mpsc::channel();
            let runtime = &runtime;
            scope.spawn(move || {
                runtime.block_on(async {
                    let start = Instant::now();
                    begins.send(()).expect("the test waits");
                    let early = ended.recv_timeout(CHANCE);
                    assert!(early.is_err(), "an hour passed beside a poll");
                    assert_eq!(start.elapsed(), Duration::ZERO);
                });
            });
            scope.spawn(move || {
                begun.recv().expect("the other begins");
                runtime.block_on(async { sleep(HOUR).await });
                let _ = ends.send(());
            });
        });
    }
}

#[test]
fn each_of_two_threads_finds_its_own_hour_and_no_later_one() {
    let _watchdog = Watchdog::new();
    let runtime = paused(2);
    let start = runtime.block_on(async { Instant::now() });
    // Both are in `block_on` before time can move.
    let meeting = runtime::sync::Barrier::new(2);
    thread::scope(|scope| {
        for first in [1, 2] {
            let (runtime, meeting) = (&runtime, &meeting);
            scope.spawn(move || {
                runtime.block_on(async {
                    meeting.wait().await;
                    for hour in (first..100).step_by(2) {
                        runtime::time::sleep_until(start + HOUR * hour).await;
                        assert_eq!(start.elapsed(), HOUR * hour);
                    }
                });
            });
        }
    });
}

#[test]
fn who_leaves_last_but_one_leaves_a_sitter() {
    let _watchdog = Watchdog::new();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    for _ in 0..20 {
        thread::scope(|scope| {
            for wait in [1, 5] {
                let runtime = &runtime;
                let wait = Duration::from_millis(wait);
                scope.spawn(move || runtime.block_on(async { sleep(wait).await }));
            }
        });
    }
}

#[test]
fn what_has_arrived_at_a_socket_comes_before_the_next_hour() {
    let _watchdog = Watchdog::new();
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.start_paused(true).build().expect("a runtime");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("it is bound");
        runtime.block_on(async {
            let near = std::net::TcpStream::connect(address).expect("it listens");
            near.set_nonblocking(true).expect("a socket");
            let looks = near.try_clone().expect("another descriptor");
            let mut stream = TcpStream::from_std(near).expect("a stream");
            let (mut peer, _) = listener.accept().expect("one comes");
            let start = Instant::now();
            let task = runtime::spawn(async move {
                let mut byte = [0];
                stream.read_exact(&mut byte).await.expect("it comes");
                start.elapsed()
            });
            // It waits at its socket, and is there only for the driver to be found.
            sleep(HOUR).await;
            peer.write_all(&[1]).expect("it is open");
            // The kernel of a busy machine brings it when it gets round to it. This thread is held meanwhile: one that
            // gave way would let the driver find it before the hour is asked for. (A worker may, and read it.)
            while looks.peek(&mut [0]).is_err() && !task.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
            sleep(HOUR).await;
            assert_eq!(task.await.expect("it ends"), HOUR);
        });
    }
}

#[test]
fn time_goes_on_for_what_blocks_in_place_of_a_poll() {
    let _watchdog = Watchdog::new();
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.start_paused(true).build().expect("a runtime");
        let handle = runtime.handle().clone();
        runtime.block_on(async {
            let start = Instant::now();
            runtime::spawn(yield_now()).await.expect("it ends");
            handle.block_on(sleep(HOUR));
            assert_eq!(start.elapsed(), HOUR);
            sleep(HOUR).await;
            assert_eq!(start.elapsed(), 2 * HOUR);
        });
    }
}
