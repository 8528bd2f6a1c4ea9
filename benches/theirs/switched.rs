//! tokio with `--cfg tokio_unstable`, and on what is off there by itself.

use tokio::runtime::Builder;

/// A builder whose switches are on.
pub(crate) fn multi_thread() -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder
        .enable_alt_timer()
        .enable_eager_driver_handoff()
        .enable_sharded_blocking_queue();
    builder
}
