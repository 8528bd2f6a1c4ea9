//! On a condition variable.

use std::time::Duration;

use crate::loom::{Condvar, Mutex};

#[derive(Debug, Default)]
pub(crate) struct PlainSleeper {
    kicked: Mutex<bool>,
    condition: Condvar,
}

impl PlainSleeper {
    pub(crate) fn sleep(&self, timeout: Option<Duration>) {
        let mut kicked = self.kicked.lock();
        if !*kicked {
            match timeout {
                None => kicked = self.condition.wait(kicked),
                Some(timeout) if timeout.is_zero() => {}
                Some(timeout) => {
                    (kicked, _) = self.condition.wait_for(kicked, timeout);
                }
            }
        }
        *kicked = false;
    }

    pub(crate) fn kick(&self) {
        *self.kicked.lock() = true;
        self.condition.notify_one();
    }
}
