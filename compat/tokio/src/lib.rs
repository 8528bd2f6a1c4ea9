//! tokio's public names over the runtime of this repository.
//!
//! Code that depends on `tokio` builds on this runtime when an application says
//!
//! ```toml
//! [patch.crates-io]
//! tokio = { path = "…/compat/tokio" }
//! ```
//!
//! and runs `cargo update -p tokio`. `cargo xtask bridge-check` tells whether it worked.
//!
//! Nothing is implemented here. Each module lists what it passes on, name by name, so that what the
//! runtime has beyond the vocabulary cannot leak into a crate of this name. A test of the lists is
//! `cargo xtask vocabulary`, which compares them with the real one.
#![forbid(unsafe_code)]

pub use ::runtime::pin;
#[cfg(feature = "rt")]
pub use ::runtime::task_local;

/// What the macros expand to.
#[doc(hidden)]
pub mod macros {
    pub use ::runtime::macros::support;
}

#[cfg(feature = "macros")]
mod roots;
#[cfg(feature = "macros")]
pub use roots::*;

#[cfg(feature = "fs")]
pub mod fs;

pub mod io;

#[cfg(feature = "net")]
pub mod net;

#[cfg(feature = "process")]
pub mod process;

#[cfg(feature = "rt")]
pub mod runtime;

#[cfg(feature = "signal")]
pub mod signal;

#[cfg(feature = "sync")]
pub mod sync;

#[cfg(feature = "rt")]
pub mod task;
#[cfg(feature = "rt")]
pub use task::spawn;

#[cfg(feature = "time")]
pub mod time;
