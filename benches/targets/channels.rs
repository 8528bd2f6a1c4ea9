//! `cargo bench -p runtime-benches --bench channels`: values from task to task.

fn main() {
    runtime_benches::harness::criterion(&[
        "mpsc_bounded_1x1",
        "mpsc_unbounded_1x1",
        "mpsc_5x1000_roomy",
        "mpsc_5x1000_full",
        "mpsc_5x1000_unbounded",
        "oneshot",
        "request_reply_task",
        "request_reply_main",
    ]);
}
