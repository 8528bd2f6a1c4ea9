//! A runtime is dropped while its tasks are at something.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::runtime::{Handle, Runtime};
use runtime::sync::{Mutex, Notify, mpsc, oneshot};
use runtime::task::{JoinHandle, spawn_blocking, yield_now};
use runtime::time::{interval, sleep, timeout};

use crate::support::{Tallied, Tally, Watchdog};
use crate::{runtimes, turn_over};

const HOUR: Duration = Duration::from_secs(3600);

/// Spawns a task that holds one of the tally until it ends.
fn spawn_counted<F>(runtime: &Runtime, tally: &Tally, future: F) -> JoinHandle<()>
where
    F: Future + Send + 'static,
{
    let counted = tally.one();
    runtime.spawn(async move {
        let _counted: Tallied = counted;
        future.await;
    })
}

#[test]
fn fault_028_tasks_that_never_ran_are_dropped_once() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = Tally::default();
        for _ in 0..1000 {
            drop(spawn_counted(&runtime, &tally, pending::<()>()));
        }
        drop(runtime);
        println!("{name}");
        tally.assert_all_dropped(1000);
    }
}

#[test]
fn fault_028_idle_and_running_tasks_are_dropped_once() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = Tally::default();
        for _ in 0..100 {
            drop(spawn_counted(&runtime, &tally, pending::<()>()));
            drop(spawn_counted(&runtime, &tally, async {
                loop {
                    yield_now().await;
                }
            }));
        }
        turn_over(&runtime);
        drop(runtime);
        println!("{name}");
        tally.assert_all_dropped(200);
    }
}

#[test]
fn fault_028_tasks_in_mid_timer_are_dropped_once() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = Tally::default();
        for index in 0..100 {
            drop(spawn_counted(&runtime, &tally, async { sleep(HOUR).await }));
            drop(spawn_counted(&runtime, &tally, async move {
                let mut interval = interval(Duration::from_micros(50 + index));
                loop {
                    interval.tick().await;
                }
            }));
            drop(spawn_counted(&runtime, &tally, async {
                let _ = timeout(HOUR, pending::<()>()).await;
            }));
        }
        turn_over(&runtime);
        drop(runtime);
        println!("{name}");
        tally.assert_all_dropped(300);
    }
}

#[test]
fn fault_028_tasks_blocked_on_each_primitive_are_dropped_once_and_leave_it_usable() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = Tally::default();
        let mutex = Arc::new(Mutex::new(1));
        let notify = Arc::new(Notify::new());
        let guard = mutex.try_lock().expect("free");
        let (empty_sender, mut empty_receiver) = mpsc::channel::<Tallied>(1);
        let (full_sender, mut full_receiver) = mpsc::channel::<Tallied>(1);
        full_sender.try_send(tally.one()).expect("room");
        let (unbounded_sender, mut unbounded_receiver) = mpsc::unbounded_channel::<Tallied>();
        let (oneshot_sender, oneshot_receiver) = oneshot::channel::<Tallied>();
        let (mut closing_sender, closing_receiver) = oneshot::channel::<Tallied>();
        let never = runtime.spawn(pending::<()>());
        for _ in 0..10 {
            let mutex = Arc::clone(&mutex);
            drop(spawn_counted(&runtime, &tally, async move {
                *mutex.lock().await += 1
            }));
            let notify = Arc::clone(&notify);
            drop(spawn_counted(&runtime, &tally, async move {
                notify.notified().await
            }));
            let (sender, value) = (full_sender.clone(), tally.one());
            drop(spawn_counted(&runtime, &tally, async move {
                sender.send(value).await
            }));
        }
        drop(spawn_counted(&runtime, &tally, async move {
            empty_receiver.recv().await
        }));
        drop(spawn_counted(&runtime, &tally, async move {
            unbounded_receiver.recv().await
        }));
        drop(spawn_counted(&runtime, &tally, oneshot_receiver));
        drop(spawn_counted(&runtime, &tally, async move {
            closing_sender.closed().await
        }));
        drop(spawn_counted(&runtime, &tally, never));
        turn_over(&runtime);
        drop(runtime);
        println!("{name}");

        drop(guard);
        assert_eq!(*mutex.try_lock().expect("free: nobody waits any more"), 1);
        notify.notify_one();
        assert!(empty_sender.is_closed() && empty_sender.try_send(tally.one()).is_err());
        assert!(unbounded_sender.send(tally.one()).is_err());
        assert!(oneshot_sender.send(tally.one()).is_err());
        assert!(full_receiver.try_recv().is_ok(), "it was there before");
        drop((full_sender, full_receiver, closing_receiver));
        // The tasks, ten values that found no room, one that did, three that were refused.
        tally.assert_all_dropped(35 + 10 + 1 + 3);
    }
}

