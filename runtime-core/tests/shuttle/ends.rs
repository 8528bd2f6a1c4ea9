//! Ends that meet: of tasks, of their owners, and of the runtime; and what panics on the way.
//!
//! A panic here is thrown without its hook: a caught one is no failure, and shuttle's hook would keep a
//! schedule for each.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use runtime_core::Handle;
use runtime_core::join_set::JoinSet;
use runtime_core::spawn::{spawn, yield_now};
use runtime_core::sync::{Mutex, Notify, Semaphore, mpsc, oneshot};

use super::{Counted, count, explore, outside, two_workers};

/// Three tasks; whoever holds their handles aborts one, drops another's handle and awaits the third
/// while somebody else wakes all of them: each future is dropped once, and each outcome is one.
///
/// Fault 1.
#[test]
fn shuttle_a_task_ends_once_whoever_ends_it() {
    explore("shuttle_a_task_ends_once_whoever_ends_it", || {
        let runtime = two_workers();
        let (alive, dropped) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let notify = Arc::new(Notify::new());
        let tasks = [0, 1, 2].map(|number| {
            let counted = Counted::new(&alive);
            let once = Once(Arc::clone(&dropped));
            let notify = Arc::clone(&notify);
            runtime.spawn(async move {
                let (_counted, _once) = (counted, once);
                notify.notified().await;
                yield_now().await;
                number
            })
        });
        let waker = Arc::clone(&notify);
        let wakes = outside(move || (0..3).for_each(|_| waker.notify_one()));
        let [aborted, left, awaited] = tasks;
        let again = aborted.abort_handle();
        let aborts = outside(move || again.abort());
        drop(left);
        aborted.abort();
        runtime.block_on(async {
            match aborted.await {
                Ok(number) => assert_eq!(number, 0),
                Err(error) => assert!(error.is_cancelled()),
            }
            // A notice that was stored, or given to one that was aborted, is one less.
            while !awaited.is_finished() {
                notify.notify_one();
                yield_now().await;
            }
            assert_eq!(awaited.await.expect("nobody aborts it"), 2);
        });
        aborts.join().expect("it does not panic");
        wakes.join().expect("it does not panic");
        drop(runtime);
        assert_eq!((count(&alive), count(&dropped)), (0, 3));
    });
}

/// Counts its drops.
struct Once(Arc<AtomicUsize>);

impl Drop for Once {
    fn drop(&mut self) {
        // Relaxed: coroutines take turns.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Tasks end by themselves, all but one, while their set aborts them all, or goes.
///
/// Fault 8.
#[test]
fn shuttle_a_set_aborts_and_goes_while_its_tasks_end() {
    explore("shuttle_a_set_aborts_and_goes_while_its_tasks_end", || {
        let runtime = two_workers();
        let alive = Arc::default();
        let spawned = |set: &mut JoinSet<usize>| {
            for number in 0..4 {
                let counted = Counted::new(&alive);
                let turns = async move {
                    let _counted = counted;
                    if number == 3 {
                        pending::<()>().await;
                    }
                    for _ in 0..number {
                        yield_now().await;
                    }
                    number
                };
                set.spawn_on(turns, runtime.handle());
            }
        };
        let (mut set, mut gone) = (JoinSet::new(), JoinSet::new());
        spawned(&mut set);
        spawned(&mut gone);
        let aborts = runtime.spawn(async move {
            set.abort_all();
            let mut seen = [false; 4];
            let mut outcomes = 0;
            while let Some(joined) = set.join_next().await {
                outcomes += 1;
                match joined {
                    Ok(number) => assert!(!std::mem::replace(&mut seen[number], true)),
                    Err(error) => assert!(error.is_cancelled()),
                }
            }
            outcomes
        });
        let goes = outside(move || drop(gone));
        assert_eq!(runtime.block_on(aborts).expect("it ends by itself"), 4);
        goes.join().expect("it does not panic");
        // Not only with the runtime.
        runtime.block_on(async {
            while count(&alive) > 0 {
                yield_now().await;
            }
        });
    });
}

/// What a task holds that uses the runtime, a channel and locks when the runtime drops it.
struct Meddles {
    handle: Handle,
    send: mpsc::Sender<usize>,
    lock: Arc<Mutex<usize>>,
    notify: Arc<Notify>,
    alive: Arc<AtomicUsize>,
}

impl Drop for Meddles {
    fn drop(&mut self) {
        let counted = Counted::new(&self.alive);
        // Cancelled at once, or run: but not kept.
        self.handle.spawn(async move {
            let _counted = counted;
            pending::<()>().await;
        });
        let _ = self.send.try_send(1);
        if let Ok(mut count) = self.lock.try_lock() {
            *count += 1;
        }
        self.notify.notify_waiters();
    }
}

/// The runtime is dropped while its tasks wait for each other, and each that goes wakes the others and
/// spawns one more.
///
/// Fault 29.
#[test]
fn shuttle_destructors_use_the_runtime_that_ends() {
    explore("shuttle_destructors_use_the_runtime_that_ends", || {
        let runtime = two_workers();
        let alive = Arc::default();
        let (send, mut receive) = mpsc::channel(2);
        let (lock, notify) = (Arc::new(Mutex::new(0)), Arc::new(Notify::new()));
        for number in 0..3 {
            let meddles = Meddles {
                handle: runtime.handle().clone(),
                send: send.clone(),
                lock: Arc::clone(&lock),
                notify: Arc::clone(&notify),
                alive: Arc::clone(&alive),
            };
            runtime.spawn(async move {
                let meddles = meddles;
                let _held = match number {
                    0 => Some(meddles.lock.lock().await),
                    _ => None,
                };
                loop {
                    meddles.notify.notified().await;
                }
            });
        }
        drop(send);
        runtime.block_on(yield_now());
        drop(runtime);
        assert_eq!(count(&alive), 0);
        let received = std::iter::from_fn(|| receive.try_recv().ok()).count();
        assert_eq!(received, 2, "three have sent, and there is room for two");
        assert!(lock.try_lock().is_ok(), "nobody holds it any more");
    });
}

/// A panic that is thrown, not reported: see the head of this file.
fn throw() -> ! {
    resume_unwind(Box::new("thrown"))
}

/// Pending once, woken from outside by a waker that it leaves there; then it panics, or its drop does.
struct Panics {
    in_drop: bool,
    polled: bool,
    left: Arc<std::sync::Mutex<Vec<Waker>>>,
    _counted: Counted,
}

impl Future for Panics {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.polled {
            if self.in_drop {
                return Poll::Ready(());
            }
            throw();
        }
        self.polled = true;
        // Outside of the lock, which shuttle does not know.
        let waker = cx.waker().clone();
        self.left.lock().expect("a list").push(waker);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if self.in_drop {
            throw();
        }
    }
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        throw();
    }
}

