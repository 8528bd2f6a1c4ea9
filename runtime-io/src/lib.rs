//! I/O driver, traits, sockets and files of `runtime`.
//!
//! The public face is the crate `runtime`; this crate's paths are not a stable interface.
#![deny(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod io;

#[cfg(feature = "fs")]
pub mod fs;

#[cfg(feature = "net")]
pub mod net;

#[cfg(all(unix, feature = "net"))]
pub mod async_fd;

#[cfg(feature = "io-std")]
pub mod stdio;

#[cfg(feature = "futures-io")]
pub mod futures_io;

#[cfg(feature = "net")]
mod driver;

#[cfg(runtime_fuzzing)]
#[doc(hidden)]
pub use driver::fuzzing;

#[cfg(any(feature = "fs", feature = "io-std"))]
mod pool;

#[cfg(feature = "signal")]
pub mod signal;

#[cfg(feature = "process")]
pub mod process;

#[cfg(any(feature = "io-std", all(unix, feature = "signal")))]
mod per_process;
