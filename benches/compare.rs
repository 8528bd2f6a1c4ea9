//! Every row in turns, ours and theirs, in one table: what one looks at while tuning.
//!
//! A sample is a fresh body, one short run to warm it up, and one run that counts. Samples of the
//! two peers follow each other closely, so that what else the machine does hits both; the ratio of
//! a row is the median over the pairs. Only one runtime is alive at a time.

use std::time::Duration;

use crate::report::{Line, Sample, head};
use crate::row::{self, Body, Row};
use crate::usage::Usage;
use crate::{hostage, idle};

/// How large a comparison is.
#[derive(Clone, Debug)]
pub struct Size {
    /// How many pairs of samples a row gets.
    pub turns: usize,
    /// Rounds are divided by this; a round is never less than whole.
    pub divisor: u64,
    /// For how long an idle process is watched.
    pub idle_window: Duration,
    /// How many times a thread is blocked in a sample.
    pub hostages: usize,
}

impl Size {
    /// What the figures are taken from: all rows in four minutes.
    pub fn full() -> Size {
        Size {
            turns: 5,
            divisor: 1,
            idle_window: Duration::from_secs(1),
            hostages: 20,
        }
    }

    /// Shows only that every row works.
    pub fn smoke() -> Size {
        Size {
            turns: 1,
            divisor: u64::MAX,
            idle_window: Duration::from_millis(200),
            hostages: 1,
        }
    }
}

/// Runs the rows whose name contains one of the filters, or all without a filter, and prints the
/// table as it grows.
pub fn print(size: &Size, filters: &[String]) {
    let wanted = |name: &str| {
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    println!(
        "ns an operation, medians; ratio: ours / tokio, median of {} pairs",
        size.turns
    );
    println!("cpu: CPU ns an operation; csw: voluntary switches an operation;");
    println!("rows idle and hostage: CPU µs and switches a second");
    println!("{}", head());
    for row in row::all().iter().filter(|row| wanted(row.name)) {
        println!("{}", compare(row, size));
    }
    for line in idle::lines(size.turns, size.idle_window, wanted) {
        println!("{line}");
    }
    if wanted("hostage") {
        for line in hostage::lines(size.turns, size.hostages) {
            println!("{line}");
        }
    }
}

fn compare(row: &Row, size: &Size) -> Line {
    let rounds = (row.rounds / size.divisor).max(1);
    let turn = |_| {
        let ours = sample((row.ours)(), rounds, row.operations);
        (ours, sample((row.theirs)(), rounds, row.operations))
    };
    Line {
        name: String::from(row.name),
        unit: "ns",
        pairs: (0..size.turns).map(turn).collect(),
    }
}

fn sample(mut body: Body, rounds: u64, operations: u64) -> Sample {
    body(rounds.div_ceil(5));
    let before = Usage::now();
    let time = body(rounds);
    let used = Usage::now() - before;
    let operations = (rounds * operations) as f64;
    Sample {
        value: time.as_nanos() as f64 / operations,
        cpu: used.cpu.as_nanos() as f64 / operations,
        switches: used.switches as f64 / operations,
    }
}
