//! Where tasks of a set run, who is woken for them, and where they are dropped.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use super::{LocalSet, spawn_local};
use crate::builder::Builder;
use crate::local_runtime::LocalRuntime;
use crate::runtime::Runtime;
use crate::spawn::{block_in_place, yield_now};
use crate::sync::oneshot;
use crate::sync::test_support::{Woken, bomb, hostile, poll_once};

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

#[test]
fn a_set_is_ready_when_its_tasks_have_ended() {
    let (woken, count) = (Woken::new(), Rc::new(Cell::new(0)));
    let mut set = LocalSet::new();
    for _ in 0..3 {
        let count = Rc::clone(&count);
        drop(set.spawn_local(async move {
            yield_now().await;
            count.set(count.get() + 1);
        }));
    }
    assert!(woken.poll(Pin::new(&mut set)).is_ready());
    assert_eq!((count.get(), woken.times()), (3, 0));
}

#[test]
fn fault_023_a_turn_is_bounded_and_asks_for_the_next() {
    let woken = Woken::new();
    let mut set = LocalSet::new();
    for _ in 0..100 {
        drop(set.spawn_local(async {}));
    }
    assert!(woken.poll(Pin::new(&mut set)).is_pending());
    assert_eq!(woken.times(), 1);
    assert!(woken.poll(Pin::new(&mut set)).is_ready());
}

#[test]
fn a_wake_from_elsewhere_runs_the_task_here() {
    let woken = Woken::new();
    let mut set = LocalSet::new();
    let (sender, receiver) = oneshot::channel();
    let home = thread::current().id();
    let task = set.spawn_local(async move {
        receiver.await.unwrap();
        assert_eq!(thread::current().id(), home);
    });
    assert!(woken.poll(Pin::new(&mut set)).is_pending());
    thread::spawn(move || sender.send(()).unwrap())
        .join()
        .unwrap();
    assert_eq!(woken.times(), 1);
    assert!(!task.is_finished());
    assert!(woken.poll(Pin::new(&mut set)).is_ready());
    assert!(task.is_finished());
}

#[test]
fn fault_019_tasks_that_are_always_ready_leave_a_wake_from_elsewhere_its_turn() {
    let woken = Woken::new();
    let mut set = LocalSet::new();
    let (sender, receiver) = oneshot::channel();
    let task = set.spawn_local(async move { receiver.await.unwrap() });
    drop(set.spawn_local(async {
        loop {
            yield_now().await;
        }
    }));
    assert!(woken.poll(Pin::new(&mut set)).is_pending());
    thread::spawn(move || sender.send(()).unwrap())
        .join()
        .unwrap();
    assert!(woken.poll(Pin::new(&mut set)).is_pending());
    assert!(task.is_finished());
}

#[test]
fn a_spawn_from_outside_wakes_whoever_drives_the_set() {
    let woken = Woken::new();
    let set = LocalSet::new();
    let mut driver = pin!(set.run_until(pending::<()>()));
    assert!(woken.poll(driver.as_mut()).is_pending());
    let task = set.spawn_local(async {});
    assert_eq!(woken.times(), 1);
    assert!(woken.poll(driver.as_mut()).is_pending());
    assert!(task.is_finished());
}

#[test]
fn fault_013_a_driver_that_goes_leaves_its_work_to_the_others() {
    let (first, second) = (Woken::new(), Woken::new());
    let set = LocalSet::new();
    let mut stays = pin!(set.run_until(pending::<()>()));
    assert!(first.poll(stays.as_mut()).is_pending());
    {
        let mut goes = pin!(set.run_until(async {
            drop(spawn_local(async {}));
        }));
        assert!(second.poll(goes.as_mut()).is_ready());
    }
    assert_eq!(first.times(), 1);
    assert!(first.poll(stays.as_mut()).is_pending());
    assert_eq!(set.local.live(), 0);
    assert_eq!((first.kept(), second.kept()), (1, 0));
}

#[test]
fn fault_005_a_dropped_set_drops_its_tasks_here() {
    struct Here(Rc<Cell<u32>>, thread::ThreadId);
    impl Drop for Here {
        fn drop(&mut self) {
            assert_eq!(thread::current().id(), self.1);
            self.0.set(self.0.get() + 1);
            // On a set that is closing: cancelled at once.
            let late = spawn_local(async { unreachable!("polled after the end") });
            assert!(late.is_finished());
        }
    }
    let dropped = Rc::new(Cell::new(0));
    let set = LocalSet::new();
    let mut wakers: Vec<Waker> = Vec::new();
    let kept = Rc::new(Cell::new(None));
    for _ in 0..3 {
        let here = Here(Rc::clone(&dropped), thread::current().id());
        let keeps = Rc::clone(&kept);
        drop(set.spawn_local(async move {
            let _here = here;
            std::future::poll_fn(|cx| {
                keeps.set(Some(cx.waker().clone()));
                Poll::<()>::Pending
            })
            .await;
        }));
        let mut driver = pin!(set.run_until(pending::<()>()));
        assert!(Woken::new().poll(driver.as_mut()).is_pending());
        wakers.extend(kept.take());
    }
    // One entry in the mailbox, one in the queue, one task idle.
    thread::scope(|scope| {
        scope.spawn(|| wakers[0].wake_by_ref());
    });
    wakers[1].wake_by_ref();
    drop(set);
    assert_eq!(dropped.get(), 3);
    thread::spawn(move || wakers.into_iter().for_each(Waker::wake))
        .join()
        .unwrap();
}

