//! A multi-threaded, work-stealing async runtime.
#![forbid(unsafe_code)]

pub use runtime_core::spawn::spawn;
pub use runtime_core::task::JoinHandle;
#[cfg(feature = "macros")]
pub use runtime_macros::{main, test};

/// Tasks.
pub mod task {
    pub use runtime_core::spawn::{block_in_place, spawn, spawn_blocking, yield_now};
    pub use runtime_core::task::{AbortHandle, Id, JoinError, JoinHandle, id, try_id};
}

/// Runtimes.
pub mod runtime {
    pub use runtime_core::builder::Builder;
    pub use runtime_core::handle::{Handle, RuntimeFlavor, RuntimeMetrics, TryCurrentError};
    pub use runtime_core::runtime::Runtime;
    pub use runtime_core::{EnterGuard, IoMode, Stall};
}

/// Time.
pub mod time {
    pub use runtime_core::time::*;
}
