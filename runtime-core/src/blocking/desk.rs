//! Who gets which job: the protocol of the parent's header, without the threads.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::loom::Mutex;
use crate::park::parker::Unparker;

/// A thread that waits for a job.
pub(super) struct Idler<J> {
    job: Mutex<Option<J>>,
    unparker: Unparker,
}

impl<J> Idler<J> {
    pub(super) fn new(unparker: Unparker) -> Arc<Idler<J>> {
        Arc::new(Idler {
            job: Mutex::new(None),
            unparker,
        })
    }

    /// By whoever took it off the list.
    fn assign(&self, job: J) {
        *self.job.lock() = Some(job);
        self.unparker.unpark();
    }

    /// The job that was handed over, if it is there yet.
    pub(super) fn take(&self) -> Option<J> {
        self.job.lock().take()
    }
}

struct State<J> {
    queue: VecDeque<J>,
    idle: Vec<Arc<Idler<J>>>,
    /// Those that will look into the queue again, and those whose start is not refused yet.
    threads: usize,
    /// Those that have looked for the last time and are not gone yet.
    leaving: usize,
    closed: bool,
}

impl<J> State<J> {
    /// A thread will not look into the queue again.
    fn leave(&mut self) {
        self.threads -= 1;
        self.leaving += 1;
    }
}

/// What a submitter does next.
#[must_use]
pub(super) enum Submit<J> {
    /// The pool is closed: the job is given back.
    Closed(J),
    /// Queued or handed over.
    Done,
    /// Start a thread with this job; if that is refused: [`Desk::refused`].
    Start(J),
}

/// What a thread does next.
#[must_use]
pub(super) enum Next<J> {
    Run(J),
    /// It is on the idle list.
    Wait,
    End,
}

/// What a refused start means.
#[must_use]
pub(super) enum Refused<J> {
    /// The pool was closed meanwhile: the job is given back.
    Closed(J),
    /// Threads exist: one of them has it, or will come by the queue.
    Queued,
    /// There is no thread at all: start one later.
    Starved,
}

pub(super) struct Desk<J> {
    state: Mutex<State<J>>,
    max_threads: usize,
}

impl<J> Desk<J> {
    pub(super) fn new(max_threads: usize) -> Desk<J> {
        let state = State {
            queue: VecDeque::new(),
            idle: Vec::new(),
            threads: 0,
            leaving: 0,
            closed: false,
        };
        Desk {
            state: Mutex::new(state),
            max_threads,
        }
    }

    /// Steps 1 to 4.
    pub(super) fn submit(&self, job: J) -> Submit<J> {
        let idler = {
            let mut state = self.state.lock();
            if state.closed {
                return Submit::Closed(job);
            }
            match state.idle.pop() {
                Some(idler) => idler,
                None if state.threads < self.max_threads => {
                    state.threads += 1;
                    return Submit::Start(job);
                }
                None => {
                    state.queue.push_back(job);
                    return Submit::Done;
                }
            }
        };
        idler.assign(job);
        Submit::Done
    }

    /// The thread counted for this job could not be started. One that found the queue empty meanwhile
    /// takes it.
    pub(super) fn refused(&self, job: J) -> Refused<J> {
        let idler = {
            let mut state = self.state.lock();
            state.threads -= 1;
            if state.closed {
                return Refused::Closed(job);
            }
            match state.idle.pop() {
                Some(idler) => idler,
                None => {
                    state.queue.push_back(job);
                    return if state.threads > 0 {
                        Refused::Queued
                    } else {
                        Refused::Starved
                    };
                }
            }
        };
        idler.assign(job);
        Refused::Queued
    }

    /// After a refusal: a job to start a thread with, if there still is no thread.
    pub(super) fn retry(&self) -> Option<J> {
        let mut state = self.state.lock();
        if state.threads > 0 {
            return None;
        }
        let job = state.queue.pop_front()?;
        state.threads += 1;
        Some(job)
    }

    /// Steps (a) to (c).
    pub(super) fn next(&self, me: &Arc<Idler<J>>) -> Next<J> {
        let mut state = self.state.lock();
        if let Some(job) = state.queue.pop_front() {
            return Next::Run(job);
        }
        if state.closed {
            state.leave();
            return Next::End;
        }
        state.idle.push(Arc::clone(me));
        Next::Wait
    }

    /// Steps (d) and (e): the keep-alive is over; true if the thread may end, else a job is on its
    /// way.
    pub(super) fn give_up(&self, me: &Arc<Idler<J>>) -> bool {
        let mut state = self.state.lock();
        let at = state.idle.iter().position(|idler| Arc::ptr_eq(idler, me));
        let ends = match at {
            Some(at) => {
                state.idle.swap_remove(at);
                true
            }
            None => state.closed && me.job.lock().is_none(),
        };
        if ends {
            state.leave();
        }
        ends
    }

    /// A thread has ended, after it was told to or (`by_itself`) by a panic; true if it was the last.
    pub(super) fn ended(&self, by_itself: bool) -> bool {
        let mut state = self.state.lock();
        if by_itself {
            state.leave();
        }
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
        !state.queue.is_empty() && (!state.idle.is_empty() || state.threads == 0)
    }

    pub(super) fn idle(&self) -> usize {
        self.state.lock().idle.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// No job is taken any more; gives those that no thread has begun, for the caller to drop.
    pub(super) fn close(&self) -> VecDeque<J> {
        let (jobs, idle) = {
            let mut state = self.state.lock();
            state.closed = true;
            (
                std::mem::take(&mut state.queue),
                std::mem::take(&mut state.idle),
            )
        };
        for idler in idle {
            idler.unparker.unpark();
        }
        jobs
    }
}
