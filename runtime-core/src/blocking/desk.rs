//! Who gets which job: the protocol of the parent's header, without the threads.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::loom::Mutex;
use crate::park::parker::Unparker;

/// How many calls are enough for who submits, or has run a job: he may be back before them.
const ONE: usize = 1;

/// For who has just arrived, and calls two: a burst of closures that block has its threads after as
/// many steps as its number has bits.
const ALL: usize = usize::MAX;

struct State<J> {
    queue: VecDeque<J>,
    idle: Vec<Arc<Unparker>>,
    /// Those that will look into the queue again, and those whose start is not refused yet.
    threads: usize,
    /// Those of them that have been called and have not arrived.
    called: usize,
    /// Those that have looked for the last time and are not gone yet, and the one that drops what the
    /// closing gives back.
    leaving: usize,
    max_threads: usize,
    closed: bool,
}

impl<J> State<J> {
    /// A thread will not look into the queue again.
    fn leave(&mut self) {
        self.threads -= 1;
        self.leaving += 1;
    }

    /// A call is over, by an arrival or otherwise. (After the closing also those arrive who were
    /// idle and not called, each for one of the jobs that are left.)
    fn answer(&mut self) {
        self.called = self.called.saturating_sub(1);
    }

    /// Takes all but so many jobs out of the queue.
    fn keep(&mut self, count: usize) -> VecDeque<J> {
        self.queue.split_off(count.min(self.queue.len()))
    }

    /// Steps (3) and (4); `enough` calls may be under way, and not more than jobs are queued.
    fn call_idle(&mut self, enough: usize) -> Call {
        if self.is_called(enough) {
            return Call::Nobody;
        }
        let Some(idle) = self.idle.pop() else {
            return Call::Nobody;
        };
        self.called += 1;
        Call::Wake(idle)
    }

    /// Steps (3) to (5).
    fn call(&mut self, enough: usize) -> Call {
        match self.call_idle(enough) {
            Call::Nobody if !self.is_called(enough) && self.threads < self.max_threads => {
                self.threads += 1;
                self.called += 1;
                Call::Start
            }
            call => call,
        }
    }

    fn is_called(&self, enough: usize) -> bool {
        self.called >= enough.min(self.queue.len())
    }

    /// Step (b).
    fn take(&mut self, enough: usize) -> Option<Taken<J>> {
        let job = self.queue.pop_front()?;
        let calls = [self.call(enough), self.call(enough)];
        Some(Taken { job, calls })
    }

    /// Steps (b) to (d).
    fn next(&mut self, me: &Arc<Unparker>, enough: usize) -> Next<J> {
        if let Some(taken) = self.take(enough) {
            return Next::Run(taken);
        }
        if self.closed {
            self.leave();
            return Next::End;
        }
        self.idle.push(Arc::clone(me));
        Next::Wait
    }
}

/// Whom to call, now that the lock is free.
#[must_use]
pub(super) enum Call {
    Nobody,
    Wake(Arc<Unparker>),
    /// A new thread; if that is refused: [`Desk::refused`].
    Start,
}

/// A job, and whom to call before it is run.
#[must_use]
pub(super) struct Taken<J> {
    pub(super) job: J,
    pub(super) calls: [Call; 2],
}

/// What a thread does next.
#[must_use]
pub(super) enum Next<J> {
    Run(Taken<J>),
    /// It is on the idle list.
    Wait,
    End,
}

/// What a refused start means.
#[must_use]
pub(super) enum Refused<J> {
    /// The pool was closed meanwhile: what nobody comes for is given back.
    Closed(VecDeque<J>),
    /// Nothing is queued, or this one comes, or those who run will come by.
    Call(Call),
    /// There is no thread at all: start one later.
    Starved,
}

pub(super) struct Desk<J> {
    state: Mutex<State<J>>,
}

impl<J> Desk<J> {
    pub(super) fn new(max_threads: usize) -> Desk<J> {
        let state = State {
            queue: VecDeque::new(),
            idle: Vec::new(),
            threads: 0,
            called: 0,
            leaving: 0,
            max_threads,
            closed: false,
        };
        Desk {
            state: Mutex::new(state),
        }
    }

    /// Steps 1 to 5; a closed desk gives the job back.
    pub(super) fn submit(&self, job: J) -> Result<Call, J> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(job);
        }
        state.queue.push_back(job);
        Ok(state.call(ONE))
    }

    /// The thread that was to be started could not be.
    pub(super) fn refused(&self) -> Refused<J> {
        let mut state = self.state.lock();
        state.threads -= 1;
        state.answer();
        if state.closed {
            let called = state.called;
            return Refused::Closed(state.keep(called));
        }
        if state.threads == 0 && !state.queue.is_empty() {
            return Refused::Starved;
        }
        Refused::Call(state.call_idle(ONE))
    }

    /// After a refusal: a thread to start, if there still is none.
    pub(super) fn retry(&self) -> Call {
        let mut state = self.state.lock();
        if state.threads > 0 {
            return Call::Nobody;
        }
        state.call(ONE)
    }

    /// Steps (a) and (b), of a thread that was started.
    pub(super) fn begin(&self) -> Option<Taken<J>> {
        let mut state = self.state.lock();
        state.answer();
        state.take(ALL)
    }

    /// Steps (b) to (d).
    pub(super) fn next(&self, me: &Arc<Unparker>) -> Next<J> {
        self.state.lock().next(me, ONE)
    }

    /// After a sleep on the idle list, with the keep-alive `over` or not: steps (e), (a) to (d).
    pub(super) fn awake(&self, me: &Arc<Unparker>, over: bool) -> Next<J> {
        let mut state = self.state.lock();
        match state.idle.iter().position(|idle| Arc::ptr_eq(idle, me)) {
            // A token that was left over, or a spurious return.
            Some(_) if !over => Next::Wait,
            Some(at) => {
                state.idle.swap_remove(at);
                state.leave();
                Next::End
            }
            None => {
                state.answer();
                state.next(me, ALL)
            }
        }
    }

    /// A thread that has left is gone; true if it was the last.
    pub(super) fn ended(&self) -> bool {
        let mut state = self.state.lock();
        state.leaving -= 1;
        state.threads + state.leaving == 0
    }

    /// Also those that are about to end.
    pub(super) fn threads(&self) -> usize {
        let state = self.state.lock();
        state.threads + state.leaving
    }

    /// Jobs wait and nobody will look: what must never be, but for a starved pool.
    #[cfg(all(test, loom))]
    pub(super) fn is_stuck(&self) -> bool {
        let state = self.state.lock();
        let nobody = state.called == 0 && !state.idle.is_empty();
        !state.queue.is_empty() && (nobody || state.threads == 0)
    }

    pub(super) fn idle(&self) -> usize {
        self.state.lock().idle.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// No job is taken any more; gives those that wait for a thread to be free, for the caller to
    /// drop on a thread that is counted as leaving, if there are any. All others count as begun, though
    /// their threads may not have come yet.
    pub(super) fn close(&self) -> VecDeque<J> {
        let (jobs, idle) = {
            let mut state = self.state.lock();
            state.closed = true;
            let idle = std::mem::take(&mut state.idle);
            let free = match state.threads {
                // Starved, if anything is queued: nobody will come.
                0 => 0,
                threads => state.called + idle.len() + (state.max_threads - threads),
            };
            let jobs = state.keep(free);
            state.leaving += usize::from(!jobs.is_empty());
            (jobs, idle)
        };
        for idle in idle {
            idle.unpark();
        }
        jobs
    }
}
