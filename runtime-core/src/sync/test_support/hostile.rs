//! Wakers that act whenever they are touched.
#![allow(unsafe_code, reason = "a waker made by hand")]

use std::cell::Cell;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// What a hostile waker does each time it is touched.
type Act = Arc<dyn Fn() + Send + Sync>;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Acts, unless it was itself called by such an act.
fn act(act: &Act) {
    DEPTH.with(|depth| {
        if depth.get() == 0 {
            depth.set(1);
            act();
            depth.set(0);
        }
    });
}

/// A waker that acts when it is cloned, woken and dropped.
pub(crate) fn hostile(acts: impl Fn() + Send + Sync + 'static) -> Waker {
    fn raw(acts: Act) -> RawWaker {
        RawWaker::new(Box::into_raw(Box::new(acts)).cast::<()>(), &TABLE)
    }
    fn borrow<'a>(data: *const ()) -> &'a Act {
        // SAFETY: made in `raw`, freed only by `wake` and `drop`, which own it.
        unsafe { &*data.cast::<Act>() }
    }
    fn own(data: *const ()) -> Act {
        // SAFETY: as above, called once a waker.
        *unsafe { Box::from_raw(data.cast::<Act>().cast_mut()) }
    }
    static TABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            act(borrow(data));
            raw(Arc::clone(borrow(data)))
        },
        |data| act(&own(data)),
        |data| act(borrow(data)),
        |data| act(&own(data)),
    );
    // SAFETY: the table clones into a new box and frees each box once; `Act` is Send and Sync.
    unsafe { Waker::from_raw(raw(Arc::new(acts))) }
}
