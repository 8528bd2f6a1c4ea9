//! `cargo bench -p runtime-benches --bench echo`: 64 bytes there and back over TCP.

fn main() {
    runtime_benches::harness::criterion(&[
        "echo_rtt",
        "echo_load_64",
        "echo_load_256",
        "echo_load_1000",
        "echo_inside_1",
        "echo_inside_100",
    ]);
}
