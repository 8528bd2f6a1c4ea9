//! What a task does to its thread does nothing to the future in `block_on`.

use std::sync::{Arc, Mutex, mpsc as std_mpsc};
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::runtime::Handle;
use runtime::sync::oneshot;
use runtime::task::{block_in_place, yield_now};
use runtime::time::sleep;

use crate::multi_thread;
use crate::support::{Watchdog, foreign_block_on};

const WORKERS: [usize; 3] = [1, 2, 8];

/// How a task waits for what the thread in `block_on` will do.
#[derive(Debug, Clone, Copy)]
enum How {
    InPlace,
    Naive,
    Nested,
    InPlaceNested,
    Foreign,
}

const ALL: [How; 5] = [
    How::InPlace,
    How::Naive,
    How::Nested,
    How::InPlaceNested,
    How::Foreign,
];

fn wait(how: How, answer: oneshot::Receiver<u32>, plain: &std_mpsc::Receiver<u32>) -> u32 {
    let here = Handle::current();
    match how {
        How::InPlace => block_in_place(|| answer.blocking_recv().expect("an answer")),
        How::Naive => plain.recv().expect("an answer"),
        How::Nested => here.block_on(answer).expect("an answer"),
        How::InPlaceNested => block_in_place(|| here.block_on(answer).expect("an answer")),
        How::Foreign => foreign_block_on(answer).expect("an answer"),
    }
}

#[test]
fn fault_024_a_task_that_blocks_may_wait_for_the_future_in_block_on() {
    let _watchdog = Watchdog::new();
    for workers in WORKERS {
        for how in ALL {
            println!("{workers} workers, {how:?}");
            multi_thread(workers).block_on(async {
                let (to_task, answer) = oneshot::channel();
                let (to_thread, plain) = std_mpsc::channel();
                let task = runtime::spawn(async move { wait(how, answer, &plain) });
                // A hop, then a timer: the task has begun meanwhile.
                yield_now().await;
                sleep(Duration::from_millis(5)).await;
                // One of the two is dropped by its receiver, which waits for the other.
                let (_one, _other) = (to_task.send(7), to_thread.send(7));
                assert_eq!(task.await.expect("the task ends"), 7);
            });
        }
    }
}

#[test]
fn fault_024_a_task_may_take_a_lock_that_is_held_around_block_on() {
    let _watchdog = Watchdog::new();
    for workers in WORKERS {
        let runtime = multi_thread(workers);
        let lock = Arc::new(Mutex::new(0));
        let held = lock.lock().expect("nobody panicked");
        let of_task = Arc::clone(&lock);
        let task = runtime.spawn(async move { *of_task.lock().expect("nobody panicked") += 1 });
        runtime.block_on(async {
            let hop = runtime::spawn(async {});
            sleep(Duration::from_millis(5)).await;
            // With one worker it comes when a spare does.
            hop.await.expect("it ends");
        });
        drop(held);
        runtime.block_on(task).expect("the task ends");
        assert_eq!(*lock.lock().expect("nobody panicked"), 1);
    }
}

/// The usual server: it accepts in `block_on`, and each connection is a task.
#[test]
fn fault_020_a_task_that_blocks_keeps_no_connection_from_being_accepted() {
    const BLOCKED: Duration = Duration::from_secs(3);
    let _watchdog = Watchdog::new();
    for in_place in [true, false] {
        let runtime = multi_thread(4);
        let (at, address) = std_mpsc::channel();
        let clients = thread::spawn(move || {
            let runtime = multi_thread(1);
            let address = address.recv().expect("the server listens");
            runtime.block_on(async {
                let mut blocks = TcpStream::connect(address).await.expect("a server");
                blocks.write_all(&[1]).await.expect("a server");
                sleep(Duration::from_millis(50)).await;
                let begun = Instant::now();
                let mut quick = TcpStream::connect(address).await.expect("a server");
                quick.write_all(&[0]).await.expect("a server");
                quick.read_u8().await.expect("an answer");
                begun.elapsed()
            })
        });
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            at.send(listener.local_addr().expect("an address"))
                .expect("clients");
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.expect("a client");
                runtime::spawn(async move {
                    let blocks = stream.read_u8().await.expect("a request") == 1;
                    match (blocks, in_place) {
                        (true, true) => block_in_place(|| thread::sleep(BLOCKED)),
                        (true, false) => thread::sleep(BLOCKED),
                        (false, _) => {}
                    }
                    // Who blocks is not waited for.
                    let _gone = stream.write_u8(1).await;
                });
            }
            let taken = runtime::task::spawn_blocking(|| clients.join());
            let taken = taken.await.expect("it is joined").expect("clients");
            assert!(
                taken < BLOCKED / 2,
                "the second client waited for {taken:?}"
            );
        });
    }
}

#[test]
fn fault_020_a_long_poll_of_a_task_delays_no_timer_of_the_future_in_block_on() {
    const LONG: Duration = Duration::from_secs(3);
    let _watchdog = Watchdog::new();
    for workers in WORKERS {
        let runtime = multi_thread(workers);
        runtime.block_on(async {
            let begun = Instant::now();
            let task = runtime::spawn(async { thread::sleep(LONG) });
            let waited = runtime::time::timeout(Duration::from_millis(20), task).await;
            let taken = begun.elapsed();
            assert!(waited.is_err() && taken < LONG / 2, "{taken:?}");
        });
    }
}
