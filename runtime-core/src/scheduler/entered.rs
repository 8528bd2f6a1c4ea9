//! Which runtimes a thread is in: the last entered is the current one.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ptr::null;
use std::sync::Arc;

use super::runner::{self, Runner};
use super::shared::Shared;
use crate::local::Local;
use crate::loom;
use crate::timer::timers::Shard;

crate::loom::thread_local! {
    /// Has no destructor, and when it is empty no memory: so it is there to the thread's last moment.
    static ENTERED: RefCell<ManuallyDrop<Vec<Option<Place>>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
    /// The address of the last of them: whether a runner is of it is asked at each spawn.
    static INNERMOST: Cell<*const Shared> = const { Cell::new(null()) };
}

/// A runtime that a thread is in.
struct Place {
    shared: Arc<Shared>,
    /// Whether it lies on this thread's stack: its own thread, or its `block_on`.
    on_stack: bool,
}

/// Until dropped, `shared` is the current runtime of this thread.
#[derive(Debug)]
pub(crate) struct Entered {
    depth: usize,
}

pub(crate) fn enter(shared: &Arc<Shared>) -> Entered {
    enter_place(shared, false)
}

/// As [`enter`], for good on one of the runtime's threads, or for a `block_on` of it.
pub(super) fn enter_on_stack(shared: &Arc<Shared>) -> Entered {
    enter_place(shared, true)
}

fn enter_place(shared: &Arc<Shared>, on_stack: bool) -> Entered {
    let shared = Arc::clone(shared);
    let depth = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        entered.push(Some(Place { shared, on_stack }));
        set_innermost(&entered);
        entered.len()
    });
    // Where locals without a destructor go, too, the thread is in no runtime's context any more.
    Entered {
        depth: depth.unwrap_or(0),
    }
}

/// Whether what runs here lies on top of one of the runtime's threads, or of a `block_on` of it.
pub(super) fn is_on_stack(shared: &Shared) -> bool {
    let is_it = |place: &Place| place.on_stack && std::ptr::eq(Arc::as_ptr(&place.shared), shared);
    ENTERED
        .try_with(|entered| entered.borrow().iter().flatten().any(is_it))
        .unwrap_or(false)
}

fn set_innermost(entered: &[Option<Place>]) {
    let innermost = entered.last().and_then(Option::as_ref);
    INNERMOST.set(innermost.map_or(null(), |place| Arc::as_ptr(&place.shared)));
}

/// The address of the current runtime, or null.
#[inline]
pub(super) fn innermost() -> *const Shared {
    INNERMOST.try_with(Cell::get).unwrap_or(null())
}

impl Entered {
    /// Whether nothing was entered since that has not been left yet.
    pub(crate) fn is_innermost(&self) -> bool {
        let depth = ENTERED.try_with(|entered| entered.borrow().len());
        depth.map_or(true, |depth| depth == self.depth)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // Guards may be dropped in any order: an inner place is emptied, the top falls to the
        // highest that is not.
        let left = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let place = self.depth.checked_sub(1)?;
            let left = entered.get_mut(place).and_then(Option::take);
            while matches!(entered.last(), Some(None)) {
                entered.pop();
            }
            if entered.is_empty() {
                **entered = Vec::new();
            }
            set_innermost(&entered);
            left
        });
        // Perhaps the last count of a runtime: dropped with no borrow held.
        drop(left);
    }
}

/// The current runtime, if any.
pub(crate) fn entered() -> Option<Arc<Shared>> {
    ENTERED
        .try_with(|entered| {
            let entered = entered.borrow();
            let innermost = entered.last()?.as_ref()?;
            Some(Arc::clone(&innermost.shared))
        })
        .ok()
        .flatten()
}

/// The local tasks of the current runtime, if it is a local one.
pub(crate) fn entered_local() -> Option<Arc<Local>> {
    ENTERED
        .try_with(|entered| entered.borrow().last()?.as_ref()?.shared.local().cloned())
        .ok()
        .flatten()
}

/// Calls `f` with where new timers of this thread go: the wheel of its queue, or else the first of
/// the current runtime.
#[inline]
pub(crate) fn with_timer_shard<R>(f: impl FnOnce(Option<&loom::Arc<Shard>>) -> R) -> R {
    runner::with_current_entered(|runner| match runner.and_then(Runner::local) {
        Some(slot) => f(Some(&slot.wheel)),
        None => f(first_timer_shard().as_ref()),
    })
}

#[cold]
fn first_timer_shard() -> Option<loom::Arc<Shard>> {
    entered().map(|shared| loom::Arc::clone(&shared.slots[0].wheel))
}
