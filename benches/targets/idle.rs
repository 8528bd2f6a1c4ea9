//! `cargo bench -p runtime-benches --bench idle`: wake-ups and CPU time of a process that has
//! nothing to do.

use runtime_benches::compare;
use runtime_benches::options::Options;

fn main() {
    runtime_benches::start();
    let mut options = Options::read();
    options.filters = vec![String::from("idle_")];
    compare::run(&options);
}
