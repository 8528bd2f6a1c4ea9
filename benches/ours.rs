//! The rows compiled against this workspace's runtime.

pub(crate) use ::runtime as rt;

/// Who is under test, as it is called in tables.
pub(crate) const PEER: &str = "runtime";

#[path = "rows/mod.rs"]
pub(crate) mod rows;
