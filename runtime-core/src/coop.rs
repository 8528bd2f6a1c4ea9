//! The per-poll budget: how a task that is always ready still lets others run.
//!
//! Each poll of a task starts with [`BUDGET`] units. A leaf operation (a receive, a lock, a read)
//! takes one unit when it makes progress; with none left it wakes its own task and returns
//! `Pending`, so that the task goes to the back of the queue. Outside a task the budget is
//! unlimited.
//!
//! A leaf calls [`poll_proceed`] first and keeps the returned [`Progress`]; if it does get
//! something done it says [`Progress::made`], else the unit goes back when the value is dropped:
//! waiting costs nothing.

pub mod face;

use std::cell::Cell;
use std::task::{Context, Poll};

/// Units a poll starts with.
pub const BUDGET: u8 = 128;

/// No limit: outside a task, and in an unconstrained future.
const UNLIMITED: u16 = u16::MAX;

crate::loom::thread_local! {
    static REMAINING: Cell<u16> = const { Cell::new(UNLIMITED) };
}

/// Restores the budget that was in force before, when dropped.
#[derive(Debug)]
pub struct Reset(u16);

impl Drop for Reset {
    fn drop(&mut self) {
        // The thread's locals may be gone already: then nobody reads the budget any more.
        let _ = REMAINING.try_with(|remaining| remaining.set(self.0));
    }
}

/// Gives the rest of this scope a fresh budget.
#[inline]
pub fn budget() -> Reset {
    set(u16::from(BUDGET))
}

/// Takes the limit off for the rest of this scope.
#[inline]
pub fn unconstrained() -> Reset {
    set(UNLIMITED)
}

#[inline]
fn set(to: u16) -> Reset {
    Reset(
        REMAINING
            .try_with(|remaining| remaining.replace(to))
            .unwrap_or(UNLIMITED),
    )
}

/// Whether the running poll may still make progress.
#[inline]
pub fn has_budget_remaining() -> bool {
    REMAINING.try_with(Cell::get).unwrap_or(UNLIMITED) > 0
}

/// Spends a unit without asking for one: for who found [budget left](has_budget_remaining), has
/// done something since, and has no context at hand.
#[inline]
pub fn spend() {
    let _ = REMAINING.try_with(|remaining| match remaining.get() {
        UNLIMITED | 0 => {}
        before => remaining.set(before - 1),
    });
}

/// One unit, on loan: kept if [`Progress::made`] is called, given back on drop otherwise.
#[derive(Debug)]
#[must_use = "dropped without `made()`, the unit goes back"]
pub struct Progress(u16);

impl Progress {
    /// Something was done: the unit is spent.
    #[inline]
    pub fn made(self) {
        std::mem::forget(self);
    }
}

impl Drop for Progress {
    #[inline]
    fn drop(&mut self) {
        let _ = REMAINING.try_with(|remaining| remaining.set(self.0));
    }
}

/// Takes one unit, or wakes the task and returns `Pending` when none is left.
#[inline]
pub fn poll_proceed(cx: &mut Context<'_>) -> Poll<Progress> {
    let Ok(before) = REMAINING.try_with(Cell::get) else {
        return Poll::Ready(Progress(UNLIMITED));
    };
    match before {
        UNLIMITED => Poll::Ready(Progress(UNLIMITED)),
        0 => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        _ => {
            let _ = REMAINING.try_with(|remaining| remaining.set(before - 1));
            Poll::Ready(Progress(before))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, budget, has_budget_remaining, poll_proceed, spend, unconstrained};
    use std::task::{Context, Poll, Waker};

    #[test]
    fn a_budget_is_spent_by_progress_only() {
        let mut cx = Context::from_waker(Waker::noop());
        let outer = budget();
        for _ in 0..BUDGET {
            drop(poll_proceed(&mut cx));
            match poll_proceed(&mut cx) {
                Poll::Ready(unit) => unit.made(),
                Poll::Pending => panic!("budget left"),
            }
        }
        assert!(!has_budget_remaining());
        assert!(poll_proceed(&mut cx).is_pending());
        {
            let _inner = unconstrained();
            assert!(poll_proceed(&mut cx).is_ready());
        }
        assert!(poll_proceed(&mut cx).is_pending());
        drop(outer);
        assert!(poll_proceed(&mut cx).is_ready());
    }

    #[test]
    fn what_is_spent_unasked_counts_as_well() {
        spend();
        assert!(has_budget_remaining(), "outside a task there is no limit");
        let _outer = budget();
        for _ in 0..BUDGET {
            assert!(has_budget_remaining());
            spend();
        }
        assert!(!has_budget_remaining());
        spend();
        assert!(!has_budget_remaining());
    }
}
