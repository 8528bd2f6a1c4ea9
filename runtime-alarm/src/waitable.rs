//! A waitable timer of the high resolution: Windows wakes its sleeper to a fraction of a millisecond,
//! where every other sleep of the system ends with its clock's tick, up to 15.6 ms late.
//!
//! The timer resets itself when a wait for it ends, and setting it wakes nobody. Its period counts
//! in milliseconds; so a shorter one is rounded up.
#![allow(unsafe_code, reason = "timers have no wrapper in the standard library")]

use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle, RawHandle};
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::System::Threading::{
    CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, CancelWaitableTimer, CreateWaitableTimerExW,
    SetWaitableTimer, TIMER_ALL_ACCESS,
};

/// What the system counts a timer's due time in.
const TICK_NS: u128 = 100;

/// See the module's documentation.
#[derive(Debug)]
pub struct Waitable(OwnedHandle);

impl Waitable {
    /// One that is off. `None` where the system has no such timer: before Windows 10 of 2018.
    pub fn new() -> Option<Waitable> {
        let flags = CREATE_WAITABLE_TIMER_HIGH_RESOLUTION;
        // SAFETY: neither attributes nor a name; the result is looked at.
        let raw =
            unsafe { CreateWaitableTimerExW(ptr::null(), ptr::null(), flags, TIMER_ALL_ACCESS) };
        if raw.is_null() {
            return None;
        }
        // SAFETY: the system has just made it, for nobody else.
        Some(Waitable(unsafe { OwnedHandle::from_raw_handle(raw) }))
    }

    /// Rings `first` from now and then in each period, if there is one; an earlier start is
    /// forgotten. False if the system refuses: somebody else has closed the handle.
    pub fn start(&self, first: Duration, period: Option<Duration>) -> bool {
        let ticks = first.as_nanos().div_ceil(TICK_NS).max(1);
        // Below zero: from now on.
        let due = -i64::try_from(ticks).unwrap_or(i64::MAX);
        let period = period.map_or(0, |period| period.as_nanos().div_ceil(1_000_000).max(1));
        let period = i32::try_from(period).unwrap_or(i32::MAX);
        let timer = self.0.as_raw_handle();
        // SAFETY: a due time for the time of the call; no routine.
        let started = unsafe { SetWaitableTimer(timer, &due, period, None, ptr::null(), 0) };
        started != 0
    }

    /// Turns it off. False as above.
    pub fn cancel(&self) -> bool {
        // SAFETY: takes a handle.
        let cancelled = unsafe { CancelWaitableTimer(self.0.as_raw_handle()) };
        cancelled != 0
    }
}

impl AsRawHandle for Waitable {
    fn as_raw_handle(&self) -> RawHandle {
        self.0.as_raw_handle()
    }
}
