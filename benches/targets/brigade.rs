//! `cargo bench -p runtime-benches --bench brigade`: a byte handed down a line of tasks.

fn main() {
    runtime_benches::harness::criterion(&[
        "brigade_tcp",
        "brigade_switch_pipes",
        "brigade_switch_channels",
    ]);
}
