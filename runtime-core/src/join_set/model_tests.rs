//! The set against a sequential model, with tasks that end, panic and are aborted in random orders.

use std::collections::BTreeMap;
use std::task::{Context, Poll};

use proptest::prelude::*;

use super::JoinSet;
use crate::builder::Builder;
use crate::runtime::Runtime;
use crate::spawn::yield_now;
use crate::sync::oneshot;
use crate::sync::test_support::Woken;
use crate::task::{AbortHandle, Id};

#[derive(Debug, Clone, Copy)]
enum Op {
    Spawn,
    Finish(usize),
    Abort(usize),
    AbortAll,
    Poll,
    Try,
    Detach,
    Run,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Spawn),
        5 => (0..8_usize).prop_map(Op::Finish),
        2 => (0..8_usize).prop_map(Op::Abort),
        1 => Just(Op::AbortAll),
        5 => Just(Op::Poll),
        3 => Just(Op::Try),
        1 => Just(Op::Detach),
        5 => Just(Op::Run),
    ]
}

/// A task of the model that was not joined yet.
struct Task {
    finish: Option<oneshot::Sender<()>>,
    abort: AbortHandle,
    asked: bool,
}

/// The set beside its model.
struct Pair {
    runtime: Runtime,
    set: JoinSet<Id>,
    tasks: BTreeMap<Id, Task>,
    woken: Woken,
    /// Whether the last poll was pending and nothing has been run since.
    waits: bool,
}

impl Pair {
    fn new() -> Pair {
        Pair {
            runtime: Builder::new_current_thread().build().unwrap(),
            set: JoinSet::new(),
            tasks: BTreeMap::new(),
            woken: Woken::new(),
            waits: false,
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Spawn => self.spawn(),
            Op::Finish(which) => {
                if let Some(task) = self.tasks.values_mut().nth(which) {
                    drop(task.finish.take());
                }
            }
            Op::Abort(which) => {
                if let Some(task) = self.tasks.values_mut().nth(which) {
                    task.abort.abort();
                    task.asked = true;
                }
            }
            Op::AbortAll => {
                self.set.abort_all();
                self.tasks.values_mut().for_each(|task| task.asked = true);
            }
            Op::Poll => self.poll(),
            Op::Try => {
                let joined = self.set.try_join_next_with_id();
                if self.ended() == 0 {
                    assert!(joined.is_none());
                } else {
                    self.joined(joined.expect("a task has ended"));
                }
            }
            Op::Detach => {
                self.set.detach_all();
                self.tasks.clear();
                self.waits = false;
            }
            Op::Run => self.run(),
        }
        assert_eq!(self.set.len(), self.tasks.len());
        assert_eq!(self.set.is_empty(), self.tasks.is_empty());
    }

    fn spawn(&mut self) {
        let (finish, finished) = oneshot::channel();
        let task = async move {
            let _ = finished.await;
            crate::task::id()
        };
        let abort = self.set.spawn_on(task, self.runtime.handle());
        let task = Task {
            finish: Some(finish),
            abort: abort.clone(),
            asked: false,
        };
        self.tasks.insert(abort.id(), task);
    }

    /// How many tasks have ended that are still in the set.
    fn ended(&self) -> usize {
        let ended = |task: &&Task| task.abort.is_finished();
        self.tasks.values().filter(ended).count()
    }

    fn run(&mut self) {
        let before = (self.ended(), self.woken.times());
        self.runtime.block_on(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
        for task in self.tasks.values() {
            assert_eq!(
                task.abort.is_finished(),
                task.asked || task.finish.is_none()
            );
        }
        // Nobody sleeps beside a task that has ended.
        let wakes = usize::from(self.waits && before.0 == 0 && self.ended() > 0);
        assert_eq!(self.woken.times() - before.1, wakes);
        self.waits &= wakes == 0;
    }

    fn poll(&mut self) {
        let waker = self.woken.waker.clone();
        let polled = self
            .set
            .poll_join_next_with_id(&mut Context::from_waker(&waker));
        match polled {
            Poll::Pending => {
                assert!(self.ended() == 0 && !self.tasks.is_empty());
                self.waits = true;
            }
            Poll::Ready(None) => assert!(self.tasks.is_empty()),
            Poll::Ready(Some(joined)) => self.joined(joined),
        }
    }

    fn joined(&mut self, joined: Result<(Id, Id), crate::task::JoinError>) {
        let id = match joined {
            Ok((id, output)) => {
                assert_eq!(id, output);
                id
            }
            Err(error) => {
                assert!(error.is_cancelled());
                assert!(self.tasks[&error.id()].asked);
                error.id()
            }
        };
        let task = self.tasks.remove(&id).expect("a task is joined once");
        assert!(task.abort.is_finished());
    }
}

proptest! {
    #[test]
    fn fault_079_join_set_agrees_with_a_sequential_model(
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut pair = Pair::new();
        for op in ops {
            pair.apply(op);
        }
    }
}
