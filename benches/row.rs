//! What a row is: a name, and what each peer does for it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{ours, peers, theirs};

/// Runs a number of rounds and says how long they took.
///
/// The row's runtime lives as long as its body: what is built once is not in the figure.
pub type Body = Box<dyn FnMut(u64) -> Duration>;

/// The divisor by which a measurement makes itself smaller: 1 is its full size, and the largest
/// number means "show only that it works".
pub type Divisor = u64;

/// What one peer does for a row, or for several rows at once.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Rounds of the same, timed from outside, in the process that compares.
    Rounds(Rounds),
    /// Whatever else gives figures, in a fresh process for each sample.
    Measure(fn(Divisor) -> Vec<Figure>),
    /// The same by another program, which is told the row's first name.
    Apart(fn(&str, Divisor) -> Vec<Figure>),
}

/// Rounds of the same, and how their time becomes a figure.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// What the figures are.
    pub unit: Unit,
    /// How many operations, or bytes, there are in one round.
    pub operations: u64,
    /// How many rounds make up one sample of `compare`: some 50 to 200 milliseconds.
    pub rounds: u64,
    /// Builds the runtime and all that is needed, outside of the figure.
    pub make: fn() -> Body,
    /// Whether the process has not enough descriptors for two bodies at a time.
    pub is_large: bool,
}

/// The units of timed rounds.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// Nanoseconds an operation.
    Nanos,
    /// Millions of bytes a second.
    Megabytes,
}

impl Unit {
    /// As it stands in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Unit::Nanos => "ns",
            Unit::Megabytes => "MB/s",
        }
    }

    pub(crate) fn value(self, time: Duration, operations: f64) -> f64 {
        match self {
            Unit::Nanos => time.as_nanos() as f64 / operations,
            Unit::Megabytes => operations / 1e6 / time.as_secs_f64(),
        }
    }
}

/// One figure of one peer.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The row that it belongs to.
    pub row: String,
    /// `ns`, `bytes`, `MB/s`, `%`, `wakes/s`, …
    pub unit: String,
    /// The figure itself.
    pub value: f64,
    /// CPU nanoseconds an operation; of what is counted by the second, CPU microseconds a second.
    pub cpu: Option<f64>,
    /// Voluntary switches an operation, or a second.
    pub switches: Option<f64>,
    /// How many operations, or seconds, the process has done since its start, the warm-up included.
    pub operations: Option<f64>,
    /// Shares and the values at them, where the figure is one of a distribution.
    pub percentiles: Vec<(f64, f64)>,
}

impl Figure {
    pub(crate) fn new(row: &str, unit: &str, value: f64) -> Figure {
        Figure {
            row: String::from(row),
            unit: String::from(unit),
            value,
            cpu: None,
            switches: None,
            operations: None,
            percentiles: Vec::new(),
        }
    }
}

/// A row, or a group of rows that one measurement gives, as one peer has it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) names: Vec<&'static str>,
    pub(crate) work: Work,
}

impl Entry {
    /// A row of so many operations a round, in nanoseconds.
    pub(crate) fn new(
        name: &'static str,
        operations: u64,
        rounds: u64,
        make: fn() -> Body,
    ) -> Entry {
        Entry::timed(name, Unit::Nanos, operations, rounds, make)
    }

    /// A row of so many bytes a round, in megabytes a second.
    pub(crate) fn throughput(
        name: &'static str,
        bytes: u64,
        rounds: u64,
        make: fn() -> Body,
    ) -> Entry {
        Entry::timed(name, Unit::Megabytes, bytes, rounds, make)
    }

    fn timed(
        name: &'static str,
        unit: Unit,
        operations: u64,
        rounds: u64,
        make: fn() -> Body,
    ) -> Entry {
        Entry {
            names: vec![name],
            work: Work::Rounds(Rounds {
                unit,
                operations,
                rounds,
                make,
                is_large: false,
            }),
        }
    }

    /// A row of rounds that has a process to itself while it is measured.
    pub(crate) fn large(mut self) -> Entry {
        if let Work::Rounds(rounds) = &mut self.work {
            rounds.is_large = true;
        }
        self
    }

    /// The rows of a measurement.
    pub(crate) fn measure(names: &[&'static str], measure: fn(Divisor) -> Vec<Figure>) -> Entry {
        Entry {
            names: names.to_vec(),
            work: Work::Measure(measure),
        }
    }
}

/// A row, or a group of rows that one measurement gives, with all peers that have it.
#[derive(Debug)]
pub struct Row {
    /// The names, by which rows are chosen on the command line; one if the work is rounds.
    pub names: Vec<&'static str>,
    /// Who does what; this workspace's runtime comes first.
    pub peers: Vec<(&'static str, Work)>,
}

/// All rows, in the order of the report.
///
/// This workspace's runtime has each of them; tokio has the same by construction, and the other
/// peers those that somebody has written for them.
pub fn all() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places = BTreeMap::new();
    let everybody = [
        ("runtime", ours::rows::all()),
        ("tokio", theirs::rows::all()),
    ];
    for (peer, entries) in everybody.into_iter().chain(peers::all()) {
        for entry in entries {
            let place = *places.entry(entry.names[0]).or_insert(rows.len());
            if place == rows.len() {
                rows.push(Row {
                    names: entry.names.clone(),
                    peers: Vec::new(),
                });
            }
            let row = &mut rows[place];
            assert_eq!(row.names, entry.names, "a peer names a row of its own");
            let twice = row.peers.iter().any(|(other, _)| *other == peer);
            assert!(!twice, "{peer} has the row {} twice", row.names[0]);
            row.peers.push((peer, entry.work));
        }
    }
    rows
}
