//! tokio as everybody has it.

use tokio::runtime::Builder;

/// A builder as a program finds it.
pub(crate) fn multi_thread() -> Builder {
    Builder::new_multi_thread()
}
