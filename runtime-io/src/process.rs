//! Processes: started as with `std::process`, awaited without blocking a thread.
//!
//! A child has three parts, each with a place of its own: its *pipes* (`pipes.rs`), which are sources of the
//! driver as sockets are; its *end*, which a future waits for (`unix/exit.rs`: a pidfd in the
//! driver, or SIGCHLD; `windows/exit.rs`: the system's pool of waiting threads); and on Unix its
//! *remains*: who drops a child without having waited leaves it to the reaper (`unix/reaper.rs`), so
//! that no zombie stays.
//!
//! **Invariants.** P1: a process id is signalled only while nobody has reaped it: a look that finds
//! the child alive comes right before. P2: each spawned child is reaped once: by its `Child`, or by
//! the reaper that inherits it; also when its pipes cannot be set up, after it was killed. P3: what
//! watches a child goes before its handle does.

mod command;

mod child;

mod pipes;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

pub use child::Child;
pub use command::Command;
pub use pipes::{ChildStderr, ChildStdin, ChildStdout};
