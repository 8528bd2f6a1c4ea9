//! The rows compiled against this workspace's runtime.

pub(crate) use ::runtime as rt;

/// Who is under test, as it is called in tables.
pub(crate) const PEER: &str = "runtime";

/// A builder as a program finds it.
pub(crate) fn multi_thread() -> rt::runtime::Builder {
    rt::runtime::Builder::new_multi_thread()
}

#[path = "rows/mod.rs"]
pub(crate) mod rows;
