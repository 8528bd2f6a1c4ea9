//! What a task that blocks its thread does to others: the start of the partner it has just woken,
//! and a tick beside it.

use std::time::{Duration, Instant};

use crate::report::{Line, Sample, head};
use crate::usage::Usage;
use crate::{ours, theirs};

/// How late the partners began and the ticks came.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    pub(crate) starts: Vec<Duration>,
    pub(crate) ticks: Vec<Duration>,
}

/// One run of one peer.
#[derive(Debug)]
struct Run {
    lateness: Lateness,
    used: Usage,
    time: Duration,
}

/// Prints percentiles of both peers: `turns` times in turns, `times` blocked threads each.
pub fn print(turns: usize, times: usize) {
    let mut all = [Lateness::default(), Lateness::default()];
    let mut runs = Vec::new();
    for _ in 0..turns {
        let pair = turn(times);
        for (all, run) in all.iter_mut().zip([&pair.0, &pair.1]) {
            all.starts.extend(&run.lateness.starts);
            all.ticks.extend(&run.lateness.ticks);
        }
        runs.push(pair);
    }
    println!("{}", head());
    for line in [start_line(&runs), tick_line(&runs)] {
        println!("{line}");
    }
    println!("\nlateness in µs              n       p50       p90       p99     p99.9       max");
    for (peer, lateness) in ["ours", "tokio"].into_iter().zip(&mut all) {
        print_percentiles(&format!("{peer}: partner's start"), &mut lateness.starts);
        print_percentiles(&format!("{peer}: 1 ms tick"), &mut lateness.ticks);
    }
}

fn print_percentiles(name: &str, values: &mut [Duration]) {
    values.sort();
    print!("{name:<22} {:>6}", values.len());
    for share in [0.5, 0.9, 0.99, 0.999, 1.0] {
        print!(" {:>9.1}", percentile(values, share) / 1_000.0);
    }
    println!();
}

pub(crate) fn lines(turns: usize, times: usize) -> [Line; 2] {
    let runs: Vec<_> = (0..turns).map(|_| turn(times)).collect();
    [start_line(&runs), tick_line(&runs)]
}

fn turn(times: usize) -> (Run, Run) {
    let ours = run(ours::rows::hostage, times);
    (ours, run(theirs::rows::hostage, times))
}

fn run(body: fn(usize) -> Lateness, times: usize) -> Run {
    let (before, start) = (Usage::now(), Instant::now());
    let mut lateness = body(times);
    lateness.starts.sort();
    lateness.ticks.sort();
    Run {
        lateness,
        used: Usage::now() - before,
        time: start.elapsed(),
    }
}

fn start_line(runs: &[(Run, Run)]) -> Line {
    line("hostage_start", runs, |run| &run.lateness.starts)
}

fn tick_line(runs: &[(Run, Run)]) -> Line {
    line("hostage_tick", runs, |run| &run.lateness.ticks)
}

/// The 99.9th percentile of each run, and what the run used in a second.
fn line(name: &str, runs: &[(Run, Run)], figures: fn(&Run) -> &Vec<Duration>) -> Line {
    let sample = |run: &Run| {
        let seconds = run.time.as_secs_f64();
        Sample {
            value: percentile(figures(run), 0.999),
            cpu: run.used.cpu.as_micros() as f64 / seconds,
            switches: run.used.switches as f64 / seconds,
        }
    };
    let pair = |(ours, theirs): &(Run, Run)| (sample(ours), sample(theirs));
    Line {
        name: String::from(name),
        unit: "ns p99.9",
        pairs: runs.iter().map(pair).collect(),
    }
}

/// In nanoseconds; the values are in order.
fn percentile(values: &[Duration], share: f64) -> f64 {
    let last = values.len() - 1;
    let index = (values.len() as f64 * share).ceil() as usize;
    values[index.clamp(1, last + 1) - 1].as_nanos() as f64
}
