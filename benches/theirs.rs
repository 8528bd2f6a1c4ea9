//! The rows compiled against tokio.

pub(crate) use ::tokio as rt;

/// Who is under test, as it is called in tables.
pub(crate) const PEER: &str = "tokio";

#[path = "rows/mod.rs"]
pub(crate) mod rows;
