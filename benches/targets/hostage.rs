//! `cargo bench -p runtime-benches --bench hostage [-- times]`: what a task that blocks its thread
//! does to others.
//!
//! `times`: how many times a thread is blocked for 50 ms in each of three turns a peer; 80 by
//! default. For a 99.9th percentile of the partner's start that is worth its name, give 2000: ten
//! minutes.

fn main() {
    runtime_benches::start();
    let times = std::env::args().find_map(|argument| argument.parse().ok());
    // Cargo passes the flag to benches that it runs as benches, and not to those that it only
    // tests.
    if std::env::args().any(|argument| argument == "--bench") {
        runtime_benches::hostage::print(3, times.unwrap_or(80));
    } else {
        runtime_benches::hostage::print(1, 1);
    }
}
