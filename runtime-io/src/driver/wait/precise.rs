//! Windows: a completion port counts its timeouts in milliseconds and ends them with the system's
//! tick, up to 15.6 ms late. So a waitable timer of the high resolution ends the wait, by a kick.
//!
//! The timer is given to the system's thread pool, whose thread wakes whoever waits at the port when
//! it rings: that costs two more threads' turns than a timeout of the port's own, a few
//! microseconds. The port's timeout stands beside it. A kick that comes when the wait is over ends
//! the next one early, which a sitter is used to.
//!
//! **Invariants.** T1: the waker lives as long as the pool's wait, which is closed before it is let
//! go. T2: the pool's thread runs no foreign code, so who drops may wait for it.
//!
//! Rejected: `timeBeginPeriod` (it speeds the clock of the whole machine up);
//! `NtAssociateWaitCompletionPacket` (no thread between, but not documented).
#![allow(unsafe_code, reason = "the thread pool's functions")]

use std::ffi::c_void;
use std::io;
use std::os::windows::io::AsRawHandle;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use runtime_alarm::waitable::Waitable;
use windows_sys::Win32::System::Threading::{
    CloseThreadpoolWait, CreateThreadpoolWait, PTP_CALLBACK_INSTANCE, PTP_WAIT, SetThreadpoolWait,
    WaitForThreadpoolWaitCallbacks,
};

/// How a selector waits for a time.
pub(in crate::driver) struct Waits(Option<Timer>);

/// The timer, and the pool's wait for it.
struct Timer {
    timer: Waitable,
    wait: PTP_WAIT,
    /// T1.
    _waker: Arc<mio::Waker>,
}

impl Waits {
    /// Where the system has no such timer, the port's own timeouts have to do.
    pub(in crate::driver) fn new(waker: &Arc<mio::Waker>) -> Waits {
        Waits(Timer::new(waker))
    }

    /// Waits for events, at most for `timeout`.
    pub(in crate::driver) fn wait(
        &mut self,
        poll: &mut mio::Poll,
        events: &mut mio::Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        let (Some(timer), Some(time)) = (&self.0, timeout.filter(|time| !time.is_zero())) else {
            return poll.poll(events, timeout);
        };
        timer.set(time);
        let outcome = poll.poll(events, timeout);
        timer.timer.cancel();
        outcome
    }
}

impl Timer {
    fn new(waker: &Arc<mio::Waker>) -> Option<Timer> {
        let timer = Waitable::new()?;
        let state = Arc::as_ptr(waker).cast_mut().cast::<c_void>();
        // SAFETY: T1; there is no environment.
        let wait = unsafe { CreateThreadpoolWait(Some(rang), state, ptr::null()) };
        (wait != 0).then(|| Timer {
            timer,
            wait,
            _waker: Arc::clone(waker),
        })
    }

    fn set(&self, time: Duration) {
        self.timer.start(time, None);
        // SAFETY: ours; the timer lives longer; the pool waits once, without a timeout.
        unsafe { SetThreadpoolWait(self.wait, self.timer.as_raw_handle(), ptr::null()) };
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: ours, and not closed; nothing new is waited for.
        unsafe { SetThreadpoolWait(self.wait, ptr::null_mut(), ptr::null()) };
        // SAFETY: ours; T2.
        unsafe { WaitForThreadpoolWaitCallbacks(self.wait, 1) };
        // SAFETY: ours, and never used again.
        unsafe { CloseThreadpoolWait(self.wait) };
    }
}

/// On a thread of the pool, when the timer has rung.
///
/// # Safety
/// `waker` is the waker of a [`Timer`], and lives: T1.
unsafe extern "system" fn rang(
    _instance: PTP_CALLBACK_INSTANCE,
    waker: *mut c_void,
    _wait: PTP_WAIT,
    _result: u32,
) {
    // SAFETY: the caller's promise.
    let waker = unsafe { &*waker.cast::<mio::Waker>() };
    // If it fails, the port's own timeout is there.
    let _ = waker.wake();
}
