//! An alarm without the kernel's help: setting it wakes the sleeper, who then sleeps for the interval.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Condition {
    state: Mutex<State>,
    condition: Condvar,
}

#[derive(Debug, Default)]
struct State {
    interval: Option<Duration>,
    rung: bool,
}

impl Condition {
    /// Nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, after: Option<Duration>) {
        let mut state = self.lock();
        let wakes = state.interval.is_none() && after.is_some();
        state.interval = after;
        drop(state);
        if wakes {
            self.condition.notify_one();
        }
    }

    pub(crate) fn ring(&self) {
        self.lock().rung = true;
        self.condition.notify_one();
    }

    pub(crate) fn wait(&self) {
        let mut state = self.lock();
        while !state.rung {
            match state.interval {
                None => {
                    let woken = self.condition.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
                Some(interval) => {
                    let woken = self.condition.wait_timeout(state, interval);
                    let (again, waited) = woken.unwrap_or_else(PoisonError::into_inner);
                    state = again;
                    if waited.timed_out() {
                        break;
                    }
                }
            }
        }
        state.rung = false;
    }
}
