//! The rows compiled against tokio.

pub(crate) use ::tokio as rt;

#[path = "rows/mod.rs"]
pub(crate) mod rows;
