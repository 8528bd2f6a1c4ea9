//! The standard streams of the process.
//!
//! Standard input is read by one detached thread for the whole process (`stdio/input.rs`): a read
//! of it may wait for ever, so neither the end of a runtime nor that of the process waits for it.
//! Standard output and standard error are written by jobs on the runtime's pool
//! (`stdio/output.rs`).

mod input;

mod stdin;
pub use stdin::{Stdin, stdin};

mod output;

mod stdout;
pub use stdout::{Stdout, stdout};

mod stderr;
pub use stderr::{Stderr, stderr};

#[cfg(unix)]
mod unix;

#[cfg(windows)]
mod windows;
