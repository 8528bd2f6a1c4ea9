//! How threads sleep: each on its own parker, or one of them in the driver.

pub mod driver;

pub mod parker;

pub(crate) mod plain;

pub(crate) mod seat;

use std::cell::Cell;

pub use parker::block_on_parked;

crate::loom::thread_local! {
    static ASYNC_CONTEXT: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is polling tasks right now, so that blocking it would block them.
pub fn is_async_context() -> bool {
    ASYNC_CONTEXT.try_with(Cell::get).unwrap_or(false)
}

/// Says whether this thread polls tasks from here on; gives what was said before.
pub fn set_async_context(polls: bool) -> bool {
    ASYNC_CONTEXT
        .try_with(|context| context.replace(polls))
        .unwrap_or(false)
}
