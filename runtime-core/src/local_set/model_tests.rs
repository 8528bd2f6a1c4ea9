//! The set against a sequential model: wakes from here and elsewhere, aborts, drivers that come and
//! go.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;

use proptest::prelude::*;

use super::LocalSet;
use crate::sync::test_support::Woken;
use crate::task::JoinHandle;

#[derive(Debug, Clone, Copy)]
enum Op {
    Spawn,
    WakeHere(usize),
    WakeElsewhere(usize),
    Abort(usize),
    Enter,
    Poll(usize),
    Leave(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Spawn),
        4 => (0..6_usize).prop_map(Op::WakeHere),
        3 => (0..6_usize).prop_map(Op::WakeElsewhere),
        2 => (0..6_usize).prop_map(Op::Abort),
        2 => Just(Op::Enter),
        6 => (0..3_usize).prop_map(Op::Poll),
        1 => (0..3_usize).prop_map(Op::Leave),
    ]
}

/// What a task leaves for the model: how often it was polled, and its waker.
#[derive(Default)]
struct Seen {
    polls: usize,
    waker: Option<Waker>,
}

struct Task {
    seen: Rc<RefCell<Seen>>,
    handle: JoinHandle<()>,
}

impl Task {
    fn waker(&self) -> Option<Waker> {
        self.seen.borrow().waker.clone()
    }
}

struct Running<'a> {
    future: Pin<Box<dyn Future<Output = ()> + 'a>>,
    woken: Woken,
    /// Its count of wakes at its last poll.
    heard: usize,
}

fn spawn(set: &LocalSet) -> Task {
    let seen: Rc<RefCell<Seen>> = Rc::default();
    let inside = Rc::clone(&seen);
    let handle = set.spawn_local(poll_fn(move |cx| {
        let mut seen = inside.borrow_mut();
        seen.polls += 1;
        seen.waker = Some(cx.waker().clone());
        Poll::Pending
    }));
    Task { seen, handle }
}

/// Those that were not aborted were polled as often as the model says.
fn check_polls(tasks: &[Task], polls: &[usize]) {
    for (task, polls) in tasks.iter().zip(polls) {
        match *polls {
            usize::MAX => (),
            polls => assert_eq!(task.seen.borrow().polls, polls),
        }
    }
}

fn agrees(ops: Vec<Op>) {
    let set = LocalSet::new();
    let mut tasks: Vec<Task> = Vec::new();
    let mut drivers: Vec<Running<'_>> = Vec::new();
    // The model: which tasks are to be run, and how often each was.
    let mut ready = BTreeSet::new();
    let mut polls: Vec<usize> = Vec::new();
    for op in ops {
        match op {
            Op::Spawn => {
                ready.insert(tasks.len());
                tasks.push(spawn(&set));
                polls.push(0);
            }
            Op::WakeHere(which) | Op::WakeElsewhere(which) => {
                let waker = tasks.get(which).and_then(Task::waker);
                let Some(waker) = waker else { continue };
                match op {
                    Op::WakeHere(_) => waker.wake(),
                    _ => thread::scope(|scope| {
                        scope.spawn(|| waker.wake());
                    }),
                }
                if !tasks[which].handle.is_finished() {
                    ready.insert(which);
                }
            }
            Op::Abort(which) => {
                if let Some(task) = tasks.get(which) {
                    task.handle.abort();
                    if !task.handle.is_finished() {
                        ready.insert(which);
                        // It will be dropped, not polled.
                        polls[which] = usize::MAX;
                    }
                }
            }
            Op::Enter => drivers.push(Running {
                future: Box::pin(set.run_until(pending())),
                woken: Woken::new(),
                heard: usize::MAX,
            }),
            Op::Poll(which) => {
                if let Some(driver) = drivers.get_mut(which) {
                    let Running { future, woken, .. } = driver;
                    assert!(woken.poll(future.as_mut()).is_pending());
                    driver.heard = driver.woken.times();
                    for task in std::mem::take(&mut ready) {
                        polls[task] = polls[task].saturating_add(1);
                    }
                }
            }
            Op::Leave(which) => {
                if which < drivers.len() {
                    drop(drivers.swap_remove(which));
                }
            }
        }
        check_polls(&tasks, &polls);
        // While anything is ready, every driver has been woken since its last poll, or never polled.
        let waits = drivers
            .iter()
            .any(|driver| driver.heard == driver.woken.times());
        assert!(ready.is_empty() || !waits, "a driver sleeps beside work");
    }
    drop(drivers);
    drop(set);
    assert!(tasks.iter().all(|task| task.handle.is_finished()));
}

proptest! {
    // A case takes longer than others do.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases * 3 / 8,
        ..ProptestConfig::default()
    })]

    #[test]
    fn fault_079_local_set_agrees_with_a_sequential_model(
        ops in prop::collection::vec(op(), 1..50),
    ) {
        agrees(ops);
    }
}