/// Both ends of a connection in the runtime, one of them writing for ever to the other.
async fn traffic(listener: Arc<TcpListener>, reads: bool) {
    let address = listener.local_addr().expect("its address");
    let (client, server) = futures::join!(TcpStream::connect(address), listener.accept());
    let (Ok(mut client), Ok((mut server, _))) = (client, server) else {
        return;
    };
    let write = async {
        while client.write_all(&[7; 4096]).await.is_ok() {}
        pending::<()>().await
    };
    let read = async {
        let mut buffer = [0; 4096];
        while reads && server.read(&mut buffer).await.is_ok() {}
        pending::<()>().await
    };
    futures::join!(write, read);
}

#[test]
fn fault_028_tasks_in_mid_io_are_dropped_once() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = Tally::default();
        let bind = TcpListener::bind("127.0.0.1:0");
        let listener = Arc::new(runtime.block_on(bind).expect("a listener"));
        for index in 0..20 {
            let traffic = traffic(Arc::clone(&listener), index % 2 == 0);
            drop(spawn_counted(&runtime, &tally, traffic));
        }
        for _ in 0..20 {
            let listener = Arc::clone(&listener);
            drop(spawn_counted(&runtime, &tally, async move {
                let _connection = listener.accept().await;
                pending::<()>().await
            }));
        }
        turn_over(&runtime);
        drop(runtime);
        println!("{name}");
        tally.assert_all_dropped(40);
    }
}

/// A task that spawns another like itself, over and over.
fn spawner(tally: Tally, stop: Arc<AtomicBool>) -> impl Future<Output = ()> + Send {
    let counted = tally.one();
    async move {
        let _counted = counted;
        // Relaxed: a bound on the work, nothing else.
        while !stop.load(Ordering::Relaxed) {
            let next: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> =
                Box::pin(spawner(tally.clone(), Arc::clone(&stop)));
            let handle = runtime::spawn(next);
            if Handle::current().metrics().num_alive_tasks() > 1000 {
                let _ = handle.await;
            }
            yield_now().await;
        }
    }
}

#[test]
fn fault_028_tasks_that_spawn_are_dropped_once_with_what_they_spawned() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        for _ in 0..20 {
            let tally = Tally::default();
            let stop = Arc::new(AtomicBool::new(false));
            drop(runtime.spawn(spawner(tally.clone(), Arc::clone(&stop))));
            runtime.block_on(yield_now());
            // Relaxed: see `spawner`.
            stop.store(true, Ordering::Relaxed);
        }
        let (tally, stop) = (Tally::default(), Arc::new(AtomicBool::new(false)));
        drop(runtime.spawn(spawner(tally.clone(), stop)));
        turn_over(&runtime);
        drop(runtime);
        println!("{name}: {} tasks", tally.made());
        tally.assert_all_dropped(tally.made());
    }
}

/// Gives a drop that waits for nobody the time to return.
fn still_waits(dropper: &thread::JoinHandle<()>) -> bool {
    thread::sleep(Duration::from_millis(50));
    !dropper.is_finished()
}

#[test]
fn fault_028_a_task_that_blocks_its_thread_is_waited_for_and_dropped_once() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in crate::multi_thread_runtimes() {
        let tally = Tally::default();
        let (begun, has_begun) = std_mpsc::channel();
        let (release, released) = std_mpsc::channel::<()>();
        drop(spawn_counted(&runtime, &tally, async move {
            begun.send(()).expect("the test waits");
            let _ = released.recv();
            pending::<()>().await
        }));
        has_begun.recv().expect("it begins");
        let before = tally.dropped();
        let dropper = thread::spawn(move || drop(runtime));
        assert_eq!(before, 0);
        assert!(still_waits(&dropper), "{name}");
        drop(release);
        dropper.join().expect("the drop returns");
        println!("{name}");
        tally.assert_all_dropped(1);
    }
}

