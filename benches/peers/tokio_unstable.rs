//! tokio with its unstable switches on, in the rows that they are made for.
//!
//! Such a switch needs a flag of the compiler that reaches everything in a build, tokio's usual form
//! too. So it takes a second build of this binary, whose tokio has them on (`theirs/switched.rs`);
//! an environment variable says where it is.

use std::path::PathBuf;
use std::process::Command;

use crate::child::Child;
use crate::row::{Divisor, Entry, Figure, Work};
use crate::theirs;

/// The second build.
const BINARY: &str = "RUNTIME_BENCHES_UNSTABLE";

/// The first names of rows: with timers, under load from the network, beside a thread that is
/// blocked, with a blocking pool.
const ROWS: [&str; 20] = [
    "spawn_join",
    "hostage_start",
    "cross_wake_0us",
    "timeout_churn",
    "timers_1m_cpu",
    "sleep_lateness",
    "echo_rtt",
    "echo_load_64",
    "echo_load_1000",
    "echo_inside_1",
    "echo_inside_100",
    "http_hello_50",
    "conn_churn",
    "spawn_blocking_1",
    "spawn_blocking_8",
    "fs_read_4k_1",
    "fs_read_4k_64",
    "idle_0_connections",
    "brigade_switch_pipes",
    "service_peak",
];

/// Nothing where nobody has built it.
pub(super) fn rows() -> Vec<Entry> {
    if std::env::var_os(BINARY).is_none() {
        return Vec::new();
    }
    let mut entries = theirs::rows::all();
    entries.retain(|entry| ROWS.contains(&entry.names[0]));
    for entry in &mut entries {
        entry.work = Work::Apart(measure);
    }
    entries
}

fn measure(row: &str, divisor: Divisor) -> Vec<Figure> {
    let binary = std::env::var_os(BINARY).map(PathBuf::from);
    let binary = binary.expect("there are no rows without it");
    Child::measure_by(Command::new(binary), theirs::PEER, row, divisor)
}
