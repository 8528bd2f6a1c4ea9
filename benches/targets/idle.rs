//! `cargo bench -p runtime-benches --bench idle`: wake-ups and CPU time of a process that has
//! nothing to do.

use std::time::Duration;

fn main() {
    runtime_benches::start();
    // Cargo passes the flag to benches that it runs as benches, and not to those that it only
    // tests.
    if std::env::args().any(|argument| argument == "--bench") {
        runtime_benches::idle::print(5, Duration::from_secs(2));
    } else {
        runtime_benches::idle::print(1, Duration::from_millis(200));
    }
}
