//! Some slots, or all of them, are blocked: timers and sockets are served.

use std::io::{Read, Write};
use std::net::TcpStream as StdStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::TcpListener;
use runtime::runtime::Runtime;
use runtime::task::block_in_place;
use runtime::time::sleep;

use crate::support::{Control, Lateness, alone};
use crate::{block, builder, runtime};

const BOUND: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(10);
const TICKS: usize = 1000;
const ECHOES: usize = 500;

/// Starts an echo server, and connects a client of the standard library to it.
fn echo(runtime: &Runtime) -> StdStream {
    let (bound, address) = channel();
    drop(runtime.spawn(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        bound.send(listener.local_addr()).expect("the test waits");
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(runtime::spawn(async move {
                let mut buffer = [0; 64];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    if stream.write_all(&buffer[..read]).await.is_err() {
                        break;
                    }
                }
            }));
        }
    }));
    let address = address.recv().expect("bound").expect("its address");
    let client = StdStream::connect(address).expect("a connection");
    client.set_nodelay(true).expect("no delay");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client
}

fn echo_once(client: &mut StdStream) {
    client.write_all(b"x").expect("sent");
    client.read_exact(&mut [0]).expect("answered");
}

/// How late the answers of an echo server are, each due at once.
fn measure_echo(client: &mut StdStream) -> Lateness {
    let mut lateness = Lateness::default();
    for _ in 0..ECHOES {
        let start = Instant::now();
        echo_once(client);
        lateness.add(start, Instant::now());
        thread::sleep(Duration::from_millis(1));
    }
    lateness
}

/// How late the ticks of a millisecond are, in a task.
fn measure_ticks(runtime: &Runtime) -> Lateness {
    let (done, is_done) = channel();
    drop(runtime.spawn(async move {
        let mut lateness = Lateness::default();
        for _ in 0..TICKS {
            let due = Instant::now() + Duration::from_millis(1);
            sleep(Duration::from_millis(1)).await;
            lateness.add(due, Instant::now());
        }
        done.send(lateness).expect("the test waits");
    }));
    is_done.recv().expect("the task ends")
}

#[test]
fn fault_020_all_slots_but_one_blocked_leave_ticks_and_an_echo_in_time() {
    let _alone = alone();
    for workers in 2..=4 {
        let runtime = runtime(workers);
        let mut client = echo(&runtime);
        echo_once(&mut client);
        let blocked = block(&runtime, workers - 1);
        let control = Control::start();
        let (ticks, echoes) = thread::scope(|scope| {
            let ticks = scope.spawn(|| measure_ticks(&runtime));
            let echoes = measure_echo(&mut client);
            (ticks.join().expect("no panic"), echoes)
        });
        println!("{workers} workers");
        drop(blocked);
        control.judge_all(&[("tick", &ticks), ("echo", &echoes)], 0.99, BOUND);
    }
}

#[test]
fn fault_020_slots_that_block_over_and_over_leave_ticks_in_time() {
    let _alone = alone();
    for workers in 2..=4 {
        let runtime = runtime(workers);
        for _ in 0..workers - 1 {
            drop(runtime.spawn(async {
                loop {
                    thread::sleep(Duration::from_millis(3));
                    runtime::task::yield_now().await;
                }
            }));
        }
        let control = Control::start();
        let ticks = measure_ticks(&runtime);
        println!("{workers} workers");
        control.judge("tick", &ticks, 0.99, BOUND);
    }
}

#[test]
fn fault_021_with_all_slots_blocked_an_accept_and_a_timer_are_served_by_a_spare() {
    let _alone = alone();
    for workers in 1..=4 {
        let runtime = runtime(workers);
        let mut client = echo(&runtime);
        echo_once(&mut client);
        let address = client.peer_addr().expect("its address");
        let (fired, has_fired) = channel();
        let (go, goes) = runtime::sync::oneshot::channel::<()>();
        drop(runtime.spawn(async move {
            let _ = goes.await;
            sleep(Duration::from_millis(5)).await;
            fired.send(()).expect("the test waits");
        }));
        let blocked = block(&runtime, workers);
        go.send(()).expect("the task waits");
        has_fired.recv_timeout(PATIENCE).expect("the timer fires");
        let mut second = StdStream::connect(address).expect("a connection");
        second.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        echo_once(&mut second);
        echo_once(&mut client);
        let spares = runtime.metrics().spare_slot_count();
        assert!(spares >= 1, "{workers} workers: {spares} spares");
        drop(blocked);
        // Nothing was lost: all is as before.
        echo_once(&mut second);
        echo_once(&mut client);
    }
}

