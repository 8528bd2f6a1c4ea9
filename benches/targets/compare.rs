//! `cargo bench -p runtime-benches --bench compare [-- flags and filters]`: all rows in turns, one
//! table. README.md lists the flags.

use runtime_benches::compare;
use runtime_benches::options::Options;

fn main() {
    runtime_benches::start();
    compare::run(&Options::read());
}
