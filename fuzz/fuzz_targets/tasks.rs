//! Life cycles of tasks against a reference of their states: who is polled next and how often, what
//! the join handle is told and when, and that each future, output and allocation ends once.
//!
//! Faults 1, 2.
#![no_main]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::task::{AbortHandle, JoinError, JoinHandle};
use runtime_core::fuzzing::Tasks;
use runtime_fuzz::Wakes;

#[derive(Arbitrary, Debug, Clone, Copy)]
enum InPoll {
    /// Keeps a waker for later.
    Wait,
    /// Keeps none.
    Forget,
    WakeSelf,
    Ready,
    Panic,
    AbortSelf,
}

#[derive(Arbitrary, Debug)]
enum Op {
    Spawn {
        script: [InPoll; 3],
        output_panics: bool,
    },
    Run,
    Wake(u8),
    WakeByRef(u8),
    CloneWaker(u8),
    DropWaker(u8),
    Abort(u8),
    KeepAbortHandle(u8),
    PollJoin(u8),
    DropJoin(u8),
    Close,
}

/// What a future leaves outside of its task.
#[derive(Default)]
struct Traces {
    polls: Cell<usize>,
    drops: Cell<usize>,
    outputs: Cell<usize>,
    wakers: RefCell<Vec<Waker>>,
    abort: RefCell<Option<AbortHandle>>,
}

struct Scripted {
    script: [InPoll; 3],
    output_panics: bool,
    traces: Rc<Traces>,
}

struct Output {
    panics: bool,
    traces: Rc<Traces>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.traces.drops.set(self.traces.drops.get() + 1);
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.traces.outputs.set(self.traces.outputs.get() + 1);
        if self.panics && !std::thread::panicking() {
            resume_unwind(Box::new("an output's panic"));
        }
    }
}

impl Future for Scripted {
    type Output = Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        let poll = self.traces.polls.get();
        self.traces.polls.set(poll + 1);
        match self.script.get(poll).copied().unwrap_or(InPoll::Ready) {
            InPoll::Wait => self.traces.wakers.borrow_mut().push(cx.waker().clone()),
            InPoll::Forget => {}
            InPoll::WakeSelf => cx.waker().wake_by_ref(),
            InPoll::AbortSelf => {
                if let Some(abort) = &*self.traces.abort.borrow() {
                    abort.abort();
                }
            }
            InPoll::Panic => resume_unwind(Box::new("a poll's panic")),
            InPoll::Ready => {
                return Poll::Ready(Output {
                    panics: self.output_panics,
                    traces: Rc::clone(&self.traces),
                });
            }
        }
        Poll::Pending
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Done,
    Panicked,
    Cancelled,
}

struct Task {
    script: [InPoll; 3],
    traces: Rc<Traces>,
    join: Option<JoinHandle<Output>>,
    join_wakes: std::sync::Arc<Wakes>,
    joins: bool,
    is_queued: bool,
    is_cancelled: bool,
    is_listed: bool,
    polls: usize,
    end: Option<End>,
}

#[derive(Default)]
struct Pair {
    tasks: Tasks,
    all: Vec<Task>,
    queue: VecDeque<usize>,
    closed: bool,
}

impl Pair {
    fn act(&mut self, op: &Op) {
        let count = self.all.len().max(1);
        let at = |which: u8| usize::from(which) % count;
        match *op {
            Op::Spawn {
                script,
                output_panics,
            } => self.spawn(script, output_panics),
            Op::Run => self.run(),
            Op::Close => self.close(),
            _ if self.all.is_empty() => {}
            Op::Wake(which) => {
                let at = at(which);
                let waker = self.all[at].traces.wakers.borrow_mut().pop();
                if let Some(waker) = waker {
                    waker.wake();
                    self.woken(at);
                }
            }
            Op::WakeByRef(which) => {
                let at = at(which);
                let woken = self.all[at]
                    .traces
                    .wakers
                    .borrow()
                    .last()
                    .map(Waker::wake_by_ref);
                if woken.is_some() {
                    self.woken(at);
                }
            }
            Op::CloneWaker(which) => {
                let mut wakers = self.all[at(which)].traces.wakers.borrow_mut();
                let clone = wakers.last().filter(|_| wakers.len() < 8).cloned();
                wakers.extend(clone);
            }
            Op::DropWaker(which) => drop(self.all[at(which)].traces.wakers.borrow_mut().pop()),
            Op::Abort(which) => {
                let at = at(which);
                let handle = self.all[at].join.as_ref().map(JoinHandle::abort);
                let kept = self.all[at]
                    .traces
                    .abort
                    .borrow()
                    .as_ref()
                    .map(AbortHandle::abort);
                if handle.or(kept).is_some() && self.all[at].end.is_none() {
                    self.all[at].is_cancelled = true;
                    self.woken(at);
                }
            }
            Op::KeepAbortHandle(which) => {
                let task = &self.all[at(which)];
                let handle = task.join.as_ref().map(JoinHandle::abort_handle);
                if handle.is_some() {
                    drop(task.traces.abort.replace(handle));
                }
            }
            Op::PollJoin(which) => self.all[at(which)].poll_join(),
            Op::DropJoin(which) => drop(self.all[at(which)].join.take()),
        }
    }

