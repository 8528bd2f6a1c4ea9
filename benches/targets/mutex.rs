//! `cargo bench -p runtime-benches --bench mutex`: one lock, many tasks, and one task alone.

fn main() {
    runtime_benches::harness::criterion(&["mutex", "mutex_alone"]);
}
