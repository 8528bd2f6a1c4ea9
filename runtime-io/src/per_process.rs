//! A value that a process has once, and that a forked child makes anew.
//!
//! A child gets a copy of the parent's memory and none of its threads: a lock that one of those
//! held stays locked for good, and a pipe is shared with the parent. So what lives as long as the
//! process remembers whose it is. The first use in another process makes a new value and leaves the
//! copy as it is, neither read nor dropped: what has a descriptor's number there may be another file
//! by then.
//!
//! **States.** Null; or the address of a value that is never freed (P1).
//!
//! Two threads that make it at the same time: one exchange wins, the other value is dropped.
//!
//! Rejected: `OnceLock` (it cannot be made anew); a handler of `pthread_atfork` (it runs for good,
//! in programs that never look at us again).
#![allow(unsafe_code, reason = "references into what is never freed")]

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The place of such a value, for a `static`.
pub(crate) struct PerProcess<T> {
    current: AtomicPtr<Owned<T>>,
}

struct Owned<T> {
    process: u32,
    value: T,
}

impl<T: Send + Sync + 'static> PerProcess<T> {
    /// With nothing in it.
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess {
            current: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// This process's value, made now if there is none.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn get_or_make<E>(
        &self,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<&'static T, E> {
        let process = std::process::id();
        // Acquire: pairs with the exchange below.
        let before = self.current.load(Ordering::Acquire);
        // SAFETY: P1.
        let found = unsafe { before.as_ref() };
        if let Some(own) = found.filter(|owned| owned.process == process) {
            return Ok(&own.value);
        }
        let value = make()?;
        let made = Box::into_raw(Box::new(Owned { process, value }));
        // AcqRel: gives what was made; Acquire: takes what another thread has made.
        let exchange =
            self.current
                .compare_exchange(before, made, Ordering::AcqRel, Ordering::Acquire);
        let winner = match exchange {
            Ok(_) => made,
            Err(other) => {
                // SAFETY: ours; nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
                other
            }
        };
        // SAFETY: P1; not null, since one of the two was made.
        let owned: &'static Owned<T> = unsafe { &*winner };
        Ok(&owned.value)
    }

    /// This process's value, if it has made one. Fit for signal handlers: a load and `getpid`.
    #[cfg(all(unix, feature = "signal"))]
    pub(crate) fn peek(&self) -> Option<&'static T> {
        // Acquire: pairs with the exchange in `get_or_make`.
        let current = self.current.load(Ordering::Acquire);
        // SAFETY: P1.
        let owned: Option<&'static Owned<T>> = unsafe { current.as_ref() };
        let own = owned.filter(|owned| owned.process == std::process::id());
        own.map(|owned| &owned.value)
    }
}

#[cfg(all(test, unix, feature = "signal", not(loom)))]
mod tests {
    use std::convert::Infallible;

    use super::PerProcess;

    #[test]
    fn it_is_made_once_and_a_failure_leaves_nothing() {
        static PLACE: PerProcess<u32> = PerProcess::new();
        assert_eq!(PLACE.peek(), None);
        assert_eq!(PLACE.get_or_make(|| Err("refused")), Err("refused"));
        assert_eq!(PLACE.peek(), None);
        assert_eq!(PLACE.get_or_make(|| Ok::<_, Infallible>(1)), Ok(&1));
        assert_eq!(PLACE.get_or_make(|| Ok::<_, Infallible>(2)), Ok(&1));
        assert_eq!(PLACE.peek(), Some(&1));
    }
}
