//! I/O driver, traits and sockets of `runtime`.
//!
//! The public face is the crate `runtime`; this crate's paths are not a stable interface.
#![deny(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod io;

#[cfg(feature = "net")]
pub mod net;

#[cfg(feature = "net")]
mod driver;

#[cfg(feature = "signal")]
pub mod signal;

#[cfg(all(unix, feature = "process"))]
pub mod process;

#[cfg(all(unix, feature = "signal"))]
mod per_process;
