//! The macros of the facade. Each expands to paths that begin with `$crate::macros::support`, so it
//! works under whatever name its user knows this crate.

#[cfg(feature = "macros")]
mod join;

#[cfg(feature = "macros")]
mod select;

#[cfg(feature = "macros")]
mod try_join;

mod pin;

#[cfg(feature = "rt")]
mod task_local;

#[cfg(not(feature = "macros"))]
mod without_macros;

#[cfg(not(feature = "rt"))]
mod without_rt;

/// What the macros expand to. Not for use by hand: it changes with them.
pub mod support {
    pub use std::cell::RefCell;
    pub use std::future::{Future, IntoFuture, poll_fn};
    pub use std::option::Option;
    pub use std::pin::{Pin, pin};
    pub use std::result::Result;
    pub use std::task::{Context, Poll};
    pub use std::thread_local;

    pub use runtime_core::macros::{
        Futures, all_disabled, branch, first_branch, join, join_in_order, poll_budget, try_join,
        try_join_in_order, unmatched,
    };

    #[cfg(feature = "macros")]
    pub use runtime_macros::select_branches;
}