#[test]
fn fault_028_a_blocking_closure_that_has_begun_is_waited_for_and_others_are_cancelled() {
    let _watchdog = Watchdog::new();
    for (name, builder) in [
        ("current thread", runtime::Builder::new_current_thread()),
        ("multi thread", runtime::Builder::new_multi_thread()),
    ] {
        let mut builder = builder;
        let runtime = builder.max_blocking_threads(1).build().expect("a runtime");
        let tally = Tally::default();
        let (begun, has_begun) = std_mpsc::channel();
        let (release, released) = std_mpsc::channel::<()>();
        let counted = tally.one();
        let first = runtime.spawn_blocking(move || {
            let _counted = counted;
            begun.send(()).expect("the test waits");
            let _ = released.recv();
            5
        });
        has_begun.recv().expect("it begins");
        let counted = tally.one();
        let second = runtime.spawn_blocking(move || drop(counted));
        let waits = tally.one();
        drop(runtime.spawn(async move {
            let _waits = waits;
            spawn_blocking(pending::<()>).await
        }));
        let handle = runtime.handle().clone();
        let dropper = thread::spawn(move || drop(runtime));
        // It waits behind the others until the pool has been closed.
        let last = futures::executor::block_on(handle.spawn_blocking(|| ()));
        assert!(last.expect_err("it never began").is_cancelled(), "{name}");
        assert!(still_waits(&dropper), "{name}");
        drop(release);
        dropper.join().expect("the drop returns");
        let ended = futures::executor::block_on(first);
        assert_eq!(ended.expect("it ran to its end"), 5, "{name}");
        let ended = futures::executor::block_on(second);
        assert!(ended.expect_err("it never began").is_cancelled(), "{name}");
        tally.assert_all_dropped(3);
    }
}

/// Closures that there are threads for have begun, whether or not these have come yet.
#[test]
fn fault_028_blocking_closures_that_there_are_threads_for_are_run() {
    const CLOSURES: usize = 16;
    let _watchdog = Watchdog::new();
    for _ in 0..20 {
        for (name, runtime) in runtimes() {
            let run = Arc::new(AtomicUsize::new(0));
            for _ in 0..CLOSURES {
                let run = Arc::clone(&run);
                drop(runtime.spawn_blocking(move || run.fetch_add(1, Ordering::SeqCst)));
            }
            drop(runtime);
            assert_eq!(run.load(Ordering::SeqCst), CLOSURES, "{name}");
        }
    }
}

/// Does what destructors should not do, and drops one of a tally after it.
struct Nasty {
    handle: Handle,
    tally: Tally,
    mutex: Arc<Mutex<u32>>,
    notify: Arc<Notify>,
    sender: mpsc::UnboundedSender<Tallied>,
    other: JoinHandle<()>,
    _counted: Tallied,
}

impl Drop for Nasty {
    fn drop(&mut self) {
        self.other.abort();
        self.notify.notify_waiters();
        self.notify.notify_one();
        if let Ok(mut value) = self.mutex.try_lock() {
            *value += 1;
        }
        let _ = self.sender.send(self.tally.one());
        let counted = self.tally.one();
        drop(self.handle.spawn(async move { drop(counted) }));
        let counted = self.tally.one();
        drop(self.handle.spawn_blocking(move || drop(counted)));
        let _inside = self.handle.enter();
        drop(sleep(HOUR));
        self.handle.block_on(async {});
        self.handle.block_on(yield_now());
        let connection = self.handle.block_on(TcpStream::connect("127.0.0.1:1"));
        assert!(connection.is_err());
    }
}

#[test]
fn fault_029_destructors_that_wake_spawn_lock_send_and_abort_do_not_hang_the_drop() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        let tally = Tally::default();
        let (mutex, notify) = (Arc::new(Mutex::new(0)), Arc::new(Notify::new()));
        let (sender, mut receiver) = mpsc::unbounded_channel();
        drop(runtime.spawn(async move { while receiver.recv().await.is_some() {} }));
        for _ in 0..50 {
            let nasty = Nasty {
                handle: runtime.handle().clone(),
                tally: tally.clone(),
                mutex: Arc::clone(&mutex),
                notify: Arc::clone(&notify),
                sender: sender.clone(),
                other: spawn_counted(&runtime, &tally, pending::<()>()),
                _counted: tally.one(),
            };
            drop(runtime.spawn(async move {
                nasty.notify.notified().await;
                drop(nasty);
            }));
        }
        drop(sender);
        turn_over(&runtime);
        drop(runtime);
        println!("{name}");
        // 50 of themselves, 50 others, and from each a message, a task and a closure.
        tally.wait_all_dropped(250);
    }
}
