//! `cargo bench -p runtime-benches --bench yields`: tasks that give way to each other.

fn main() {
    runtime_benches::harness::criterion(&["yield_many", "yield_many_one_worker", "yield_one"]);
}
