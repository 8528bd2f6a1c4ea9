//! System calls an operation: a row under `strace`, one peer at a time.
//!
//! strace counts a whole process, start and warm-up included. So the row runs twice, at two sizes,
//! and what the larger run has more is divided by the operations that it has more. A row that has
//! one size only, as one that lasts a second, is divided as it is: its operations are many. All that
//! comes from the samples of these runs, which say how many operations the process did. Other
//! processes that the row starts, its clients, are let go as soon as they execute something.
//!
//! `--peer`, `--exact` and `--here` are `compare`'s: the peers run apart, a row without those whose
//! names contain its own, and nothing in a further process. A row whose samples do not say how many
//! operations they are has no figure.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Sizes of runs, as divisors. Two are enough, if they differ.
const SIZES: [u32; 3] = [16, 4, 1];

/// Calls and operations of a run.
struct Run {
    calls: f64,
    operations: f64,
}

/// Whether there is an strace that may trace.
pub(crate) fn can_be_counted() -> bool {
    let mut strace = Command::new("strace");
    strace
        .args(["-c", "-o", "/dev/null", "true"])
        .stderr(Stdio::null());
    strace.status().is_ok_and(|status| status.success())
}

/// A line for the samples.
pub(crate) fn count(compare: &Path, row: &str, peer: &str) -> Result<String, String> {
    let mut runs: Vec<Run> = Vec::new();
    for size in SIZES {
        let run = run(compare, row, peer, size)?;
        let last = runs.last().map_or(f64::INFINITY, |run| run.operations);
        runs.push(run);
        if last < runs[runs.len() - 1].operations / 2.0 {
            break;
        }
    }
    Ok(json!({ "calls": row, "peer": peer, "value": quotient(&runs) }).to_string())
}

/// Calls an operation, by the two largest runs.
fn quotient(runs: &[Run]) -> f64 {
    let [.., smaller, larger] = runs else {
        unreachable!("a row is run at two sizes at least");
    };
    if larger.operations < 2.0 * smaller.operations {
        return larger.calls / larger.operations;
    }
    // A run may need a few calls less than the smaller one where an operation needs none.
    let more = (larger.calls - smaller.calls).max(0.0);
    more / (larger.operations - smaller.operations)
}

fn run(compare: &Path, row: &str, peer: &str, divisor: u32) -> Result<Run, String> {
    let folder = std::env::temp_dir().join(format!("runtime-report-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let (table, samples) = (folder.join("calls"), folder.join("samples"));
    let divisor = divisor.to_string();
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-c", "-b", "execve", "-o"])
        .arg(&table)
        .arg(compare);
    strace.args([
        "--bench",
        "--turns",
        "1",
        "--exact",
        "--here",
        "--peer",
        peer,
        "--divisor",
        &divisor,
    ]);
    strace.arg("--samples").arg(&samples).arg(row);
    let output = strace.output().map_err(|error| error.to_string())?;
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let (table, samples) = (read(&table), read(&samples));
    fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("it failed").to_owned());
    }
    Ok(Run {
        calls: total(&table).ok_or("strace has counted nothing")?,
        operations: operations(&samples).ok_or("the sample does not say how many operations")?,
    })
}

/// The fourth column of the last line: `100.00 0.004 2 1718 30 total`.
fn total(table: &str) -> Option<f64> {
    let line = table
        .lines()
        .rev()
        .find(|line| line.trim_end().ends_with("total"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// How many operations the process did, the warm-up included.
fn operations(samples: &str) -> Option<f64> {
    let lines = samples
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter_map(|line| line["operations"].as_f64())
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_the_last_line() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     50.00    0.000010           1         5           read\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     100.00    0.000020           2      1718        30 total\n";
        assert_eq!(total(table), Some(1718.0));
        assert_eq!(total("strace: no"), None);
    }

    #[test]
    fn what_a_larger_run_has_more_is_divided() {
        let run = |calls, operations| Run { calls, operations };
        assert_eq!(quotient(&[run(150.0, 10.0), run(180.0, 40.0)]), 1.0);
        assert_eq!(quotient(&[run(150.0, 10.0), run(140.0, 40.0)]), 0.0);
        let one_size = [run(9.0, 4.0), run(9.0, 4.0), run(12.0, 4.0)];
        assert_eq!(quotient(&one_size), 3.0);
    }

    #[test]
    fn the_operations_are_those_of_the_sample() {
        let line = r#"{"row":"a","peer":"tokio","operations":1200.0}"#;
        assert_eq!(operations(line), Some(1200.0));
        assert_eq!(operations("{\"row\":\"a\"}"), None);
    }
}
