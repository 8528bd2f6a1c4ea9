//! Spawning from where one does not expect it, while the runtime lives and while it ends.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use runtime::runtime::{Builder, Handle, LocalRuntime, Runtime};
use runtime::task::{spawn_local, yield_now};
use runtime::time::sleep;

use crate::support::{Tallied, Tally, Watchdog};
use crate::{multi_thread_runtimes, runtimes, turn_over};

/// Spawns a task when it is dropped, and says so from that task.
struct SpawnsOnDrop {
    ran: Sender<()>,
    counted: Option<Tallied>,
}

impl Drop for SpawnsOnDrop {
    fn drop(&mut self) {
        let (ran, counted) = (self.ran.clone(), self.counted.take());
        drop(Handle::current().spawn(async move {
            yield_now().await;
            drop(counted);
            let _ = ran.send(());
        }));
    }
}

#[test]
fn fault_009_a_destructor_spawns() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let tally = Tally::default();
        let (ran, has_run) = channel();
        for end in 0..4 {
            let spawns = SpawnsOnDrop {
                ran: ran.clone(),
                counted: Some(tally.one()),
            };
            let task = runtime.spawn(async move {
                let _spawns = spawns;
                yield_now().await;
                match end {
                    0 => {}
                    1 => panic!("on purpose"),
                    _ => pending::<()>().await,
                }
            });
            if end == 2 {
                turn_over(&runtime);
                task.abort();
                assert!(runtime.block_on(task).is_err());
            }
        }
        turn_over(&runtime);
        // The fourth is dropped with the runtime: what it spawns is cancelled.
        runtime.block_on(async {
            while tally.dropped() < 3 {
                yield_now().await;
            }
        });
        drop(runtime);
        tally.assert_all_dropped(4);
        drop(ran);
        assert_eq!(has_run.iter().count(), 3);
    }
}

/// Spawns a task when it is woken.
struct SpawnsOnWake {
    handle: Handle,
    ran: Sender<()>,
}

impl Wake for SpawnsOnWake {
    fn wake(self: Arc<Self>) {
        let ran = self.ran.clone();
        drop(self.handle.spawn(async move {
            let _ = ran.send(());
        }));
    }
}

/// Spawns what stays on this thread when it is dropped.
struct SpawnsHereOnDrop(Tally);

impl Drop for SpawnsHereOnDrop {
    fn drop(&mut self) {
        let counted = self.0.one();
        drop(spawn_local(async move { drop(counted) }));
        let counted = self.0.one();
        drop(Handle::current().spawn(async move { drop(counted) }));
    }
}

#[test]
fn fault_009_what_a_future_in_a_local_block_on_leaves_behind_spawns() {
    let runtime = LocalRuntime::new().expect("a runtime");
    let tally = Tally::default();
    let owned = SpawnsHereOnDrop(tally.clone());
    runtime.block_on(std::future::poll_fn(move |_| {
        let _owned = &owned;
        std::task::Poll::Ready(())
    }));
    assert_eq!(tally.made(), 2);
    runtime.block_on(yield_now());
    drop(runtime);
    tally.assert_all_dropped(2);
}

#[test]
fn fault_009_a_waker_spawns() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in multi_thread_runtimes() {
        println!("{name}");
        let (ran, has_run) = channel();
        let waker = Waker::from(Arc::new(SpawnsOnWake {
            handle: runtime.handle().clone(),
            ran,
        }));
        // Woken by the timers, on whichever thread looks after them.
        let _inside = runtime.enter();
        let mut timer = pin!(sleep(Duration::from_millis(1)));
        let mut cx = Context::from_waker(&waker);
        assert!(timer.as_mut().poll(&mut cx).is_pending());
        has_run.recv().expect("the task ran");
        // Woken by the end of a task.
        let (release, released) = runtime::sync::oneshot::channel::<()>();
        let mut task = pin!(runtime.spawn(released));
        assert!(task.as_mut().poll(&mut cx).is_pending());
        release.send(()).expect("the task waits");
        has_run.recv().expect("the task ran");
        // Woken by the end of the runtime.
        let mut never = pin!(runtime.spawn(pending::<()>()));
        assert!(never.as_mut().poll(&mut cx).is_pending());
        drop(_inside);
        drop(runtime);
        assert!(never.as_mut().poll(&mut cx).is_ready());
    }
}

#[test]
fn fault_009_a_blocking_closure_spawns() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let closure = runtime.spawn_blocking(|| {
            let task = runtime::spawn(async { 3 });
            let inner = runtime::task::spawn_blocking(|| 4);
            Handle::current().block_on(async { task.await.unwrap() + inner.await.unwrap() })
        });
        assert_eq!(runtime.block_on(closure).expect("it ends"), 7);
    }
}

