//! The reactor and what stands between it and a socket.

mod assumption;
pub(crate) mod attach;
pub(crate) mod current;
pub(crate) mod evented;
mod lookups;
mod reactor;
pub(crate) mod readiness;
pub(crate) mod registration;
mod table;
mod wait;

#[cfg(runtime_fuzzing)]
pub mod fuzzing;

use std::io;

use runtime_core::park::driver::ShutDown;

/// The error of every operation after the runtime has shut down.
pub(crate) fn shut_down() -> io::Error {
    io::Error::other(ShutDown)
}
