//! Which runtime the calling thread is in.

use crate::handle::Handle;
use crate::scheduler;

pub(crate) use scheduler::is_in_cancelled_task;

#[cfg(not(test))]
pub(crate) use scheduler::with_timer_shard;
#[cfg(all(test, loom))]
pub(crate) use scheduler::with_timer_shard;
#[cfg(all(test, not(loom)))]
pub(crate) use test_shard::{Entered, enter, with_timer_shard};

/// Until dropped, a runtime is the current one of this thread: made by [`Handle::enter`].
///
/// # Panics
/// If it is dropped before a guard of this thread that was made after it: the code between would
/// find another runtime than the one it entered. No context is lost by that.
#[derive(Debug)]
#[must_use = "the thread leaves the runtime's context when this is dropped"]
pub struct EnterGuard<'a> {
    _entered: InOrder,
    _handle: std::marker::PhantomData<&'a Handle>,
    /// The context is this thread's: the guard stays here, but others may look at it.
    _not_send: std::marker::PhantomData<std::sync::MutexGuard<'static, ()>>,
}

impl<'a> EnterGuard<'a> {
    pub(crate) fn new(entered: scheduler::Entered) -> EnterGuard<'a> {
        EnterGuard {
            _entered: InOrder(entered),
            _handle: std::marker::PhantomData,
            _not_send: std::marker::PhantomData,
        }
    }
}

/// Without a lifetime: the guard's own destructor would keep the runtime borrowed, which may end
/// while the guard is held.
#[derive(Debug)]
struct InOrder(scheduler::Entered);

impl Drop for InOrder {
    #[track_caller]
    fn drop(&mut self) {
        // The field is dropped also if this panics.
        assert!(
            self.0.is_innermost() || std::thread::panicking(),
            "guards of `Handle::enter` must be dropped in the reverse order of their making"
        );
    }
}

/// The handle of the current runtime, for something that cannot do without.
#[track_caller]
pub(crate) fn current_or_panic(what: &str) -> Handle {
    match scheduler::entered() {
        Some(shared) => Handle::new(shared),
        None => no_runtime(what),
    }
}

#[cold]
#[track_caller]
pub(crate) fn no_runtime(what: &str) -> ! {
    panic!(
        "there is no runtime running on this thread: {what} works only inside `block_on`, a task, \
         or a scope of `Handle::enter`"
    )
}

/// Timers without a runtime, for the tests of the time module.
#[cfg(all(test, not(loom)))]
mod test_shard {
    use crate::loom::Arc;
    use crate::scheduler;
    use crate::timer::timers::Shard;
    use std::cell::RefCell;

    thread_local! {
        static SHARD: RefCell<Option<Arc<Shard>>> = const { RefCell::new(None) };
    }

    pub(crate) fn with_timer_shard<R>(f: impl FnOnce(Option<&Arc<Shard>>) -> R) -> R {
        match SHARD.with_borrow(Clone::clone) {
            Some(shard) => f(Some(&shard)),
            None => scheduler::with_timer_shard(f),
        }
    }

    /// Puts the thread into the context of `shard` until the guard is dropped.
    pub(crate) fn enter(shard: &Arc<Shard>) -> Entered {
        Entered(SHARD.replace(Some(Arc::clone(shard))))
    }

    #[derive(Debug)]
    #[must_use = "the context ends when this is dropped"]
    pub(crate) struct Entered(Option<Arc<Shard>>);

    impl Drop for Entered {
        fn drop(&mut self) {
            SHARD.replace(self.0.take());
        }
    }
}
