//! Executor, timers and synchronisation of `runtime`; knows no sockets, files or descriptors.
//!
//! The public face is the crate `runtime`; this crate's paths are not a stable interface.
//!
//! Imports point one way, from the bottom of this list to its top; `tests/tidy.rs` proves it.
#![deny(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod loom;

pub mod util;

pub mod coop;

pub mod park;

pub mod task;

mod local;

pub mod sync;

pub mod timer;

mod blocking;

mod scheduler;

mod context;

pub mod handle;

pub mod runtime;

pub mod builder;

pub mod local_set;

pub mod local_runtime;

pub mod spawn;

pub mod join_set;

pub mod task_local;

pub mod macros;

pub mod time;

#[cfg(runtime_fuzzing)]
#[doc(hidden)]
pub mod fuzzing;

pub use context::EnterGuard;
pub use handle::Handle;
pub use scheduler::{IoMode, Stall};
