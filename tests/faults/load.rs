//! Floods, storms, wakers that say nothing or fail, ends that come alone, numbers of workers.

use std::fs;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use runtime::net::UdpSocket;
use runtime::net::unix::pipe;
use runtime::runtime::Builder;
use runtime::sync::{Barrier, Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use runtime::task::yield_now;
use runtime::time::{sleep, timeout};

use super::everything::everything;
use super::runtimes;
use super::support::{Watchdog, in_own_process, processor_time};

/// Threads outside spawn as fast as they can while tasks inside fill the local queues: all that was
/// spawned runs, and those inside go on beside it.
#[test]
fn fault_022_a_flood_from_outside_starves_nobody() {
    let _watchdog = Watchdog::new();
    const FLOOD: usize = 100_000;
    for runtime in runtimes() {
        let (ran, inside) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..16 {
            let (inside, over) = (Arc::clone(&inside), Arc::clone(&over));
            drop(runtime.spawn(async move {
                // Relaxed: a hint to end, and a count.
                while !over.load(Ordering::Relaxed) {
                    // Relaxed: as above.
                    inside.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            }));
        }
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..FLOOD / 2 {
                        let ran = Arc::clone(&ran);
                        // Relaxed: a count.
                        drop(runtime.spawn(async move { ran.fetch_add(1, Ordering::Relaxed) }));
                    }
                });
            }
            runtime.block_on(async {
                // Relaxed: a count that only grows.
                while ran.load(Ordering::Relaxed) < FLOOD {
                    sleep(Duration::from_millis(1)).await;
                }
            });
        });
        // Relaxed: a count.
        assert!(
            inside.load(Ordering::Relaxed) > 1000,
            "those inside went on"
        );
        // Relaxed: a hint.
        over.store(true, Ordering::Relaxed);
    }
}

#[test]
fn fault_026_any_number_of_workers_does_everything() {
    const NAME: &str = "load::fault_026_any_number_of_workers_does_everything";
    in_own_process(NAME, || {
        for workers in [1, 2, 64, 1024] {
            let runtime = Builder::new_multi_thread().worker_threads(workers).build();
            let runtime = runtime.expect("a runtime");
            let failed = runtime.block_on(async {
                let tasks = (0..2000_usize).map(|number| {
                    runtime::spawn(async move {
                        yield_now().await;
                        number
                    })
                });
                for (number, task) in tasks.collect::<Vec<_>>().into_iter().enumerate() {
                    assert_eq!(task.await.expect("it ends"), number);
                }
                everything(&[]).await
            });
            assert!(failed.is_empty(), "{workers} workers: {failed:?}");
        }
    });
}

/// Counts what wakes it.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        // Relaxed: a count.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A poll by a waker that does nothing, between two by a real one, silences neither.
#[track_caller]
fn hears_again(
    name: &str,
    mut waits: Pin<Box<dyn Future<Output = ()> + '_>>,
    event: impl FnOnce(),
) {
    let counted = Arc::new(Counted::default());
    let real = Waker::from(Arc::clone(&counted));
    for waker in [&real, Waker::noop(), &real] {
        let polled = waits.as_mut().poll(&mut Context::from_waker(waker));
        assert!(polled.is_pending(), "{name}: there is nothing yet");
    }
    event();
    // Relaxed: woken by this thread.
    assert_eq!(
        counted.0.load(Ordering::Relaxed),
        1,
        "{name} wakes the last who asked"
    );
    let polled = waits.as_mut().poll(&mut Context::from_waker(&real));
    assert!(polled.is_ready(), "{name}");
}

