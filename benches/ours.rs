//! The rows compiled against this workspace's runtime.

pub(crate) use ::runtime as rt;

#[path = "rows/mod.rs"]
pub(crate) mod rows;
