//! Threads for name lookups, which may hang.
//!
//! The operating system's lookup blocks, for half a minute if a name server is silent, and cannot be
//! given up. On the pool for blocking closures a few of them would keep files and `spawn_blocking`
//! waiting, and the runtime's end waits for every closure that has begun. So lookups have threads of
//! their own: [`THREADS_MAX`] a runtime, started when needed, ended when idle, joined by nobody.
//!
//! **States.** A lookup waits in the queue, or is asked on a thread, or was answered. Its *asker* is
//! a future; until it is answered its sender stands in `unanswered`.
//!
//! **Invariants**, whenever the lock is free. 1. Each queued lookup has an idle thread that was
//! notified for it, or no thread is idle without one and as many threads exist as may, or a thread
//! was refused while others live. 2. What is queued is in `unanswered`, and what is there has a
//! living asker: who is dropped takes both out. So neither grows beyond the futures that wait.
//!
//! **Steps.** *Asker*, under the lock: (1) closed: an error; (2) queue, and (3) an idle thread is
//! left for it: notify; else below the limit: count a thread, start it after the lock. Refused: the
//! lookup stays queued if another thread is counted to come by, else all that are queued fail.
//! *Thread*: (a) take from the queue; (b) none, and closed: end; (c) wait for a notification, the
//! keep-alive over: end, unless something was queued. An answer is sent after the lock. *Closing*: no
//! thread is waited for; queue and senders go, so each asker that is left is told, also one whose
//! lookup hangs.
//!
//! **No lookup is forgotten**: queueing and going idle are holds of one lock, and a thread that was
//! not idle at (3) passes (a) after it. Models: `loom_lookups_…`.
//!
//! **Rejected.** A bounded share of the pool: the end would wait for a hung lookup. One set of threads
//! for all runtimes: a test, or a plug-in, whose names hang would starve the rest of the process.
//! A resolver of our own: it would not know what the operating system knows (files, plug-ins).

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread, vec};

use runtime_core::loom::{Condvar, Mutex, MutexGuard};
use runtime_core::sync::oneshot;
use runtime_core::util::foreign;

use super::shut_down;
use crate::io::again;

/// Lookups under way at once in a runtime; more wait for one of them.
const THREADS_MAX: usize = 64;

/// How long a thread waits for another lookup.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// What a lookup found.
pub(crate) type Answer = io::Result<vec::IntoIter<SocketAddr>>;

type Ask = Box<dyn FnOnce() -> Answer + Send>;

/// Starts a thread that calls [`Lookups::run`].
type Start = fn(Arc<Lookups>) -> io::Result<()>;

/// The lookups of a runtime.
#[derive(Debug)]
pub(super) struct Lookups {
    state: Mutex<State>,
    queued: Condvar,
    threads_max: usize,
    keep_alive: Duration,
    start: Start,
}