#[test]
fn fault_009_whatever_runs_on_a_thread_for_blocking_closures_finds_the_runtime() {
    let _watchdog = Watchdog::new();
    for one_thread in [true, false] {
        let (finds, found) = channel();
        let mut builder = match one_thread {
            true => Builder::new_current_thread(),
            false => Builder::new_multi_thread(),
        };
        let hook = |place: &'static str| {
            let finds = finds.clone();
            move || {
                if std::thread::current().name() == Some("runtime-blocking") {
                    let _told = finds.send((place, Handle::try_current().is_ok()));
                }
            }
        };
        let runtime = builder
            .max_blocking_threads(1)
            .on_thread_start(hook("the start"))
            .on_thread_stop(hook("the stop"))
            .build()
            .expect("a runtime");
        let (release, released) = channel::<()>();
        let runs = runtime.spawn_blocking(move || _ = released.recv());
        let never_run = |place| {
            let tells = Tells(place, finds.clone());
            runtime.spawn_blocking(move || drop(tells))
        };
        let aborted = never_run("an aborted closure");
        aborted.abort();
        drop(release);
        runtime.block_on(runs).expect("it ends");
        assert!(runtime.block_on(aborted).is_err());
        // The only thread is taken, and the next has to be dropped at the end.
        let (begins, begun) = channel();
        let (release, released) = channel::<()>();
        drop(runtime.spawn_blocking(move || {
            begins.send(()).expect("the test waits");
            let _ = released.recv();
        }));
        begun.recv().expect("it begins");
        drop(never_run("a closure that is left"));
        runtime.shutdown_background();
        drop(release);
        drop(builder);
        drop(finds);
        let found: Vec<_> = found.iter().collect();
        assert!(found.iter().all(|(_, found)| *found), "{found:?}");
        assert_eq!(found.len(), 4, "{found:?}");
    }
}

/// Tells where it is dropped whether there is a runtime.
struct Tells(&'static str, Sender<(&'static str, bool)>);

impl Drop for Tells {
    fn drop(&mut self) {
        let _told = self.1.send((self.0, Handle::try_current().is_ok()));
    }
}

/// A runtime with one hook set, which gets the runtime's handle.
struct Hooked {
    runtime: Runtime,
    /// What the hook has: a cycle, until it is taken.
    handle: Arc<Mutex<Option<Handle>>>,
}

impl Hooked {
    fn new<H>(
        workers: usize,
        set: impl FnOnce(&mut Builder, Box<dyn Fn() + Send + Sync>),
        hook: H,
    ) -> Hooked
    where
        H: Fn(&Handle) + Send + Sync + 'static,
    {
        let handle = Arc::new(Mutex::new(None::<Handle>));
        let known = Arc::clone(&handle);
        let mut builder = match workers {
            0 => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        builder.worker_threads(workers.max(1));
        let call = move || {
            // A spawn within may call the hook again.
            let handle = known.lock().expect("it never panics").clone();
            if let Some(handle) = handle {
                hook(&handle);
            }
        };
        set(&mut builder, Box::new(call));
        let runtime = builder.build().expect("a runtime");
        *handle.lock().expect("it never panics") = Some(runtime.handle().clone());
        Hooked { runtime, handle }
    }

    /// Ends the runtime, and then what would keep its memory.
    fn end(self) {
        drop(self.runtime);
        drop(self.handle.lock().expect("it never panics").take());
    }
}

#[test]
fn fault_009_hooks_of_threads_spawn() {
    type Set = fn(&mut Builder, Box<dyn Fn() + Send + Sync>);
    let hooks: [(&str, Set); 4] = [
        ("start", |builder, hook| _ = builder.on_thread_start(hook)),
        ("stop", |builder, hook| _ = builder.on_thread_stop(hook)),
        ("park", |builder, hook| _ = builder.on_thread_park(hook)),
        ("unpark", |builder, hook| _ = builder.on_thread_unpark(hook)),
    ];
    let _watchdog = Watchdog::new();
    for (name, set) in hooks {
        for workers in [0, 1, 2] {
            println!("on_thread_{name}, {workers} workers");
            let tally = Tally::default();
            let spawned = tally.clone();
            let hooked = Hooked::new(workers, set, move |handle| {
                // Bounded: what it spawns lets threads park and unpark again.
                if spawned.made() < 100 {
                    let (task, closure) = (spawned.one(), spawned.one());
                    drop(handle.spawn(async move { drop(task) }));
                    drop(handle.spawn_blocking(move || drop(closure)));
                }
            });
            turn_over(&hooked.runtime);
            hooked.runtime.block_on(async {
                runtime::spawn(async {}).await.expect("it ends");
                let closure = runtime::task::spawn_blocking(|| ());
                closure.await.expect("it ends");
            });
            hooked.end();
            tally.assert_all_dropped(tally.made());
        }
    }
}