#[test]
fn fault_021_with_all_slots_blocked_a_second_the_echo_stays_in_time() {
    let _alone = alone();
    for workers in [1, 2, 4] {
        let runtime = runtime(workers);
        let mut client = echo(&runtime);
        echo_once(&mut client);
        let blocked = block(&runtime, workers);
        // The first waits until the stall is seen.
        echo_once(&mut client);
        let control = Control::start();
        let echoes = measure_echo(&mut client);
        drop(blocked);
        println!("{workers} workers");
        control.judge("echo", &echoes, 0.99, BOUND);
    }
}

#[test]
fn fault_021_without_a_stall_policy_there_are_no_spares_and_a_timer_waits() {
    let _alone = alone();
    let runtime = builder(2).stall_policy(None).build().expect("a runtime");
    let (fired, has_fired) = channel();
    let (go, goes) = runtime::sync::oneshot::channel::<()>();
    drop(runtime.spawn(async move {
        let _ = goes.await;
        sleep(Duration::from_millis(1)).await;
        fired.send(()).expect("the test waits");
    }));
    let blocked = block(&runtime, 2);
    go.send(()).expect("the task waits");
    let early = has_fired.recv_timeout(Duration::from_millis(200));
    assert!(early.is_err(), "nobody is there to run the task");
    assert_eq!(runtime.metrics().spare_slot_count(), 0);
    assert_eq!(runtime.metrics().stall_count(), 0);
    drop(blocked);
    has_fired.recv_timeout(PATIENCE).expect("and then it runs");
}

#[test]
fn fault_024_block_in_place_of_all_slots_lets_others_run() {
    let _alone = alone();
    for workers in 1..=4 {
        // Without spares, so that it is the hand-over that helps.
        let runtime = builder(workers)
            .stall_policy(None)
            .build()
            .expect("a runtime");
        let (begun, has_begun) = channel();
        let mut releases = Vec::new();
        for _ in 0..2 * workers {
            let (release, released) = channel::<()>();
            releases.push(release);
            let begun = begun.clone();
            drop(runtime.spawn(async move {
                block_in_place(|| {
                    begun.send(()).expect("the test waits");
                    let _ = released.recv();
                });
                sleep(Duration::from_millis(1)).await;
                begun.send(()).expect("the test waits");
            }));
        }
        for _ in 0..2 * workers {
            has_begun.recv_timeout(PATIENCE).expect("all of them begin");
        }
        let mut client = echo(&runtime);
        echo_once(&mut client);
        let ticks = measure_ticks(&runtime);
        drop(ticks);
        drop(releases);
        for _ in 0..2 * workers {
            has_begun.recv_timeout(PATIENCE).expect("all of them go on");
        }
    }
}

/// Beside the blocked thread there is a guest that sits in `block_on`, and no other thread yet: the
/// guest is no thief, so somebody else must come.
#[test]
fn fault_020_what_a_task_spawned_before_it_blocked_runs_beside_a_block_on() {
    let _alone = alone();
    for workers in 1..=4 {
        for round in 0..50 {
            let runtime = runtime(workers);
            let task = runtime.spawn(async {
                // The guest takes the seat beside the held slot meanwhile.
                thread::sleep(Duration::from_millis(5));
                let (ran, has_run) = channel();
                drop(runtime::spawn(async move { ran.send(()) }));
                has_run.recv_timeout(PATIENCE)
            });
            let ended = runtime.block_on(task).expect("no panic");
            assert!(ended.is_ok(), "never ran: {workers} workers, round {round}");
        }
    }
}

/// Each closure leaves a task behind in the queue of its thread, which nobody holds for the moment.
#[test]
fn fault_024_what_blocking_in_place_leaves_behind_is_run() {
    let _alone = alone();
    let runtime = builder(2).build().expect("a runtime");
    let (done, is_done) = channel();
    drop(runtime.spawn(async move {
        for _ in 0..50_000 {
            let left = runtime::spawn(async {});
            block_in_place(|| {});
            left.await.expect("it does not panic");
        }
        done.send(()).expect("the test waits");
    }));
    let patience = 3 * PATIENCE;
    is_done.recv_timeout(patience).expect("every task has run");
}
