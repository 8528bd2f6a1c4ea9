//! Who reaps the children that nobody waits for.
//!
//! A child that has ended stays in the system's table, a zombie, until its parent asks for its
//! status. Who drops a [`Child`](super::super::Child) early will not ask any more; so the process has
//! a thread that does, whether or not a runtime is left. It is started for the first such child and
//! ends with the last.
//!
//! **State**, behind one lock: the orphans, and whether the thread runs. **Invariant** R1: while
//! there are orphans the thread runs, or the system has refused it to whoever last dropped a child or
//! began to wait for one: the next who does either tries again.
//!
//! **Steps.** Dropping: (1) one look, which usually ends it; (2) under the lock: queue what has not
//! ended, and if there are orphans and no thread runs start one. Beginning to wait: (2) with nothing
//! to queue. Thread, in turns: (a) take all and look at them; (b) under the lock: put back what lives;
//! nothing there: it does not run any more, the end; (c) sleep, longer each time in vain,
//! [`PAUSE_MAX`] at most: no zombie is older than that.
//!
//! Orphans that live for long cost four wake-ups a second, all of them together. What a foreign
//! `waitpid` has reaped is ECHILD at the next look, and leaves the queue; any other error says nothing
//! of the child, which stays.
//!
//! Rejected: a descriptor an orphan (a program that starts a thousand daemons would run out of
//! them); SIGCHLD (a handler in programs that asked for none, and it may be ignored); a task (it ends
//! with its runtime, which is when most orphans come about).

use std::convert::Infallible;
use std::mem;
use std::process::Child;
use std::thread;
use std::time::Duration;

use runtime_core::loom::Mutex;

use super::exit::has_ended;
use crate::per_process::PerProcess;

/// Before the second look.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// Between two looks, at most: a quarter of the second after which no zombie is left.
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// A forked child has other children than its parent, and not its threads.
static REAPER: PerProcess<Reaper> = PerProcess::new();

struct Reaper(Orphans<Child>);

/// The protocol, whatever the children are.
struct Orphans<C>(Mutex<State<C>>);

struct State<C> {
    orphans: Vec<C>,
    runs: bool,
}

/// Takes over a child that nobody waits for any more.
pub(in crate::process) fn adopt(mut child: Child) {
    if has_ended(&mut child) {
        return retry();
    }
    let Ok(reaper) = REAPER.get_or_make(|| Ok::<_, Infallible>(Reaper::new()));
    reaper.call(Some(child));
}

/// Starts the thread for those that it was refused for: the system may have one by now.
pub(super) fn retry() {
    if let Some(reaper) = REAPER.peek() {
        reaper.call(None);
    }
}

impl Reaper {
    fn new() -> Reaper {
        Reaper(Orphans::new())
    }

    fn call(&'static self, child: Option<Child>) {
        self.0.call(child, || {
            let thread = thread::Builder::new().name("runtime-reaper".to_string());
            thread.spawn(|| self.run()).is_ok()
        });
    }

    fn run(&self) {
        let mut pause = PAUSE_MIN;
        self.0.reap(has_ended, |reaped| {
            pause = if reaped {
                PAUSE_MIN
            } else {
                PAUSE_MAX.min(pause * 2)
            };
            thread::sleep(pause);
        });
    }
}

impl<C> Orphans<C> {
    fn new() -> Orphans<C> {
        Orphans(Mutex::new(State {
            orphans: Vec::new(),
            runs: false,
        }))
    }

    /// Step (2); `start` starts a thread that calls [`reap`](Orphans::reap), or says that it could
    /// not.
    fn call(&self, child: Option<C>, start: impl FnOnce() -> bool) {
        let mut state = self.0.lock();
        state.orphans.extend(child);
        if !state.orphans.is_empty() && !state.runs {
            state.runs = start();
        }
    }

    /// Steps (a) to (c), until nobody is left. Before each further turn it says to `pause` whether
    /// some had ended.
    fn reap(&self, has_ended: impl Fn(&mut C) -> bool, mut pause: impl FnMut(bool)) {
        loop {
            let mut living = mem::take(&mut self.0.lock().orphans);
            let before = living.len();
            living.retain_mut(|child| !has_ended(child));
            let reaped = living.len() < before;
            let mut state = self.0.lock();
            state.orphans.append(&mut living);
            if state.orphans.is_empty() {
                state.runs = false;
                return;
            }
            drop(state);
            pause(reaped);
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
