//! Child processes.

pub use ::runtime::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
