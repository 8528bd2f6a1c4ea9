//! The seam between the runtime and its model checker.
//!
//! This is the only file that knows `cfg(loom)`. Everything whose interleavings matter (atomics,
//! cells, locks, threads) is imported from here; a normal build gets the standard library
//! (its locks without poison), a build with `--cfg loom` gets loom's instrumented twins behind the same names and
//! signatures.
//!
//! Differences that a model has to know: under loom a timed park has no clock, it sleeps until it
//! is unparked; a lock is loom's own; statics and thread-locals are not part of any model.

#[cfg(not(loom))]
#[path = "loom/real.rs"]
mod imp;

#[cfg(loom)]
#[path = "loom/model.rs"]
mod imp;

pub use imp::*;
