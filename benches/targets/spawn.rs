//! `cargo bench -p runtime-benches --bench spawn`: tasks that are spawned and joined.

fn main() {
    runtime_benches::harness::criterion(&[
        "spawn_join",
        "spawn_from_main",
        "chained_spawn",
        "ping_pong",
        "fork_join",
    ]);
}
