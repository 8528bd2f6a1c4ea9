//! What a set costs and whom it wakes, counted.

use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use super::JoinSet;
use crate::builder::Builder;
use crate::runtime::Runtime;
use crate::spawn::yield_now;
use crate::sync::oneshot;
use crate::sync::test_support::{Woken, bomb, hostile};
use crate::task::test_support::Queue;

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Lets all tasks run until they wait: `block_on` polls its own future after each.
async fn settle() {
    for _ in 0..400 {
        yield_now().await;
    }
}

/// Counts its drop.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn dropped(count: &Arc<AtomicUsize>) -> usize {
    count.load(Ordering::Relaxed)
}

#[test]
fn tasks_are_joined_in_the_order_in_which_they_end() {
    runtime().block_on(async {
        let mut set = JoinSet::new();
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
        for (number, receiver) in receivers.into_iter().enumerate() {
            set.spawn(async move {
                receiver.await.unwrap();
                number
            });
        }
        for (number, sender) in senders.into_iter().enumerate().rev() {
            sender.send(()).unwrap();
            assert_eq!(set.join_next().await.unwrap().unwrap(), number);
        }
        assert!(set.join_next().await.is_none());
    });
}

#[test]
fn a_joiner_is_woken_once_for_what_ends_before_it_looks() {
    let runtime = runtime();
    let woken = Woken::new();
    let mut set = JoinSet::new();
    let (first, second) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    set.spawn_on(first.1, runtime.handle());
    set.spawn_on(second.1, runtime.handle());
    let waker = woken.waker.clone();
    let mut cx = Context::from_waker(&waker);
    assert!(set.poll_join_next(&mut cx).is_pending());
    assert!(set.poll_join_next(&mut cx).is_pending());
    first.0.send(()).unwrap();
    second.0.send(()).unwrap();
    runtime.block_on(yield_now());
    runtime.block_on(yield_now());
    assert_eq!(woken.times(), 1);
    assert!(set.poll_join_next(&mut cx).is_ready());
    assert!(set.poll_join_next(&mut cx).is_ready());
    assert!(matches!(set.poll_join_next(&mut cx), Poll::Ready(None)));
    assert_eq!(woken.times(), 1);
}

#[test]
fn fault_008_a_dropped_set_aborts_and_a_detached_one_does_not() {
    let runtime = runtime();
    let (aborted, detached) = (Arc::default(), Arc::default());
    runtime.block_on(async {
        let mut set = JoinSet::new();
        let counted = Counted(Arc::clone(&aborted));
        set.spawn(async move {
            pending::<()>().await;
            drop(counted);
        });
        let mut other = JoinSet::new();
        let counted = Counted(Arc::clone(&detached));
        let (sender, receiver) = oneshot::channel::<()>();
        other.spawn(async move {
            let _ = receiver.await;
            drop(counted);
        });
        settle().await;
        drop(set);
        other.detach_all();
        assert!(other.is_empty());
        settle().await;
        assert_eq!((dropped(&aborted), dropped(&detached)), (1, 0));
        sender.send(()).unwrap();
        // Its end rings where nobody listens any more.
        other.spawn(pending::<()>());
        settle().await;
        assert_eq!(dropped(&detached), 1);
        assert!(other.try_join_next().is_none());
        assert_eq!(other.len(), 1);
    });
}

#[test]
fn fault_032_a_task_that_was_refused_is_joined_as_cancelled() {
    let mut set = JoinSet::new();
    let runtime = runtime();
    let handle = runtime.handle().clone();
    drop(runtime);
    set.spawn_on(async { 1 }, &handle);
    set.spawn_blocking_on(|| 2, &handle);
    for _ in 0..2 {
        assert!(set.try_join_next().unwrap().unwrap_err().is_cancelled());
    }
    assert!(set.try_join_next().is_none() && set.is_empty());
}

#[test]
fn fault_013_a_join_that_is_dropped_loses_nothing() {
    runtime().block_on(async {
        let mut set = JoinSet::new();
        set.spawn(async {
            yield_now().await;
            5
        });
        {
            let join = pin!(set.join_next());
            let polled = join.poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        yield_now().await;
        yield_now().await;
        assert_eq!(set.join_next().await.unwrap().unwrap(), 5);
    });
}

#[test]
fn fault_025_a_spent_budget_keeps_the_set_in_order() {
    runtime().block_on(async {
        let mut set: JoinSet<()> = (0..300).map(|_| ready(())).collect();
        settle().await;
        let mut cx = Context::from_waker(Waker::noop());
        let mut joined = 0;
        let mut pauses = 0;
        while !set.is_empty() {
            match set.poll_join_next(&mut cx) {
                Poll::Ready(output) => {
                    output.unwrap().unwrap();
                    joined += 1;
                }
                Poll::Pending => {
                    pauses += 1;
                    yield_now().await;
                }
            }
        }
        assert_eq!(joined, 300);
        assert!((2..=4).contains(&pauses), "{pauses} pauses");
    });
}

#[test]
fn fault_008_joining_all_goes_on_with_a_panic_and_aborts_the_rest() {
    let runtime = runtime();
    let count = Arc::default();
    let mut set = JoinSet::new();
    let counted = Counted(Arc::clone(&count));
    set.spawn_on(
        async move {
            pending::<()>().await;
            drop(counted);
        },
        runtime.handle(),
    );
    set.spawn_on(async { panic!("a task's panic") }, runtime.handle());
    let joined = runtime.block_on(runtime.spawn(set.join_all()));
    let payload = joined.unwrap_err().into_panic();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"a task's panic"));
    runtime.block_on(settle());
    assert_eq!(dropped(&count), 1);
}

#[test]
fn a_set_that_was_large_once_is_small_when_it_is_empty() {
    runtime().block_on(async {
        let mut set: JoinSet<u32> = (0..100).map(ready).collect();
        assert_eq!(set.len(), 100);
        while let Some(joined) = set.join_next().await {
            joined.unwrap();
        }
        assert!(set.places.is_empty() && set.free.is_empty());
    });
}

#[test]
fn fault_010_a_waker_whose_touch_ends_other_tasks_does_not_deadlock() {
    let queue = Queue::new();
    let mut set = JoinSet::new();
    for number in 0..20 {
        set.insert(queue.spawn(async move { number }));
    }
    let inner = queue.clone();
    let waker = hostile(move || {
        inner.run_one();
    });
    let mut cx = Context::from_waker(&waker);
    let mut joined = 0;
    while joined < 20 {
        if let Poll::Ready(Some(ended)) = set.poll_join_next(&mut cx) {
            joined += 1;
            assert!(ended.is_ok());
        }
        queue.run_one();
    }
    assert!(set.poll_join_next(&mut cx).is_ready(), "nobody is left");
    assert_eq!(queue.live(), 0);
}

#[test]
fn fault_011_a_joiner_whose_waker_panics_misses_no_end() {
    let queue = Queue::new();
    let mut set = JoinSet::new();
    set.insert(queue.spawn(async { 1 }));
    set.insert(queue.spawn(async { 2 }));
    let bomb = bomb();
    let polled = set.poll_join_next(&mut Context::from_waker(&bomb));
    assert!(polled.is_pending());
    // Whether the panic comes out here is the scheduler's; the ends are kept.
    while catch_unwind(AssertUnwindSafe(|| queue.run_one())).unwrap_or(true) {}
    assert_eq!(set.try_join_next().unwrap().unwrap(), 1);
    assert_eq!(set.try_join_next().unwrap().unwrap(), 2);
    assert_eq!((set.len(), queue.live()), (0, 0));
}
