//! What a runtime takes comes back: memory, threads, descriptors. Each test has a process of its
//! own.

use std::fs;
use std::time::{Duration, Instant};

use runtime::net::{TcpListener, TcpStream};
use runtime::runtime::{Builder, Runtime};
use runtime::task::yield_now;
use runtime::time::sleep;

use crate::runtimes;
use crate::support::{Tally, Watchdog, in_own_process, proc_status_kib};

fn rss_kib() -> usize {
    proc_status_kib(std::process::id(), "VmRSS")
}

fn threads() -> usize {
    proc_status_kib(std::process::id(), "Threads")
}

fn descriptors() -> usize {
    let open = fs::read_dir("/proc/self/fd").expect("/proc/self/fd");
    open.count()
}

/// Threads that have been joined may still be visible for a moment.
#[track_caller]
fn wait_threads(at_most: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while threads() > at_most {
        assert!(
            Instant::now() < deadline,
            "{} threads, more than {at_most}",
            threads()
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Further rounds take no more memory than the first, but for 5 % and what the allocator keeps for
/// its threads.
#[track_caller]
fn assert_memory_returns(what: &str, further: usize, mut round: impl FnMut()) {
    const KEPT_KIB: usize = 8 << 10;
    round();
    let first = rss_kib();
    (0..further).for_each(|_| round());
    let last = rss_kib();
    println!("{what}: {first} KiB after one round, {last} KiB after {further} more");
    assert!(
        last <= first + first / 20 + KEPT_KIB,
        "{what}: {first} KiB after one round, {last} KiB after {further} more"
    );
}

#[test]
fn fault_006_a_million_tasks_dropped_unpolled_give_their_memory_back() {
    const TASKS: usize = 1 << 20;
    in_own_process(
        "resources::fault_006_a_million_tasks_dropped_unpolled_give_their_memory_back",
        || {
            assert_memory_returns("2^20 tasks", 1, || {
                let runtime = Builder::new_current_thread().build().expect("a runtime");
                let tally = Tally::default();
                for _ in 0..TASKS {
                    let counted = tally.one();
                    drop(runtime.spawn(async move { drop(counted) }));
                }
                drop(runtime);
                tally.assert_all_dropped(TASKS);
            });
        },
    );
}

/// A future that holds so many bytes over an `await`.
async fn hold<const BYTES: usize>(tally: Tally) -> u8 {
    let _counted = tally.one();
    let bytes = [1; BYTES];
    yield_now().await;
    bytes[BYTES / 2]
}

/// A build without optimisation copies a future from frame to frame before it is in its place.
const ROOMY_STACK: usize = 16 << 20;

fn run_large<const BYTES: usize>() {
    let spawner = std::thread::Builder::new().stack_size(ROOMY_STACK);
    let spawned = spawner.spawn(|| {
        for (name, runtime) in runtimes() {
            println!("{BYTES} bytes, {name}");
            let tally = Tally::default();
            let task = runtime.spawn(hold::<BYTES>(tally.clone()));
            assert_eq!(runtime.block_on(task).expect("it ends"), 1);
            assert_eq!(runtime.block_on(hold::<BYTES>(tally.clone())), 1);
            for _ in 0..8 {
                drop(runtime.spawn(hold::<BYTES>(tally.clone())));
            }
            drop(runtime);
            assert_eq!(tally.made(), tally.dropped());
        }
    });
    spawned.expect("a thread").join().expect("no panic");
}

#[test]
fn fault_006_futures_of_64_kib_do_not_overflow_a_stack_and_give_their_memory_back() {
    in_own_process(
        "resources::fault_006_futures_of_64_kib_do_not_overflow_a_stack_and_give_their_memory_back",
        || assert_memory_returns("64 KiB futures", 10, run_large::<{ 64 << 10 }>),
    );
}

#[test]
fn fault_006_futures_of_1_mib_do_not_overflow_a_stack_and_give_their_memory_back() {
    in_own_process(
        "resources::fault_006_futures_of_1_mib_do_not_overflow_a_stack_and_give_their_memory_back",
        || assert_memory_returns("1 MiB futures", 10, run_large::<{ 1 << 20 }>),
    );
}

/// What a thread with a usual stack can make in a build without optimisation, its tasks can spawn.
#[test]
fn fault_006_a_task_spawns_futures_of_128_kib() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let tally = Tally::default();
        let counted = tally.clone();
        let outer = runtime.spawn(async move {
            let inner = runtime::spawn(hold::<{ 128 << 10 }>(counted));
            inner.await.expect("it ends")
        });
        assert_eq!(runtime.block_on(outer).expect("it ends"), 1);
        drop(runtime);
        tally.assert_all_dropped(1);
    }
}

/// A little of everything.
async fn live_a_little(with_io: bool) {
    let task = runtime::spawn(async {
        yield_now().await;
        sleep(Duration::from_micros(10)).await;
    });
    if with_io {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("its address");
        let (connected, accepted) = futures::join!(TcpStream::connect(address), listener.accept());
        drop((
            connected.expect("a connection"),
            accepted.expect("a connection"),
        ));
        runtime::task::spawn_blocking(|| ()).await.expect("it ends");
    }
    task.await.expect("it ends");
}

fn live(index: usize) {
    let runtime: Runtime = match index % 2 {
        0 => Builder::new_current_thread().build().expect("a runtime"),
        _ => Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("a runtime"),
    };
    if index % 3 != 0 {
        runtime.block_on(live_a_little(index % 10 == 1));
    }
}

#[test]
fn fault_033_ten_thousand_runtimes_leave_nothing() {
    in_own_process(
        "resources::fault_033_ten_thousand_runtimes_leave_nothing",
        || {
            let before = threads();
            (0..200).for_each(live);
            wait_threads(before);
            let (open, memory) = (descriptors(), rss_kib());
            (0..10_000).for_each(live);
            wait_threads(before);
            println!("{memory} KiB before, {} KiB after", rss_kib());
            assert_eq!(descriptors(), open);
            assert!(
                rss_kib() <= memory + memory / 20 + 4096,
                "{memory} KiB before, {} KiB after",
                rss_kib()
            );
        },
    );
}

#[test]
fn fault_028_drop_in_mid_io_closes_every_descriptor() {
    in_own_process(
        "resources::fault_028_drop_in_mid_io_closes_every_descriptor",
        || {
            for (name, runtime) in runtimes() {
                println!("{name}");
                let open = descriptors();
                runtime.block_on(async {
                    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
                    let address = listener.local_addr().expect("its address");
                    for _ in 0..50 {
                        drop(runtime::spawn(async move {
                            let stream = TcpStream::connect(address).await.expect("connected");
                            stream.readable().await.expect("never");
                        }));
                        let (stream, _) = listener.accept().await.expect("a connection");
                        drop(runtime::spawn(async move {
                            stream.readable().await.expect("never");
                        }));
                    }
                });
                drop(runtime);
                assert_eq!(descriptors(), open, "{name}");
            }
        },
    );
}

/// One thread stays in `block_on`, another goes in and out: a million of its visits leave nothing.
#[test]
fn fault_099_visits_beside_a_thread_that_stays_in_block_on_give_their_memory_back() {
    const NAME: &str =
        "resources::fault_099_visits_beside_a_thread_that_stays_in_block_on_give_their_memory_back";
    const VISITS: usize = 100_000;
    in_own_process(NAME, || {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let (give, taken) = runtime::sync::oneshot::channel();
        let handle = runtime.handle().clone();
        let visits = || (0..VISITS).for_each(|_| handle.block_on(yield_now()));
        std::thread::scope(|scope| {
            let (inside, is_inside) = std::sync::mpsc::channel();
            let stays = &runtime;
            scope.spawn(move || {
                stays.block_on(async {
                    inside.send(()).expect("the test waits");
                    taken.await.expect("the visits end");
                });
            });
            is_inside.recv().expect("it enters");
            assert_memory_returns("a hundred thousand visits", 9, visits);
            give.send(()).expect("it stays");
        });
    });
}
