//! Models of the desk: no job is orphaned, none runs twice.

use std::panic::resume_unwind;
use std::sync::Arc;

use super::desk::{Call, Desk, Next, Refused, Taken};
use crate::loom::{Condvar, Mutex, model};
use crate::park::block_on_parked;
use crate::park::parker::Parker;
use crate::task::test_support::Queue;
use crate::task::{JoinHandle, Notified};

/// A task to be run, or nothing to be done.
type Job = Option<Notified>;

/// The pool without hooks and handles. A keep-alive is over at once where it is `impatient`.
struct Pool {
    desk: Desk<Job>,
    impatient: bool,
    /// A closure returns when so many have begun: the first waits for others.
    together: usize,
    begun: Mutex<usize>,
    met: Condvar,
    threads: Mutex<Vec<loom::thread::JoinHandle<()>>>,
}

impl Pool {
    fn new(max_threads: usize, impatient: bool, together: usize) -> Arc<Pool> {
        Arc::new(Pool {
            desk: Desk::new(max_threads),
            impatient,
            together,
            begun: Mutex::new(0),
            met: Condvar::new(),
            threads: Mutex::new(Vec::new()),
        })
    }

    fn submit(self: &Arc<Self>) {
        self.submit_job(None);
    }

    fn submit_job(self: &Arc<Self>, job: Job) {
        match self.desk.submit(job) {
            Ok(call) => self.call(call),
            Err(_job) => unreachable!("open"),
        }
    }

    fn call(self: &Arc<Self>, call: Call) {
        match call {
            Call::Nobody => {}
            Call::Wake(idle) => idle.unpark(),
            Call::Start => {
                let pool = Arc::clone(self);
                let thread = loom::thread::spawn(move || pool.live());
                self.threads.lock().push(thread);
            }
        }
    }

    fn run(self: &Arc<Self>, taken: Taken<Job>) {
        taken.calls.into_iter().for_each(|call| self.call(call));
        if let Some(entry) = taken.job {
            entry.run();
        }
        *self.begun.lock() += 1;
        self.met.notify_all();
        self.meet();
    }

    fn meet(&self) {
        let mut begun = self.begun.lock();
        while *begun < self.together {
            begun = self.met.wait(begun);
        }
    }

    /// A thread's life, as in the pool.
    fn live(self: &Arc<Self>) {
        let parker = Parker::new();
        let me = Arc::new(parker.unparker());
        if let Some(taken) = self.desk.begin() {
            self.run(taken);
        }
        let mut next = self.desk.next(&me);
        loop {
            next = match next {
                Next::Run(taken) => {
                    self.run(taken);
                    self.desk.next(&me)
                }
                Next::Wait => {
                    if !self.impatient {
                        parker.park();
                    }
                    self.desk.awake(&me, self.impatient)
                }
                Next::End => break,
            };
        }
        self.desk.ended();
    }

    /// Takes no more jobs, and drops those that nobody has begun: gives how many.
    fn close(&self) -> usize {
        let jobs = self.desk.close();
        if !jobs.is_empty() {
            self.desk.ended();
        }
        jobs.len()
    }

    /// Closes it, and gives the number of jobs that nobody has begun.
    fn end(&self) -> usize {
        let unbegun = self.close();
        loop {
            // Not under the lock: a thread may be about to list another.
            let thread = self.threads.lock().pop();
            let Some(thread) = thread else { break };
            thread.join().unwrap();
        }
        assert_eq!(self.desk.threads(), 0);
        unbegun
    }

    fn ran(&self) -> usize {
        *self.begun.lock()
    }
}

fn burst(max_threads: usize, impatient: bool, jobs: usize) {
    model(move || {
        let pool = Pool::new(max_threads, impatient, 0);
        for _ in 0..jobs {
            pool.submit();
        }
        assert!(!pool.desk.is_stuck(), "somebody comes for what is queued");
        let unbegun = pool.end();
        assert_eq!(pool.ran() + unbegun, jobs);
    });
}

/// A thread whose keep-alive is over meets a call.
/// Fault 35.
#[test]
fn loom_blocking_idle_thread_vs_submit() {
    burst(1, true, 3);
}

