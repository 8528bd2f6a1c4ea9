//! The pool for closures that block: threads that are started when needed and end when idle.
//!
//! **States.** A job waits in the queue, or runs. A thread runs, or is on the idle list, or was
//! *called* (taken off the list and woken, or started) and has not arrived, or has ended. One lock
//! guards the queue, the idle list and the counts; jobs and user code never run under it.
//!
//! **Steps.** Submitter, under the lock: (1) closed: give the job back; (2) queue it; (3) somebody is
//! called: leave it to them; (4) else call an idle thread, or (5) below the limit a new one. Who is
//! called is woken or started after the lock. Thread, under the lock: (a) off the list without having
//! taken itself off: arrived, no longer called; (b) a queued job: take it, and if more are queued do
//! as (3) to (5), or call two for them after (a); (c) closed: end; (d) onto the idle list. Then it
//! parks. Its keep-alive over, under the lock: (e) still on the list: off it, and end; else (a).
//!
//! **No job is orphaned.** *While jobs are queued, somebody is called, or as many threads as allowed
//! are counted and none is idle*: after (2) by (3) to (5), after (b) likewise; (d) and (e) come after
//! an empty queue under the same lock; (a) is followed by (b). Who is called arrives: (e) does not
//! end a thread that is off the list. Counted are threads that will pass (b) once more. A start that
//! is refused is no call any more: an idle thread is called instead, or those that are counted come
//! by, or, if there are none, it is tried again on the next occasion ([`Pool::retry`]). No panic
//! ends a thread: jobs and hooks come contained.
//!
//! **Why not a call for each job.** A burst of short closures is done by few threads: who arrives takes
//! one after the other, and those that are gone before others have come wake nobody. A closure that
//! blocks holds nobody up, since its thread has called others before it began; two of them, so that
//! a burst that blocks has its threads after few steps, also where a step takes long on a busy
//! machine. Figures in `docs/decisions.md`.
//!
//! **Closing** gives back what waits for a thread to be free. A job that there is a thread for, called,
//! idle or yet to be started, counts as begun, and the invariant sees to it: the idle ones are woken,
//! each for a job, and (b) goes on calling. If a start is refused then, what nobody is called for is
//! given back after all.
//!
//! The queue is unbounded, as the vocabulary has it; `max_blocking_threads` bounds what runs at
//! once.

mod desk;

mod pool;

pub(crate) use pool::{Pool, PoolConfig};

#[cfg(all(test, loom))]
mod loom_tests;
