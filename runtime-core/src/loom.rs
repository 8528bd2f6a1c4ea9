//! The seam between the runtime and what checks its interleavings.
//!
//! This is the only file that knows `cfg(loom)` and `cfg(shuttle)`. Everything whose interleavings matter
//! (atomics, cells, locks, threads, time) is imported from here; a normal build gets the standard
//! library (its locks without poison), a build with `--cfg loom` or `--cfg shuttle` gets that checker's
//! instrumented twins behind the same names and signatures.
//!
//! **loom** tries all interleavings of a few threads, and all that their atomics may show. Differences
//! that a model has to know: there is no clock, so that a timed park may end at any moment; a lock
//! is loom's own; statics and thread-locals are not part of any model.
//!
//! **shuttle** draws schedules of whole runtimes at random, with every thread and lock of ours in it;
//! an atomic shows its newest value only. Differences: time passes only where somebody looks at the
//! clock or sleeps, and a timed sleep may end at any moment (`loom/shuttle.rs`).

#[cfg(not(any(loom, shuttle)))]
#[path = "loom/real.rs"]
mod imp;

#[cfg(loom)]
#[path = "loom/model.rs"]
mod imp;

#[cfg(all(shuttle, not(loom)))]
#[path = "loom/shuttle.rs"]
mod imp;

pub use imp::*;
