//! A bound in time around a test.
//!
//! It is kept by the runtime's own timers: what does not come back at all is ended, with its
//! process, by `cargo xtask probe --test`.

use std::future::Future;
use std::time::Duration;

/// Far beyond what any of these tests takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    let ended = tokio::time::timeout(LIMIT, future).await;
    ended.expect("it ends in time")
}