/// A closing pool meets a thread that goes to wait.
/// Fault 35.
#[test]
fn loom_blocking_close_vs_wait() {
    burst(1, false, 2);
}

/// A thread that arrives calls the next, while more is submitted, and a third is not allowed.
/// Fault 35.
#[test]
fn loom_blocking_burst_vs_arrival() {
    burst(2, false, 3);
}

/// A closure that waits for the next one is no reason for that one not to begin.
#[test]
fn loom_blocking_who_blocks_has_called_the_next() {
    model(|| {
        let pool = Pool::new(2, false, 2);
        pool.submit();
        pool.submit();
        pool.meet();
        assert_eq!(pool.end(), 0);
        assert_eq!(pool.ran(), 2);
    });
}

/// A thread that finds nothing to do meets a job whose own thread is refused.
/// Fault 90.
#[test]
fn loom_blocking_refused_vs_wait() {
    model(|| {
        let pool = Pool::new(2, false, 0);
        pool.submit();
        // By now the first may have taken its job, so that this one asks for a second thread.
        match pool.desk.submit(None) {
            Ok(Call::Start) => match pool.desk.refused() {
                Refused::Call(call) => pool.call(call),
                Refused::Closed(_) | Refused::Starved => unreachable!("a thread is there"),
            },
            Ok(call) => pool.call(call),
            Err(_job) => unreachable!("open"),
        }
        assert!(
            !pool.desk.is_stuck(),
            "a job is queued beside an idle thread"
        );
        let unbegun = pool.end();
        assert_eq!(pool.ran() + unbegun, 2);
    });
}

/// The pool closes at once: all jobs that it has threads for run, in whatever order the threads come.
/// Fault 35.
#[test]
fn loom_blocking_close_vs_arrival() {
    model(|| {
        let pool = Pool::new(2, false, 0);
        pool.submit();
        pool.submit();
        assert_eq!(pool.end(), 0);
        assert_eq!(pool.ran(), 2);
    });
}

/// Submits to a desk that another thread closes meanwhile; a start that this asks for is refused.
/// Gives the jobs that came back.
fn submit_refused(pool: &Arc<Pool>) -> usize {
    match pool.desk.submit(None) {
        Err(_job) => 1,
        Ok(Call::Start) => match pool.desk.refused() {
            Refused::Closed(jobs) => jobs.len(),
            Refused::Call(call) => {
                pool.call(call);
                0
            }
            Refused::Starved => 0,
        },
        Ok(call) => {
            pool.call(call);
            0
        }
    }
}

fn refused_vs_close(jobs_before: usize) {
    model(move || {
        let pool = Pool::new(2, false, 0);
        for _ in 0..jobs_before {
            pool.submit();
        }
        let refused = {
            let pool = Arc::clone(&pool);
            loom::thread::spawn(move || submit_refused(&pool))
        };
        let unbegun = pool.close();
        let given_back = refused.join().unwrap();
        assert_eq!(pool.end(), 0, "nothing is left in a closed pool");
        assert_eq!(pool.ran() + unbegun + given_back, jobs_before + 1);
    });
}

/// A start is refused while the pool closes: the job runs or is given back.
/// Faults 35, 90.
#[test]
fn loom_blocking_refused_vs_close() {
    refused_vs_close(1);
}

/// The same without any thread to come by later.
/// Faults 35, 90.
#[test]
fn loom_blocking_starved_vs_close() {
    refused_vs_close(0);
}

/// A closure panics: its thread goes on to the next, and the pool closes.
#[test]
fn loom_blocking_panic_vs_submit_vs_close() {
    model(|| {
        let pool = Pool::new(1, false, 0);
        let (entry, join) =
            Queue::new().make(async { resume_unwind(Box::new("a closure's panic")) });
        pool.submit_job(Some(entry));
        pool.submit();
        let unbegun = pool.end();
        assert_eq!(pool.ran() + unbegun, 2);
        let error = block_on_parked::<JoinHandle<()>>(join).unwrap_err();
        assert_eq!(error.is_panic(), pool.ran() > 0);
        assert_ne!(error.is_panic(), error.is_cancelled());
    });
}
