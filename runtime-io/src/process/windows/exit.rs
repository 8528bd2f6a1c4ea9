//! The end of a child, awaited: by the system's thread pool, which waits for many handles with few
//! threads.
//!
//! The first poll that finds the child alive begins to watch: it gives the child's handle to the
//! pool, which runs [`ended`] once, on a thread of its own, when the process has ended.
//!
//! **State**, behind a lock: whether the child has ended, and perhaps a waker.
//!
//! **Steps.** Pool: (1) under the lock: ended; take the waker; (2) let go of the wait; (3) wake.
//! Who waits: (a) under the lock: ended: take the status; else leave the waker. Who drops the wait:
//! (i) nothing new is to be waited for; (ii) wait until no thread is between the beginning of (1)
//! and (2); (iii) free it.
//!
//! **No end is missed**: a handle that is signalled already is seen by the pool as well; (1) and (a)
//! are under one lock.
//!
//! **Invariants.** E1: the state lives until (iii), so for (1). E2: foreign code, the waker, runs in
//! (3) only, where nobody waits for the pool's thread any more: a waker may drop the very child that
//! woke it, or want a lock that who drops a child holds. E3: the handle is open until (iii): `Child`
//! drops the watch first.
//!
//! Rejected: `RegisterWaitForSingleObject` (its dropper waits for the whole callback, waker
//! included, or cannot tell when the state is free); a thread a child; looks at intervals.
#![allow(unsafe_code, reason = "the thread pool's functions")]

use std::ffi::c_void;
use std::io;
use std::os::windows::io::AsRawHandle;
use std::process::{self, ExitStatus};
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use runtime_core::coop;
use runtime_core::loom::Mutex;
use runtime_core::util::foreign;
use windows_sys::Win32::System::Threading::{
    CloseThreadpoolWait, CreateThreadpoolWait, DisassociateCurrentThreadFromCallback,
    PTP_CALLBACK_INSTANCE, PTP_WAIT, SetThreadpoolWait, WaitForThreadpoolWaitCallbacks,
};

/// How a child is watched.
pub(in crate::process) enum Watch {
    /// Not yet.
    Nothing,
    Pool(Wait),
}

/// The pool's wait for one process.
pub(in crate::process) struct Wait {
    wait: PTP_WAIT,
    end: Arc<Mutex<End>>,
}

#[derive(Default)]
struct End {
    has_come: bool,
    waker: Option<Waker>,
}

/// Whether this error says that somebody else has the status: here it is there for all.
pub(in crate::process) fn is_lost(_: &io::Error) -> bool {
    false
}

/// Whether there is nobody left to kill.
pub(in crate::process) fn has_ended(child: &mut process::Child) -> bool {
    matches!(child.try_wait(), Ok(Some(_)))
}

/// The status, if it has ended.
pub(in crate::process) fn look(child: &mut process::Child) -> io::Result<Option<ExitStatus>> {
    child.try_wait()
}

impl Watch {
    /// Polls for the end of `child`, whose status was not taken yet.
    ///
    /// # Errors
    /// What the operating system says.
    pub(in crate::process) fn poll_exit(
        &mut self,
        child: &mut process::Child,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<ExitStatus>> {
        let unit = ready!(coop::poll_proceed(cx));
        // Three turns at most: a process that has ended keeps its status.
        loop {
            if let Some(status) = child.try_wait()? {
                unit.made();
                return Poll::Ready(Ok(status));
            }
            match self {
                Watch::Nothing => *self = Watch::Pool(Wait::begin(child)?),
                Watch::Pool(wait) => ready!(wait.poll_end(cx)),
            }
        }
    }
}

impl Wait {
    fn begin(child: &process::Child) -> io::Result<Wait> {
        let end = Arc::<Mutex<End>>::default();
        let state = Arc::as_ptr(&end).cast_mut().cast::<c_void>();
        // SAFETY: E1; there is no environment.
        let wait = unsafe { CreateThreadpoolWait(Some(ended), state, ptr::null()) };
        if wait == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: new; E3; no timeout.
        unsafe { SetThreadpoolWait(wait, child.as_raw_handle(), ptr::null()) };
        Ok(Wait { wait, end })
    }

    /// Step (a).
    fn poll_end(&self, cx: &mut Context<'_>) -> Poll<()> {
        // Foreign code: before the lock; declared first, so dropped after it.
        let mut waker = Some(cx.waker().clone());
        let mut end = self.end.lock();
        if end.has_come {
            return Poll::Ready(());
        }
        std::mem::swap(&mut end.waker, &mut waker);
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        // SAFETY: step (i); ours, and not closed.
        unsafe { SetThreadpoolWait(self.wait, ptr::null_mut(), ptr::null()) };
        // SAFETY: step (ii); ours. No callback of it waits for us: E2.
        unsafe { WaitForThreadpoolWaitCallbacks(self.wait, 1) };
        // SAFETY: step (iii); ours, and never used again.
        unsafe { CloseThreadpoolWait(self.wait) };
    }
}

/// Steps (1) to (3), on a thread of the pool.
///
/// # Safety
/// `end` is the state of a wait, and lives until step (2).
unsafe extern "system" fn ended(
    instance: PTP_CALLBACK_INSTANCE,
    end: *mut c_void,
    _wait: PTP_WAIT,
    _result: u32,
) {
    // SAFETY: the caller's promise: E1.
    let end = unsafe { &*end.cast::<Mutex<End>>() };
    let waker = {
        let mut end = end.lock();
        end.has_come = true;
        end.waker.take()
    };
    // SAFETY: step (2), of this very callback; the state is not touched any more.
    unsafe { DisassociateCurrentThreadFromCallback(instance) };
    if let Some(waker) = waker {
        // A panic has been reported by its hook; the thread is not ours to unwind.
        drop(foreign::call(|| waker.wake()));
    }
}
