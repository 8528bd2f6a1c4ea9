//! Tasks: small threads of control, many on few threads.

pub use ::runtime::task::{
    AbortHandle, Id, JoinError, JoinHandle, JoinSet, LocalEnterGuard, LocalKey, LocalSet,
    Unconstrained, block_in_place, consume_budget, id, spawn, spawn_blocking, spawn_local, try_id,
    unconstrained, yield_now,
};

/// The budget of a poll.
pub mod coop {
    pub use ::runtime::task::coop::{
        Coop, RestoreOnPending, Unconstrained, consume_budget, cooperative, has_budget_remaining,
        poll_proceed, unconstrained,
    };
}

/// Futures that have names.
pub mod futures {
    pub use ::runtime::task::futures::TaskLocalFuture;
}

/// Sets of tasks.
pub mod join_set {
    pub use ::runtime::task::join_set::JoinSet;
}
