//! What a `select!` asks for at run time: the budget, a branch to begin with, its two panics.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::task::{Context, Poll};

use crate::coop;

/// Ready while the task may still make progress.
///
/// The leaves of a `select!` that know the budget would all be pending without it; the others do
/// not cooperate, and would win each time. So nobody is asked.
#[inline]
pub fn poll_budget(cx: &mut Context<'_>) -> Poll<()> {
    coop::poll_proceed(cx).map(drop)
}

thread_local! {
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0_u8));
}

/// The branch that a poll begins with: each of `count` equally often.
#[inline]
pub fn first_branch(count: u32) -> u32 {
    // A thread whose locals are gone begins with the first branch.
    let random = STATE.try_with(|state| {
        // A Weyl sequence and a mixing multiplication of 128 bits (wyrand): no state is bad, so any
        // seed will do, and two multiplications are all.
        let next = state.get().wrapping_add(0xa076_1d64_78bd_642f);
        state.set(next);
        let product = u128::from(next) * u128::from(next ^ 0xe703_7ed1_a0b4_28db);
        (product >> 64) as u32 ^ product as u32
    });
    let random = random.unwrap_or(0);
    // The high part of a product is below `count`: a division's work for the price of a shift.
    ((u64::from(random) * u64::from(count)) >> 32) as u32
}

/// Nothing is left that could end the `select!`.
#[cold]
#[track_caller]
pub fn all_disabled() -> ! {
    panic!("all branches are disabled and there is no else branch")
}

/// A pattern that matched a reference to the output did not match the output.
#[cold]
#[track_caller]
pub fn unmatched() -> ! {
    unreachable!("a pattern matches in one of two looks only")
}
