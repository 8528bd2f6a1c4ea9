//! On an alarm, which is made for the first sleep.
//!
//! Sleeper, under the lock: (1) kicked: take that and return; else (2) set the alarm; leave the lock;
//! (3) wait. Kicker, under the lock: (a) kicked; (b) ring. *No kick is lost*: (a) before (1), it is
//! taken; else (b) comes after (2), and (3) ends. Setting an alarm takes an earlier ring of it back,
//! so both sides stay under the lock for it.

use std::sync::OnceLock;
use std::time::Duration;

use crate::loom::Alarm;
use crate::util::lock::Mutex;

#[derive(Debug, Default)]
pub(crate) struct PlainSleeper {
    kicked: Mutex<bool>,
    alarm: OnceLock<Alarm>,
}

impl PlainSleeper {
    pub(crate) fn sleep(&self, timeout: Option<Duration>) {
        let mut kicked = self.kicked.lock();
        if !*kicked && !timeout.is_some_and(|timeout| timeout.is_zero()) {
            let alarm = self.alarm.get_or_init(Alarm::new);
            alarm.set(timeout);
            drop(kicked);
            alarm.wait();
            kicked = self.kicked.lock();
            // Or it would ring on.
            alarm.set(None);
        }
        *kicked = false;
    }

    pub(crate) fn kick(&self) {
        let mut kicked = self.kicked.lock();
        *kicked = true;
        if let Some(alarm) = self.alarm.get() {
            alarm.ring();
        }
    }
}
