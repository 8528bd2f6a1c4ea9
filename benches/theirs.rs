//! The rows compiled against tokio.

pub(crate) use ::tokio as rt;

/// Who is under test, as it is called in tables.
pub(crate) const PEER: &str = "tokio";

#[cfg_attr(tokio_unstable, path = "theirs/switched.rs")]
#[cfg_attr(not(tokio_unstable), path = "theirs/plain.rs")]
mod builder;
pub(crate) use builder::multi_thread;

#[path = "rows/mod.rs"]
pub(crate) mod rows;
