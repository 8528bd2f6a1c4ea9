//! What stands at the root: attributes that expand to paths in `tokio`, and macros by example.

#[cfg(feature = "rt")]
pub use ::runtime_macros::{tokio_main as main, tokio_test as test};

pub use ::runtime::{join, select, try_join};
