//! An alarm without the kernel's help: setting it wakes the sleeper, who then sleeps for the interval.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

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
    pub(crate) fn set(&self, after: Option<Duration>) {
        let mut state = self.state.lock();
        let wakes = state.interval.is_none() && after.is_some();
        state.interval = after;
        drop(state);
        if wakes {
            self.condition.notify_one();
        }
    }

    pub(crate) fn ring(&self) {
        self.state.lock().rung = true;
        self.condition.notify_one();
    }

    pub(crate) fn wait(&self) {
        let mut state = self.state.lock();
        while !state.rung {
            match state.interval {
                None => self.condition.wait(&mut state),
                Some(interval) => {
                    if self.condition.wait_for(&mut state, interval).timed_out() {
                        break;
                    }
                }
            }
        }
        state.rung = false;
    }
}
