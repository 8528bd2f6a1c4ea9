//! A scheduler by priorities that lets nobody run for ever.
//!
//! A thread that waits for another by asking again and again would starve it, if its own priority is the
//! higher one; no operating system does that. So who has had so many turns in a row is taken to have
//! yielded.

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

const IN_A_ROW_MAX: usize = 200;

#[derive(Debug)]
pub(crate) struct Fair<S> {
    inner: S,
    in_a_row: usize,
}

impl<S> Fair<S> {
    pub(crate) fn new(inner: S) -> Fair<S> {
        let in_a_row = 0;
        Fair { inner, in_a_row }
    }
}

impl<S: Scheduler> Scheduler for Fair<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.in_a_row = 0;
        self.inner.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let yields = is_yielding || self.in_a_row >= IN_A_ROW_MAX;
        let next = self.inner.next_task(runnable, current, yields);
        let goes_on = next == current && !yields;
        self.in_a_row = if goes_on { self.in_a_row + 1 } else { 0 };
        next
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}