/// Tasks that panic in their poll and in their drop, and a waker that does, leave neighbours, permits and
/// the end of the runtime as they are.
///
/// Faults 2, 11.
#[test]
fn shuttle_panics_cost_nobody_else_anything() {
    explore("shuttle_panics_cost_nobody_else_anything", || {
        let runtime = two_workers();
        let (alive, left) = (Arc::default(), Arc::default());
        let tasks = [false, true].map(|in_drop| {
            runtime.spawn(Panics {
                in_drop,
                polled: false,
                left: Arc::clone(&left),
                _counted: Counted::new(&alive),
            })
        });
        let semaphore = Arc::new(Semaphore::new(0));
        let mut armed = Box::pin(Arc::clone(&semaphore).acquire_owned());
        let bomb = Waker::from(Arc::new(Bomb));
        let polled = armed.as_mut().poll(&mut Context::from_waker(&bomb));
        assert!(polled.is_pending());
        let neighbour = Arc::clone(&semaphore);
        let neighbour = runtime.spawn(async move {
            drop(neighbour.acquire().await.expect("it is open"));
            yield_now().await;
        });
        let wakers = Arc::clone(&left);
        let wakes = outside(move || {
            let wakers = std::mem::take(&mut *wakers.lock().expect("a list"));
            // Nobody holds the lock meanwhile.
            wakers.into_iter().for_each(Waker::wake);
        });
        let released = catch_unwind(AssertUnwindSafe(|| semaphore.add_permits(2)));
        assert!(released.is_err(), "the one in front has a bomb");
        runtime.block_on(async {
            for task in tasks {
                let ended = task.await;
                assert!(ended.is_err_and(|error| error.is_panic()));
            }
            neighbour.await.expect("it ends by itself");
        });
        wakes.join().expect("it does not panic");
        drop(armed);
        assert_eq!(semaphore.available_permits(), 2);
        drop(runtime);
        drop(std::mem::take(&mut *left.lock().expect("a list")));
        assert_eq!(count(&alive), 0);
    });
}

/// Each primitive that a task may wait for, when the runtime goes beneath it.
///
/// Faults 28, 32.
#[test]
fn shuttle_whatever_tasks_wait_for_the_runtime_ends() {
    explore("shuttle_whatever_tasks_wait_for_the_runtime_ends", || {
        let runtime = two_workers();
        let alive = Arc::default();
        let (sender, receiver) = oneshot::channel::<()>();
        let (send, mut receive) = mpsc::channel::<usize>(1);
        let held = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&held).try_acquire_owned().expect("one is there");
        let counted = [(); 3].map(|()| Counted::new(&alive));
        let [first, second, third] = counted;
        let waits = Arc::clone(&held);
        let tasks = [
            runtime.spawn(async move {
                let _counted = first;
                let _ = receiver.await;
            }),
            runtime.spawn(async move {
                let _counted = second;
                while receive.recv().await.is_some() {}
            }),
            runtime.spawn(async move {
                let _counted = third;
                drop(waits.acquire().await);
                pending::<()>().await;
            }),
        ];
        let events = outside(move || {
            let _ = sender.send(());
            let _ = send.try_send(1);
            drop((permit, send));
        });
        drop(runtime);
        assert_eq!(count(&alive), 0);
        assert!(tasks.iter().all(|task| task.is_finished()));
        events.join().expect("it does not panic");
        assert_eq!(held.available_permits(), 1);
    });
}

/// The scenarios' own premise: a seed says everything.
///
/// Fault 27.
#[test]
fn shuttle_the_same_seed_gives_the_same_schedule() {
    let scenario = || {
        let runtime = two_workers();
        let tasks = [1, 2, 3].map(|turns| {
            runtime.spawn(async move {
                for _ in 0..turns {
                    spawn(yield_now()).await.expect("it ends by itself");
                }
            })
        });
        for task in tasks {
            runtime.block_on(task).expect("it ends by itself");
        }
    };
    let [first, again, other] = [7, 7, 8].map(|seed| super::trace(seed, scenario));
    assert!(first.1 > 1000, "{} choices", first.1);
    assert_eq!(first, again);
    assert_ne!(first, other);
}
