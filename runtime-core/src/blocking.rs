//! The pool for closures that block: threads that are started when needed and end when idle.
//!
//! **States.** A job waits in the queue, or was handed to an idle thread, or runs. A thread runs,
//! or is on the idle list, or has ended. One lock guards the queue, the idle list and the counts;
//! jobs and user code never run under it.
//!
//! **Steps.** Submitter, under the lock: (1) closed: give the job back; (2) an idle thread: take it
//! off the list, it is *assigned*; (3) else below the limit: count a new thread; (4) else queue.
//! After the lock: hand the job over and unpark, or start the thread. Thread, under the lock:
//! (a) a queued job: take it; (b) closed: end; (c) onto the idle list. Then it parks. Its
//! keep-alive over, under the lock: (d) still on the list: off it, and end; (e) not on it: a job is
//! on its way, wait for it.
//!
//! **No job is orphaned.** A submitter that finds a thread on the list takes it off under the same
//! lock under which (d) would take it off, so a thread never ends with a job assigned to it. Counted
//! are threads that will pass (a) once more: (b) and (d) take themselves off the count. A job is
//! queued only while as many as allowed are counted and none is idle, or when starting its thread
//! was refused, with the same look at the idle list under the same lock; with no thread counted then,
//! it is started on the next occasion ([`Pool::retry`]).
//!
//! The queue is unbounded, as the vocabulary has it; `max_blocking_threads` bounds what runs at
//! once.

mod desk;

mod pool;

pub(crate) use pool::{Pool, PoolConfig};

#[cfg(all(test, loom))]
mod loom_tests;
