//! `cargo bench -p runtime-benches --bench compare [-- filter …]`: all rows in turns, one table.

use runtime_benches::compare::{self, Size};

fn main() {
    runtime_benches::start();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, filters): (Vec<_>, Vec<_>) = arguments
        .into_iter()
        .partition(|argument| argument.starts_with("--"));
    // Cargo passes the flag to benches that it runs as benches, and not to those that it only
    // tests.
    let size = if flags.iter().any(|flag| flag == "--bench") {
        Size::full()
    } else {
        Size::smoke()
    };
    compare::print(&size, &filters);
}