#[test]
fn fault_014_a_poll_by_a_silent_waker_silences_nobody() {
    let mutex = Mutex::new(());
    let guard = mutex.try_lock().expect("free");
    hears_again(
        "Mutex",
        Box::pin(async { drop(mutex.lock().await) }),
        || drop(guard),
    );

    let lock = RwLock::new(());
    let guard = lock.try_write().expect("free");
    hears_again(
        "RwLock",
        Box::pin(async { drop(lock.read().await) }),
        || drop(guard),
    );

    let semaphore = Semaphore::new(0);
    let acquire = async { semaphore.acquire().await.expect("open").forget() };
    hears_again("Semaphore", Box::pin(acquire), || semaphore.add_permits(1));

    let notify = Notify::new();
    hears_again("Notify", Box::pin(notify.notified()), || {
        notify.notify_one()
    });

    let barrier = Barrier::new(2);
    let wait = async { assert!(!barrier.wait().await.is_leader()) };
    hears_again("Barrier", Box::pin(wait), || {
        let mut other = Box::pin(barrier.wait());
        let polled = other.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_ready());
    });

    let (tx, mut rx) = mpsc::channel(1);
    let recv = async { assert_eq!(rx.recv().await, Some(1)) };
    hears_again("mpsc", Box::pin(recv), || tx.try_send(1).expect("room"));
    tx.try_send(1).expect("room");
    let send = async { tx.send(2).await.expect("open") };
    hears_again("mpsc, full", Box::pin(send), || {
        assert_eq!(rx.try_recv(), Ok(1))
    });

    let (tx, rx) = oneshot::channel();
    let recv = async { assert_eq!(rx.await, Ok(1)) };
    hears_again("oneshot", Box::pin(recv), || tx.send(1).expect("open"));

    let (tx, mut rx) = broadcast::channel(1);
    let recv = async { assert_eq!(rx.recv().await, Ok(1)) };
    hears_again("broadcast", Box::pin(recv), || {
        assert_eq!(tx.send(1).ok(), Some(1))
    });

    let (tx, mut rx) = watch::channel(0);
    let changed = async { rx.changed().await.expect("open") };
    hears_again("watch", Box::pin(changed), || tx.send(1).expect("open"));
}

/// The ends of a pipe that close: both sides learn, and nothing spins on what stays ready for good.
#[test]
fn fault_048_an_end_that_comes_alone_is_told_and_makes_no_loop() {
    const NAME: &str = "load::fault_048_an_end_that_comes_alone_is_told_and_makes_no_loop";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            runtime.block_on(async {
                let (sender, receiver) = pipe::pipe().expect("a pipe");
                let reads = runtime::spawn(async move {
                    receiver.readable().await.expect("told");
                    assert_eq!(receiver.try_read(&mut [0; 8]).expect("the end"), 0);
                    receiver
                });
                yield_now().await;
                drop(sender);
                let at_end = reads.await.expect("no panic");

                let (sender, receiver) = pipe::pipe().expect("a pipe");
                sender.writable().await.expect("there is room");
                while sender.try_write(&[0; 4096]).is_ok() {}
                let writes = runtime::spawn(async move {
                    sender.writable().await.expect("told");
                    let error = sender.try_write(&[0; 8]).expect_err("nobody reads");
                    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
                    sender
                });
                yield_now().await;
                drop(receiver);
                let broken = writes.await.expect("no panic");

                let before = processor_time();
                sleep(Duration::from_millis(200)).await;
                let used = processor_time() - before;
                assert!(
                    used < Duration::from_millis(100),
                    "asleep for 200 ms, but for {used:?}"
                );
                drop((at_end, broken));
            });
        }
    });
}

struct Fails;

impl Wake for Fails {
    fn wake(self: Arc<Self>) {
        panic!("a waker of the user's");
    }
}

/// A waker panics in whatever thread turns the driver: others are woken all the same, then and later.
#[test]
fn fault_051_a_waker_that_panics_in_the_driver_stops_nobody() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        runtime.block_on(async {
            let near = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a socket"));
            let hostile = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
            let to = [&near, &hostile].map(|it| it.local_addr().expect("bound"));
            for _ in 0..10 {
                while hostile.try_recv(&mut [0; 8]).is_ok() {}
                let waker = Waker::from(Arc::new(Fails));
                let polled = hostile.poll_recv_ready(&mut Context::from_waker(&waker));
                assert!(matches!(polled, Poll::Pending | Poll::Ready(Ok(()))));
                let other = Arc::clone(&near);
                let receives = runtime::spawn(async move { other.recv(&mut [0; 8]).await });
                yield_now().await;
                let sender = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
                sender.send_to(b"bad", to[1]).expect("sent");
                sender.send_to(b"good", to[0]).expect("sent");
                let received = timeout(Duration::from_secs(10), receives).await;
                let received = received.expect("in time").expect("no panic");
                assert_eq!(received.expect("received"), 4);
            }
        });
    }
}

/// Keeps the thread that wakes by it, from one meeting with the test to the next.
struct Keeps(std::sync::Barrier);

