//! Tasks that are always ready do not keep others from running.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::runtime::Runtime;
use runtime::sync::mpsc;
use runtime::task::yield_now;
use runtime::time::sleep;

use crate::support::{Control, Lateness, alone};
use crate::{builder, runtime};

const BOUND: Duration = Duration::from_millis(10);

fn current_thread() -> Runtime {
    let runtime = runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime")
}

/// A current-thread runtime, and one worker.
fn single() -> [(&'static str, Runtime); 2] {
    [
        ("current thread", current_thread()),
        ("1 worker", runtime(1)),
    ]
}

/// The same without spare slots: where a busy machine keeps the one worker off its processor in
/// mid-poll, a spare would run the others meanwhile, and who counts polls would see that.
fn without_spares() -> [(&'static str, Runtime); 2] {
    let worker = builder(1).stall_policy(None).build();
    [
        ("current thread", current_thread()),
        ("1 worker", worker.expect("a runtime")),
    ]
}

/// Two tasks that wake each other for ever; the count of their polls.
fn ping_pong(runtime: &Runtime) -> Arc<AtomicUsize> {
    let polls = Arc::new(AtomicUsize::new(0));
    let (ping, mut pinged) = mpsc::channel::<()>(1);
    let (pong, mut ponged) = mpsc::channel::<()>(1);
    let counted = Arc::clone(&polls);
    drop(runtime.spawn(async move {
        while ping.send(()).await.is_ok() && ponged.recv().await.is_some() {
            // Relaxed: a count, read from time to time.
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }));
    drop(runtime.spawn(async move {
        while pinged.recv().await.is_some() && pong.send(()).await.is_ok() {}
    }));
    polls
}

/// Runs `future` as a task, while the `block_on` thread only waits.
fn run_as_task<F>(runtime: &Runtime, future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let task = runtime.spawn(future);
    runtime.block_on(task).expect("it ends")
}

#[test]
fn fault_018_a_third_task_runs_within_a_bound_of_polls_of_two_that_ping_pong() {
    let _alone = alone();
    for (name, runtime) in without_spares() {
        let polls = ping_pong(&runtime);
        let worst = run_as_task(&runtime, async move {
            let mut worst = 0;
            for _ in 0..1000 {
                // Relaxed: see `ping_pong`.
                let before = polls.load(Ordering::Relaxed);
                yield_now().await;
                // Relaxed: see `ping_pong`.
                worst = worst.max(polls.load(Ordering::Relaxed) - before);
            }
            worst
        });
        println!("{name}: at most {worst} rounds between two polls of the third task");
        assert!(worst <= 128, "{name}: {worst} rounds");
    }
}

#[test]
fn fault_019_a_task_that_is_always_ready_leaves_a_timer_and_a_socket_in_time() {
    let _alone = alone();
    for (name, runtime) in single() {
        for _ in 0..3 {
            drop(runtime.spawn(async {
                loop {
                    yield_now().await;
                }
            }));
        }
        let control = Control::start();
        let (ticks, echoes) = run_as_task(&runtime, async {
            let mut ticks = Lateness::default();
            let mut echoes = Lateness::default();
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            let address = listener.local_addr().expect("its address");
            let (client, server) = futures::join!(TcpStream::connect(address), listener.accept());
            let (mut client, mut server) =
                (client.expect("connected"), server.expect("accepted").0);
            for _ in 0..200 {
                let due = Instant::now() + Duration::from_millis(1);
                sleep(Duration::from_millis(1)).await;
                ticks.add(due, Instant::now());
                let start = Instant::now();
                client.write_all(b"x").await.expect("sent");
                server.read_exact(&mut [0]).await.expect("received");
                echoes.add(start, Instant::now());
            }
            (ticks, echoes)
        });
        println!("{name}");
        control.judge_all(&[("tick", &ticks), ("socket", &echoes)], 0.99, BOUND);
    }
}

#[test]
fn fault_019_a_channel_that_is_always_ready_uses_up_its_budget_and_leaves_a_timer_in_time() {
    let _alone = alone();
    for (name, runtime) in single() {
        let (sender, mut receiver) = mpsc::unbounded_channel::<()>();
        // One task that awaits and never has to wait: only the budget makes it give way.
        drop(runtime.spawn(async move {
            loop {
                sender.send(()).expect("it is its own receiver");
                receiver.recv().await;
            }
        }));
        let control = Control::start();
        let ticks = run_as_task(&runtime, async {
            let mut ticks = Lateness::default();
            for _ in 0..200 {
                let due = Instant::now() + Duration::from_millis(1);
                sleep(Duration::from_millis(1)).await;
                ticks.add(due, Instant::now());
            }
            ticks
        });
        println!("{name}");
        control.judge("tick", &ticks, 0.99, BOUND);
    }
}

#[test]
fn fault_023_tasks_that_yield_for_ever_get_equal_shares() {
    let _alone = alone();
    const TASKS: usize = 20;
    const ROUNDS: usize = 2000;
    for (name, runtime) in without_spares() {
        let counts: Arc<[AtomicUsize]> = (0..TASKS).map(|_| AtomicUsize::new(0)).collect();
        for index in 0..TASKS {
            let counts = Arc::clone(&counts);
            drop(runtime.spawn(async move {
                loop {
                    // Relaxed: a count, read from time to time.
                    counts[index].fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            }));
        }
        // From when all of them run: it comes last.
        let shares: Vec<usize> = run_as_task(&runtime, async move {
            // Relaxed: see above.
            let read = || counts.iter().map(|count| count.load(Ordering::Relaxed));
            let before: Vec<usize> = read().collect();
            while read().next() < Some(before[0] + ROUNDS) {
                yield_now().await;
            }
            read()
                .zip(before)
                .map(|(after, before)| after - before)
                .collect()
        });
        let (least, most) = (shares.iter().min(), shares.iter().max());
        println!("{name}: between {least:?} and {most:?} polls");
        assert!(
            shares
                .iter()
                .all(|&share| share.abs_diff(ROUNDS) <= ROUNDS / 10),
            "{name}: {shares:?}"
        );
    }
}