    fn spawn(&mut self, script: [InPoll; 3], output_panics: bool) {
        let traces = Rc::new(Traces::default());
        let join = self.tasks.spawn(Scripted {
            script,
            output_panics,
            traces: Rc::clone(&traces),
        });
        self.queue.push_back(self.all.len());
        self.all.push(Task {
            script,
            traces,
            join: Some(join),
            join_wakes: Wakes::new(),
            joins: false,
            is_queued: true,
            is_cancelled: false,
            is_listed: false,
            polls: 0,
            end: None,
        });
    }

    fn woken(&mut self, at: usize) {
        let task = &mut self.all[at];
        if task.end.is_none() && !std::mem::replace(&mut task.is_queued, true) {
            self.queue.push_back(at);
        }
    }

    fn run(&mut self) {
        assert_eq!(self.tasks.run_one(), !self.queue.is_empty());
        let Some(at) = self.queue.pop_front() else {
            return;
        };
        let task = &mut self.all[at];
        task.is_queued = false;
        if task.is_cancelled {
            return task.ends(End::Cancelled);
        }
        let step = task
            .script
            .get(task.polls)
            .copied()
            .unwrap_or(InPoll::Ready);
        task.polls += 1;
        match step {
            InPoll::Ready => return task.ends(End::Done),
            InPoll::Panic => return task.ends(End::Panicked),
            InPoll::AbortSelf if task.traces.abort.borrow().is_some() => {
                return task.ends(End::Cancelled);
            }
            InPoll::AbortSelf | InPoll::Wait | InPoll::Forget | InPoll::WakeSelf => {}
        }
        if !task.is_listed && self.closed {
            return task.ends(End::Cancelled);
        }
        task.is_listed = true;
        if matches!(step, InPoll::WakeSelf) {
            self.woken(at);
        }
    }

    fn close(&mut self) {
        self.tasks.close();
        self.closed = true;
        for task in self
            .all
            .iter_mut()
            .filter(|task| task.is_listed && task.end.is_none())
        {
            task.is_cancelled = true;
            if !task.is_queued {
                task.ends(End::Cancelled);
            }
        }
    }

    fn check(&self) {
        let live = self.all.iter().filter(|task| task.end.is_none());
        assert_eq!(self.tasks.live(), live.clone().count());
        assert!(self.tasks.listed() <= live.filter(|task| task.is_listed).count());
        for task in &self.all {
            assert_eq!(task.traces.polls.get(), task.polls);
            assert_eq!(
                task.join_wakes.count(),
                0,
                "a join handle is told once, of the end"
            );
            if task.end.is_some() {
                assert_eq!(task.traces.drops.get(), 1, "its future has ended");
            } else {
                assert_eq!(task.traces.drops.get(), 0);
            }
            if let Some(join) = &task.join {
                assert_eq!(join.is_finished(), task.end.is_some());
            }
        }
    }

    fn end(mut self) {
        while !self.queue.is_empty() {
            self.run();
        }
        self.close();
        for task in &mut self.all {
            task.traces.wakers.take();
            task.traces.abort.take();
            // Dropping an output that panics panics into nobody's arms here.
            task.join.take();
            let outputs = usize::from(task.end == Some(End::Done));
            assert_eq!(task.traces.outputs.get(), outputs);
            assert_eq!(task.traces.drops.get(), 1);
        }
        assert_eq!(self.tasks.allocated(), 0, "each task is given back");
    }
}

impl Task {
    fn ends(&mut self, end: End) {
        self.end = Some(end);
        let told = usize::from(std::mem::take(&mut self.joins) && self.join.is_some());
        assert_eq!(self.join_wakes.take(), told, "who joins is told of the end");
    }

    fn poll_join(&mut self) {
        let Some(join) = &mut self.join else { return };
        let waker = Waker::from(std::sync::Arc::clone(&self.join_wakes));
        match Pin::new(join).poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => {
                assert_eq!(self.end, None, "it has ended");
                self.joins = true;
            }
            Poll::Ready(output) => {
                // Polled no more.
                self.join = None;
                let told = match &output {
                    Ok(_) => End::Done,
                    Err(error) if JoinError::is_panic(error) => End::Panicked,
                    Err(_) => End::Cancelled,
                };
                assert_eq!(self.end, Some(told));
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(output)));
            }
        }
    }
}

fuzz_target!(|ops: Vec<Op>| {
    let mut pair = Pair::default();
    for op in ops.iter().take(64) {
        pair.act(op);
        pair.check();
    }
    pair.end();
});
