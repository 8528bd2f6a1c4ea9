//! Peers that mean harm, and lines that are bad: each test bears the number of its fault.
//!
//! Each has two sizes. The small one needs no rights and belongs to the ordinary suite; the whole
//! one is asked for by the variable [`WHOLE`], as `cargo xtask hostile` does. What a bad line loses
//! is lost by a filter on the socket itself ([`line`]), unless the process lies in a network
//! namespace whose own line is bad: then the variable [`LINE`] says so.
#![cfg(target_os = "linux")]

mod support;

#[path = "hostile/line.rs"]
mod line;

#[path = "hostile/closed_window.rs"]
mod closed_window;
#[path = "hostile/gone.rs"]
mod gone;
#[path = "hostile/resets.rs"]
mod resets;
#[path = "hostile/slow.rs"]
mod slow;
#[path = "hostile/thin_line.rs"]
mod thin_line;

use std::time::Duration;

use runtime::runtime::{Builder, Runtime};

use support::Watchdog;

/// Asks for the whole size.
const WHOLE: &str = "RUNTIME_HOSTILE_WHOLE";

/// Says what the namespace's own line does: `loses` or `swallows`.
const LINE: &str = "RUNTIME_HOSTILE_LINE";

fn is_whole() -> bool {
    std::env::var_os(WHOLE).is_some()
}

/// One of the two, by the size that is asked for.
fn sized<T>(small: T, whole: T) -> T {
    if is_whole() { whole } else { small }
}

/// The whole size may take longer.
fn limit() -> Duration {
    sized(Watchdog::LIMIT, Duration::from_secs(900))
}

fn watchdog() -> Watchdog {
    Watchdog::with_limit(limit())
}

/// A runtime that has run a task: from then on it makes no descriptors of its own, but for the driver's.
fn workers() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).build().expect("a runtime");
    let first = runtime.spawn(async {});
    runtime.block_on(first).expect("it ends");
    runtime
}
