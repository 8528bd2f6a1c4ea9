//! `cargo bench -p runtime-benches --bench timers`: timers that never fire.
//!
//! How late a sleep ends is no time that criterion could plan its runs by: `--bench compare --
//! sleep_lateness`.

fn main() {
    runtime_benches::harness::criterion(&["timeout_churn"]);
}
