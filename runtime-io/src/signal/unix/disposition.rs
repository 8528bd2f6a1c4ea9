//! What the process does when a signal arrives, beyond what signal-hook-registry asks of the
//! system: the alternate stack, and the way back.
#![allow(unsafe_code, reason = "sigaction")]

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The registry's handler, which is the same for all signals; 0 before the first.
static HANDLER: AtomicUsize = AtomicUsize::new(0);

/// Makes sure that a signal which the registry knows reaches it, on the alternate stack if the
/// thread has one: threads of other languages have stacks too small for a handler. An alternate
/// stack is small as well, so one handler must not run within another: thirty signals that are
/// pending at once would put thirty frames there.
///
/// Another library's handler that has been put over it stays as it is.
pub(super) fn catch(signal: i32) -> io::Result<()> {
    let mut action = get(signal)?;
    let found = action.sa_sigaction;
    // Relaxed, both: the lock of our caller orders it.
    let first = HANDLER.compare_exchange(0, found, Ordering::Relaxed, Ordering::Relaxed);
    let handler = first.err().unwrap_or(found);
    if found != handler && found != libc::SIG_DFL {
        return Ok(());
    }
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART | libc::SA_SIGINFO | libc::SA_ONSTACK;
    action.sa_mask = all_but_faults();
    set(signal, &action)
}

/// Every signal but those that an instruction brings about: blocked, they would kill the process
/// without a word.
fn all_but_faults() -> libc::sigset_t {
    const FAULTS: [i32; 5] = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
    ];
    let mut signals = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the place is large enough, and is written.
    unsafe { libc::sigfillset(signals.as_mut_ptr()) };
    for fault in FAULTS {
        // SAFETY: it was filled above; the numbers are of signals.
        unsafe { libc::sigdelset(signals.as_mut_ptr(), fault) };
    }
    // SAFETY: filled above.
    unsafe { signals.assume_init() }
}

/// Puts the system's own behaviour in the place of any handler.
pub(super) fn restore_default(signal: i32) -> io::Result<()> {
    let mut action = get(signal)?;
    action.sa_sigaction = libc::SIG_DFL;
    action.sa_flags = 0;
    set(signal, &action)
}

fn get(signal: i32) -> io::Result<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: null changes nothing; the place is large enough.
    let outcome = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    if outcome == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all zeros are a valid value, and the call has written it.
    Ok(unsafe { action.assume_init() })
}

/// `action` came from [`get`], with the default or the registry's handler.
fn set(signal: i32, action: &libc::sigaction) -> io::Result<()> {
    // SAFETY: the handler in it is one that was installed before, or none.
    let outcome = unsafe { libc::sigaction(signal, action, ptr::null_mut()) };
    if outcome == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