#[derive(Default)]
struct State {
    last: u64,
    /// Oldest first, hence by number.
    queue: VecDeque<(u64, Ask)>,
    unanswered: HashMap<u64, oneshot::Sender<Answer>>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Lookups {
    pub(super) fn new() -> Arc<Lookups> {
        Lookups::with(THREADS_MAX, KEEP_ALIVE)
    }

    fn with(threads_max: usize, keep_alive: Duration) -> Arc<Lookups> {
        Lookups::on(threads_max, keep_alive, start_thread)
    }

    fn on(threads_max: usize, keep_alive: Duration, start: Start) -> Arc<Lookups> {
        Arc::new(Lookups {
            state: Mutex::default(),
            queued: Condvar::new(),
            threads_max,
            keep_alive,
            start,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Has `ask` called on a thread where it may hang. Dropped before its end, the future waits no
    /// more, and the call is left out unless it has begun.
    ///
    /// # Errors
    /// What `ask` says; a refused thread, if there is none at all; after a shutdown.
    pub(super) async fn ask(
        self: &Arc<Self>,
        ask: impl FnOnce() -> Answer + Send + 'static,
    ) -> Answer {
        let (sender, answer) = oneshot::channel();
        let asker = self.submit(Box::new(ask), sender)?;
        let outcome = answer.await;
        drop(asker);
        outcome.unwrap_or_else(|_| Err(shut_down()))
    }

    /// Steps 1 to 3.
    fn submit(
        self: &Arc<Self>,
        ask: Ask,
        sender: oneshot::Sender<Answer>,
    ) -> io::Result<Asker<'_>> {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return Err(shut_down());
        }
        state.last += 1;
        let number = state.last;
        state.queue.push_back((number, ask));
        state.unanswered.insert(number, sender);
        let starts = state.idle < state.queue.len() && state.threads < self.threads_max;
        state.threads += usize::from(starts);
        drop(state);
        let asker = Asker {
            lookups: self,
            number,
        };
        if starts {
            self.start()?;
        } else {
            self.queued.notify_one();
        }
        Ok(asker)
    }

    /// Starts a thread that is counted already.
    ///
    /// # Errors
    /// If it is refused and there is no other.
    fn start(self: &Arc<Self>) -> io::Result<()> {
        let Err(refused) = (self.start)(Arc::clone(self)) else {
            return Ok(());
        };
        let (queue, senders) = {
            let mut state = self.lock();
            state.threads -= 1;
            if state.threads > 0 {
                return Ok(());
            }
            // Nobody comes by any more: neither for this one, nor for another whose thread was refused
            // while this one's was still counted.
            let queue = std::mem::take(&mut state.queue);
            let senders = queue
                .iter()
                .filter_map(|(number, _)| state.unanswered.remove(number));
            let senders: Vec<_> = senders.collect();
            (queue, senders)
        };
        for sender in senders {
            let answer = Err(again(&refused));
            // A waker's panic is its own.
            drop(foreign::call(|| sender.send(answer)));
        }
        drop(queue);
        Err(refused)
    }

    /// A thread's life.
    fn run(&self) {
        while let Some((number, ask)) = self.next() {
            let answer =
                foreign::call(ask).unwrap_or_else(|_| Err(io::Error::other("the lookup panicked")));
            let sender = self.lock().unanswered.remove(&number);
            if let Some(sender) = sender {
                // Its asker may have gone in this moment. A waker's panic is its own.
                drop(foreign::call(|| sender.send(answer)));
            }
        }
    }

    /// Steps (a) to (c); `None` if the thread is to end, which is counted.
    fn next(&self) -> Option<(u64, Ask)> {
        let mut state = self.lock();
        let mut patient = true;
        loop {
            if let Some(lookup) = state.queue.pop_front() {
                return Some(lookup);
            }
            if state.closed || !patient {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            let (woken, timed_out) = self.queued.wait_for(state, self.keep_alive);
            state = woken;
            state.idle -= 1;
            patient = !timed_out;
        }
    }

    /// Nothing is looked up any more; whoever still waits is told.
    pub(super) fn close(&self) {
        let (queue, unanswered) = {
            let mut state = self.lock();
            state.closed = true;
            let state = &mut *state;
            (
                std::mem::take(&mut state.queue),
                std::mem::take(&mut state.unanswered),
            )
        };
        self.queued.notify_all();
        // A panicking waker must not keep the others asleep.
        for sender in unanswered.into_values() {
            drop(foreign::call(|| drop(sender)));
        }
        drop(queue);
    }
}

/// Nobody joins it: its lookup may never end.
fn start_thread(lookups: Arc<Lookups>) -> io::Result<()> {
    let thread = thread::Builder::new().name("runtime-lookup".to_owned());
    thread.spawn(move || lookups.run()).map(drop)
}

/// Who waits for an answer; invariant 2.
struct Asker<'a> {
    lookups: &'a Lookups,
    number: u64,
}

impl Drop for Asker<'_> {
    fn drop(&mut self) {
        let mut state = self.lookups.lock();
        let sender = state.unanswered.remove(&self.number);
        let place = state
            .queue
            .binary_search_by_key(&self.number, |(number, _)| *number);
        let ask = place.ok().and_then(|place| state.queue.remove(place));
        drop(state);
        drop((sender, ask));
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("queued", &self.queue.len())
            .field("unanswered", &self.unanswered.len())
            .field("threads", &self.threads)
            .field("idle", &self.idle)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
#[path = "lookups/loom_tests.rs"]
mod loom_tests;

#[cfg(all(test, not(loom)))]
#[path = "lookups/tests.rs"]
mod tests;
