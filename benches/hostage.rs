//! What a task that blocks its thread does to others: the start of the partner it has just woken,
//! and a tick beside it.

use std::time::{Duration, Instant};

use crate::percentiles::Percentiles;
use crate::row::Figure;
use crate::usage::Usage;
use crate::{ours, theirs};

/// How late the partners began and the ticks came.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    pub(crate) starts: Vec<Duration>,
    pub(crate) ticks: Vec<Duration>,
}

/// Prints percentiles of both peers: `turns` times in turns, `times` blocked threads each.
pub fn print(turns: usize, times: usize) {
    let mut all = [Lateness::default(), Lateness::default()];
    for _ in 0..turns {
        for (all, body) in all
            .iter_mut()
            .zip([ours::rows::hostage, theirs::rows::hostage])
        {
            let lateness = body(times);
            all.starts.extend(lateness.starts);
            all.ticks.extend(lateness.ticks);
        }
    }
    println!("lateness in µs              n       p50       p90       p99     p99.9       max");
    for (peer, lateness) in ["ours", "tokio"].into_iter().zip(all) {
        print_percentiles(&format!("{peer}: partner's start"), lateness.starts);
        print_percentiles(&format!("{peer}: 1 ms tick"), lateness.ticks);
    }
}

fn print_percentiles(name: &str, values: Vec<Duration>) {
    print!("{name:<22} {:>6}", values.len());
    for (_, value) in Percentiles::of(values).points() {
        print!(" {:>9.1}", value / 1_000.0);
    }
    println!();
}

/// The 99.9th percentiles of one run, and what the run used in a second.
pub(crate) fn figures(body: impl FnOnce() -> Lateness) -> Vec<Figure> {
    let (before, start) = (Usage::now(), Instant::now());
    let lateness = body();
    let used = Usage::now() - before;
    let seconds = start.elapsed().as_secs_f64();
    let rows = [
        ("hostage_start", lateness.starts),
        ("hostage_tick", lateness.ticks),
    ];
    let figure = |(row, values)| {
        let mut figure = Percentiles::of(values).figure(row, 0.999);
        figure.operations = Some(seconds);
        used.a_second(seconds, figure)
    };
    rows.into_iter().map(figure).collect()
}
