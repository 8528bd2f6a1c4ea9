//! Which runtime the calling thread works for.

use std::cell::RefCell;

use crate::loom::Arc;
use crate::timer::timers::Shard;

thread_local! {
    static SHARD: RefCell<Option<Arc<Shard>>> = const { RefCell::new(None) };
}

/// The timers of the slot that this thread holds, or the first ones of its runtime; `None` outside of any.
#[inline]
pub fn timer_shard() -> Option<Arc<Shard>> {
    SHARD
        .try_with(|shard| shard.borrow().clone())
        .ok()
        .flatten()
}

/// Puts the thread into the context of `shard` until the guard is dropped.
#[cfg(all(test, not(loom)))]
pub(crate) fn enter(shard: &Arc<Shard>) -> Entered {
    Entered(SHARD.replace(Some(Arc::clone(shard))))
}

/// Restores the context that was there before, when dropped.
#[cfg(all(test, not(loom)))]
#[derive(Debug)]
#[must_use = "the context ends when this is dropped"]
pub(crate) struct Entered(Option<Arc<Shard>>);

#[cfg(all(test, not(loom)))]
impl Drop for Entered {
    fn drop(&mut self) {
        SHARD.replace(self.0.take());
    }
}