impl Wake for Keeps {
    fn wake(self: Arc<Self>) {
        self.0.wait();
        self.0.wait();
    }
}

/// A waker blocks the thread that calls it for an event, or for a timer: that is found as a poll that
/// blocks would be, and what comes meanwhile is served by others.
#[test]
fn fault_051_a_waker_that_keeps_the_driver_holds_up_nobody() {
    let _watchdog = Watchdog::new();
    for (workers, by_timer) in [(1, false), (1, true), (2, false), (2, true)] {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(workers).build();
        let runtime = runtime.expect("a runtime");
        let bind = || runtime.block_on(UdpSocket::bind("127.0.0.1:0"));
        let (near, hostile) = (bind().expect("a socket"), bind().expect("a socket"));
        let to = [&near, &hostile].map(|it| it.local_addr().expect("bound"));
        drop(runtime.spawn(async move {
            loop {
                let (_, from) = near.recv_from(&mut [0; 8]).await.expect("received");
                sleep(Duration::from_millis(1)).await;
                near.send_to(b"served", from).await.expect("sent");
            }
        }));
        let client = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let limit = Some(Duration::from_secs(5));
        client.set_read_timeout(limit).expect("a limit");

        let keeps = Arc::new(Keeps(std::sync::Barrier::new(2)));
        let waker = Waker::from(Arc::clone(&keeps));
        let mut cx = Context::from_waker(&waker);
        let _context = runtime.enter();
        let mut nap = pin!(sleep(Duration::from_millis(20)));
        if by_timer {
            assert!(nap.as_mut().poll(&mut cx).is_pending());
        } else {
            while let Poll::Ready(ready) = hostile.poll_recv_ready(&mut cx) {
                ready.expect("open");
                assert!(hostile.try_recv(&mut [0; 8]).is_err(), "nothing was sent");
            }
            client.send_to(b"bad", to[1]).expect("sent");
        }
        keeps.0.wait();
        let is_served = || {
            client.send_to(b"good", to[0]).expect("sent");
            client.recv(&mut [0; 8]).is_ok()
        };
        let served = (0..3).all(|_| is_served());
        keeps.0.wait();
        assert!(served, "{workers} workers, by a timer: {by_timer}");
    }
}

/// How many writes this process has made: a kick of the driver is one.
fn writes() -> usize {
    let counts = fs::read_to_string("/proc/self/io").expect("/proc/self/io");
    let count = counts.lines().find_map(|line| line.strip_prefix("syscw: "));
    count.and_then(|count| count.parse().ok()).expect("a count")
}

/// A million wakes from outside: at most one system call for each time that somebody slept, which
/// is at most once for each poll.
#[test]
fn fault_052_a_storm_of_wakes_kicks_once_a_sleep() {
    const NAME: &str = "load::fault_052_a_storm_of_wakes_kicks_once_a_sleep";
    const WAKES: usize = 1_000_000;
    in_own_process(NAME, || {
        for runtime in runtimes() {
            let notify = Arc::new(Notify::new());
            let (woken, over) = (
                Arc::new(AtomicUsize::new(0)),
                Arc::new(AtomicBool::new(false)),
            );
            let storm = Arc::clone(&notify);
            let before = runtime.block_on(async {
                // The driver is there, and with it the descriptor that is written to.
                drop(UdpSocket::bind("127.0.0.1:0").await.expect("a socket"));
                writes()
            });
            runtime.block_on(async {
                let outside = thread::spawn({
                    let over = Arc::clone(&over);
                    move || {
                        (0..WAKES).for_each(|_| storm.notify_one());
                        // Release: with the load below.
                        over.store(true, Ordering::Release);
                        storm.notify_one();
                    }
                });
                let polls = Arc::clone(&woken);
                let mut waits = Box::pin(async {
                    // Acquire: with the store above.
                    while !over.load(Ordering::Acquire) {
                        notify.notified().await;
                    }
                });
                poll_fn(|cx| {
                    // Relaxed: a count of this thread's.
                    polls.fetch_add(1, Ordering::Relaxed);
                    waits.as_mut().poll(cx)
                })
                .await;
                outside.join().expect("no panic");
            });
            // Relaxed: a count of this thread's.
            let polls = woken.load(Ordering::Relaxed);
            let kicks = writes() - before;
            assert!(kicks <= polls + 10, "{kicks} writes for {polls} polls");
        }
    });
}
