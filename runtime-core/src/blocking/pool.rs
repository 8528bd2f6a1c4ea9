//! The threads behind the desk; see the parent's header.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::ptr::null;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::desk::{Call, Desk, Next, Refused, Taken};
use crate::loom;
use crate::loom::thread::JoinHandle;
use crate::park::parker::{Parker, Unparker};
use crate::task::Notified;
use crate::timer::clock::{AutoAdvanceHold, Clock};
use crate::util::lock::{Condvar, Mutex};
use crate::util::thread_end;

/// How long after a refusal a thread is asked for again: who comes by may do so often.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

crate::loom::thread_local! {
    /// The pool that this thread belongs to.
    static MEMBER_OF: Cell<*const Pool> = const { Cell::new(null()) };
}

/// A callback without arguments, which does not panic.
type Hook = Arc<dyn Fn() + Send + Sync>;

/// Starts a thread for the role it is given.
type StartThread = Arc<dyn Fn(&str, Box<dyn FnOnce() + Send>) -> Started + Send + Sync>;

type Started = io::Result<JoinHandle<()>>;

/// What the pool was built with.
#[derive(Clone)]
pub(crate) struct PoolConfig {
    pub(crate) max_threads: usize,
    pub(crate) keep_alive: Duration,
    pub(crate) start_thread: StartThread,
    pub(crate) on_start: Option<Hook>,
    pub(crate) on_stop: Option<Hook>,
}

/// A closure to be run, as the task that carries it. While it lives, a paused clock does not jump.
struct Job {
    entry: Notified,
    _hold: AutoAdvanceHold,
}

/// See the parent's header.
pub(crate) struct Pool {
    desk: Desk<Job>,
    /// Jobs are queued and there is no thread: one was refused.
    starved: AtomicBool,
    ended: Mutex<()>,
    all_ended: Condvar,
    threads: Mutex<Threads>,
    config: PoolConfig,
    clock: loom::Arc<Clock>,
}

#[derive(Default)]
struct Threads {
    /// Awaited by whoever waits for the end.
    handles: Vec<JoinHandle<()>>,
    /// About to be started, or started and not on their way yet.
    not_begun: usize,
    /// When one was refused last.
    refused_at: Option<Instant>,
}

impl Pool {
    pub(crate) fn new(config: PoolConfig, clock: loom::Arc<Clock>) -> Arc<Pool> {
        Arc::new(Pool {
            desk: Desk::new(config.max_threads),
            starved: AtomicBool::new(false),
            ended: Mutex::new(()),
            all_ended: Condvar::new(),
            threads: Mutex::default(),
            config,
            clock,
        })
    }

    /// Has a task that carries a closure run. On a closed pool the task is cancelled.
    pub(crate) fn submit(self: &Arc<Self>, entry: Notified) {
        let job = Job {
            entry,
            _hold: Clock::hold(&self.clock),
        };
        match self.desk.submit(job) {
            Ok(call) => self.call(call),
            // Dropping an entry cancels its task.
            Err(job) => drop(job),
        }
    }

    fn call(self: &Arc<Self>, call: Call) {
        match call {
            Call::Nobody => {}
            Call::Wake(idle) => idle.unpark(),
            Call::Start => self.start(),
        }
    }

    fn start(self: &Arc<Self>) {
        let pool = Arc::clone(self);
        let started = self.start_thread(move || pool.run());
        if started.is_err() {
            match self.desk.refused() {
                // Dropping an entry cancels its task.
                Refused::Closed(jobs) => drop(jobs),
                Refused::Call(call) => self.call(call),
                // Release: pairs with the load in `is_starved`; a hint all the same.
                Refused::Starved => self.starved.store(true, Ordering::Release),
            }
            // Who waits for the end may have counted it.
            self.look_again();
        }
    }

    /// Whether jobs wait for a thread that was refused; whoever goes on, and whoever looks each
    /// millisecond, calls [`Pool::retry`].
    pub(crate) fn is_starved(&self) -> bool {
        // Acquire: pairs with `start`.
        self.starved.load(Ordering::Acquire)
    }

    /// Tries again to start a thread that was refused, if there is one and it was not just now.
    #[inline]
    pub(crate) fn retry(self: &Arc<Self>) {
        if self.is_starved() {
            self.retry_starved();
        }
    }

    #[cold]
    fn retry_starved(self: &Arc<Self>) {
        let refused_at = self.threads.lock().refused_at;
        if refused_at.is_some_and(|at| loom::now().saturating_duration_since(at) < RETRY_PAUSE) {
            return;
        }
        // Release: a hint; whoever is refused again sets it again.
        self.starved.store(false, Ordering::Release);
        self.call(self.desk.retry());
    }