#[test]
fn a_set_goes_on_in_another_driver_of_its_thread() {
    let runtime = runtime();
    let set = LocalSet::new();
    let (sender, receiver) = oneshot::channel::<u32>();
    let task = set.spawn_local(async move { receiver.await.unwrap() });
    set.block_on(&runtime, yield_now());
    assert!(!task.is_finished());
    runtime.spawn(async move { sender.send(4).unwrap() });
    assert_eq!(set.block_on(&runtime, task).unwrap(), 4);
}

#[test]
fn fault_024_blocking_in_place_is_refused_among_local_tasks_only() {
    let runtime = runtime();
    let set = LocalSet::new();
    let refused = set.block_on(&runtime, async {
        spawn_local(async { block_in_place(|| ()) }).await
    });
    assert!(refused.unwrap_err().is_panic());
    runtime.block_on(async { block_in_place(|| ()) });
}

#[test]
fn fault_005_a_local_runtime_drops_its_tasks_before_it_ends() {
    struct Spawns;
    impl Drop for Spawns {
        fn drop(&mut self) {
            drop(crate::spawn::spawn(async {}));
        }
    }
    let runtime = LocalRuntime::new().unwrap();
    let spawns = Spawns;
    drop(runtime.spawn_local(async move {
        let _spawns = spawns;
        pending::<()>().await;
    }));
    runtime.block_on(yield_now());
    drop(runtime);
}

#[test]
fn a_local_runtimes_tasks_run_wherever_the_own_future_waits() {
    let runtime = LocalRuntime::new().unwrap();
    let sum = runtime.block_on(async {
        // Spawned from a task of the runtime's own kind, which finds the local one all the same.
        let nested = crate::spawn::spawn(async { drop(spawn_local(async {})) });
        nested.await.unwrap();
        let number = Rc::new(20);
        spawn_local(async move { *number + 1 }).await.unwrap()
    });
    assert_eq!(sum, 21);
}

#[test]
fn a_local_runtime_comes_before_a_set_in_it() {
    let runtime = LocalRuntime::new().unwrap();
    let output = runtime.block_on(async {
        let set = LocalSet::new();
        let mut task = None;
        let spawns = async {
            task = Some(spawn_local(async {
                yield_now().await;
                1
            }));
        };
        set.run_until(spawns).await;
        drop(set);
        task.unwrap().await
    });
    assert_eq!(output.unwrap(), 1);
}

/// A task that ends when it is woken from outside, and its waker.
fn parked_task(set: &LocalSet) -> Arc<Mutex<Option<Waker>>> {
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let inside = Arc::clone(&kept);
    drop(set.spawn_local(poll_fn(move |cx| {
        let first = inside.lock().unwrap().replace(cx.waker().clone());
        first.map_or(Poll::Pending, |_| Poll::Ready(()))
    })));
    kept
}

fn wake_elsewhere(kept: &Arc<Mutex<Option<Waker>>>) -> thread::Result<()> {
    let kept = Arc::clone(kept);
    thread::spawn(move || {
        let waker = kept.lock().unwrap().clone();
        waker.into_iter().for_each(Waker::wake);
    })
    .join()
}

#[test]
fn fault_010_a_waker_whose_touch_wakes_tasks_here_and_elsewhere_does_not_deadlock() {
    let mut set = LocalSet::new();
    let kept: Vec<_> = (0..6).map(|_| parked_task(&set)).collect();
    assert!(poll_once(Pin::new(&mut set)).is_pending());
    let touched = Arc::new(AtomicUsize::new(0));
    let (inner, count) = (kept.clone(), Arc::clone(&touched));
    let waker = hostile(move || {
        let turn = count.fetch_add(1, Ordering::Relaxed);
        wake_elsewhere(&inner[turn % 6]).unwrap();
        let waker = inner[(turn + 1) % 6].lock().unwrap().clone();
        waker.into_iter().for_each(Waker::wake);
    });
    let mut cx = Context::from_waker(&waker);
    for _ in 0..12 {
        if Pin::new(&mut set).poll(&mut cx).is_ready() {
            break;
        }
        let driver = Pin::new(&mut set).poll(&mut Context::from_waker(Waker::noop()));
        if driver.is_ready() {
            break;
        }
        let waker = kept[0].lock().unwrap().clone();
        waker.into_iter().for_each(Waker::wake);
    }
    assert!(poll_once(Pin::new(&mut set)).is_ready(), "all have ended");
    assert!(touched.load(Ordering::Relaxed) > 0);
}

#[test]
fn fault_011_a_driver_whose_waker_panics_keeps_no_other_driver_asleep() {
    let set = LocalSet::new();
    let kept = parked_task(&set);
    let woken = [Woken::new(), Woken::new()];
    let mut first = pin!(set.run_until(pending::<()>()));
    let mut second = pin!(set.run_until(pending::<()>()));
    let mut third = pin!(set.run_until(pending::<()>()));
    assert!(woken[0].poll(first.as_mut()).is_pending());
    let bomb = bomb();
    assert!(
        second
            .as_mut()
            .poll(&mut Context::from_waker(&bomb))
            .is_pending()
    );
    assert!(woken[1].poll(third.as_mut()).is_pending());
    assert!(wake_elsewhere(&kept).is_err(), "the panic is the waker's");
    assert_eq!([woken[0].times(), woken[1].times()], [1, 1]);
    assert!(woken[0].poll(first.as_mut()).is_pending());
    assert_eq!(Arc::strong_count(&kept), 1, "the task has ended");
}
