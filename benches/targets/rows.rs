//! `cargo bench -p runtime-benches --bench rows [-- filter]`: every row of timed rounds as a
//! criterion group, with a bench for each peer.

fn main() {
    runtime_benches::harness::criterion();
}