    /// A thread's life.
    fn run(self: &Arc<Self>) {
        // Before the hook: others are not to wait for it.
        let first = self.desk.begin().map(|taken| self.called_for(taken));
        if let Some(hook) = &self.config.on_start {
            hook();
        }
        if let Some(job) = first {
            job.entry.run();
        }
        let parker = Parker::new();
        let me = Arc::new(parker.unparker());
        loop {
            let taken = match self.desk.next(&me) {
                Next::Run(taken) => Some(taken),
                Next::Wait => self.wait(&parker, &me),
                Next::End => None,
            };
            let Some(taken) = taken else { break };
            self.called_for(taken).entry.run();
        }
        if let Some(hook) = &self.config.on_stop {
            hook();
        }
        if self.desk.ended() {
            self.look_again();
        }
    }

    /// The job, once whoever is to take the next has been called.
    fn called_for(self: &Arc<Self>, taken: Taken<Job>) -> Job {
        taken.calls.into_iter().for_each(|call| self.call(call));
        taken.job
    }

    /// Waits on the idle list; `None` if the thread is to end.
    fn wait(&self, parker: &Parker, me: &Arc<Unparker>) -> Option<Taken<Job>> {
        let deadline = loom::now().checked_add(self.config.keep_alive);
        loop {
            let over = match deadline {
                Some(deadline) => !parker.park_deadline(deadline),
                None => {
                    parker.park();
                    false
                }
            };
            match self.desk.awake(me, over) {
                Next::Run(taken) => return Some(taken),
                Next::Wait => {}
                Next::End => return None,
            }
        }
    }

    /// Takes no more jobs; those that have not begun are cancelled, by a thread of their own: what
    /// they own may take its time to go, and who closes does not wait, or not so long. If that thread
    /// is refused, here.
    pub(crate) fn close(self: &Arc<Self>) {
        let jobs = self.desk.close();
        if jobs.is_empty() {
            return;
        }
        let left_over = LeftOver {
            jobs,
            pool: Arc::clone(self),
        };
        // Refused, it drops the closure.
        let _started = self.start_thread(move || drop(left_over));
    }

    /// Starts a thread of the pool, which is awaited at the end.
    fn start_thread(self: &Arc<Self>, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let pool = Arc::clone(self);
        self.threads.lock().not_begun += 1;
        let begin = move || {
            pool.threads.lock().not_begun -= 1;
            MEMBER_OF.set(Arc::as_ptr(&pool));
            run();
        };
        let started = (self.config.start_thread)("runtime-blocking", Box::new(begin));
        let mut threads = self.threads.lock();
        match started {
            Ok(handle) => {
                threads.handles.retain(|handle| !handle.is_finished());
                threads.handles.push(handle);
                Ok(())
            }
            Err(error) => {
                threads.not_begun -= 1;
                threads.refused_at = Some(loom::now());
                Err(error)
            }
        }
    }

    /// Waits until every closure that has begun has returned; false if `deadline` came first. A
    /// thread of the pool does not wait for itself.
    pub(crate) fn wait_for_end(&self, deadline: Option<Instant>) -> bool {
        if MEMBER_OF
            .try_with(|pool| std::ptr::eq(pool.get(), self))
            .unwrap_or(false)
        {
            return false;
        }
        let mut lock = self.ended.lock();
        while self.desk.threads() > 0 {
            match thread_end::next_look(deadline) {
                None => lock = self.all_ended.wait(lock),
                Some(look) => {
                    let left = look.saturating_duration_since(loom::now());
                    let timed_out;
                    (lock, timed_out) = self.all_ended.wait_for(lock, left);
                    if timed_out && deadline == Some(look) {
                        return self.desk.threads() == 0;
                    }
                    // They cannot have begun a closure either.
                    if timed_out && self.threads.lock().not_begun == self.desk.threads() {
                        return true;
                    }
                }
            }
        }
        drop(lock);
        let handles = std::mem::take(&mut self.threads.lock().handles);
        handles.into_iter().for_each(thread_end::wait);
        true
    }

    /// Whoever waits for the end looks again.
    fn look_again(&self) {
        let _lock = self.ended.lock();
        self.all_ended.notify_all();
    }

    /// Threads, how many of them are idle, and jobs that wait.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        (self.desk.threads(), self.desk.idle(), self.desk.queued())
    }
}

/// Jobs that nobody has begun, on their way to a thread that drops them, which is counted.
struct LeftOver {
    jobs: VecDeque<Job>,
    pool: Arc<Pool>,
}

impl Drop for LeftOver {
    fn drop(&mut self) {
        // Dropping an entry cancels its task.
        self.jobs.clear();
        if self.pool.desk.ended() {
            self.pool.look_again();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
