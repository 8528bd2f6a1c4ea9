//! Every row in turns, one peer after the other, in one table: what one looks at while tuning, and
//! where the report has its samples from.
//!
//! A sample of timed rounds is a fresh body, one short run to warm it up, and one run that counts;
//! a measurement is a fresh process. Samples of the peers follow each other closely (A B C, B C A),
//! so that what else the machine does hits all of them, and what one leaves behind not always the same
//! one; the ratio of a row is the median over the turns. Only one runtime is alive at a time, but in rows that
//! are measured in bursts: there all peers' bodies stand, and take turns at running.

use std::time::Duration;

use crate::child::Child;
use crate::curves;
use crate::options::Options;
use crate::peers;
use crate::report::{Line, head};
use crate::row::{self, Body, Divisor, Figure, Rounds, Row, Work};
use crate::samples::Samples;
use crate::usage::Usage;

/// Runs what is asked for, and prints the table as it grows.
pub fn run(options: &Options) {
    let mut rows = row::all();
    rows.retain(|row| row.names.iter().any(|name| options.wants_row(name)));
    if options.list {
        let names = rows.iter().flat_map(|row| &row.names);
        names.for_each(|name| println!("{name}"));
        return;
    }
    let mut samples = match &options.samples {
        Some(path) => Samples::open(path, options.after > 0),
        None => Samples::nowhere(),
    };
    println!(
        "medians; ratio: ours / tokio, median of {} turns, then min..max",
        options.turns
    );
    println!("cpu: CPU ns an operation; csw: voluntary switches an operation;");
    println!("where a row counts by the second: CPU µs and switches a second;");
    println!("further peers: their figure, and ours / theirs in brackets");
    if !peers::go::installed() {
        println!("go is not installed (Debian: golang-go): its rows are left out");
    }
    println!("{}", head());
    for row in &mut rows {
        row.peers.retain(|(peer, _)| options.wants_peer(peer));
        for line in compare(row, options, &mut samples) {
            println!("{line}");
        }
    }
    if options.curves {
        curves::run(options, &mut samples);
    }
}

fn compare(row: &Row, options: &Options, samples: &mut Samples) -> Vec<Line> {
    let mut lines: Vec<Line> = row.names.iter().map(|name| Line::new(name)).collect();
    for turn in 0..options.turns {
        // None is always the one that comes after the same other.
        let (later, first) = row
            .peers
            .split_at((options.after + turn) % row.peers.len().max(1));
        let peers: Vec<_> = first.iter().chain(later).copied().collect();
        let figures = match side_by_side(row.names[0], &peers, options) {
            Some(figures) => figures,
            None => one_by_one(row.names[0], &peers, options),
        };
        for (peer, figure) in figures {
            samples.write(peer, options.after + turn, &figure);
            let mut lines = lines.iter_mut();
            let line = lines.find(|line| line.name == figure.row);
            line.expect("a row is announced").push(peer, figure);
        }
    }
    lines
}

type Peer = (&'static str, Work);
type Sampled = (&'static str, Figure);

fn one_by_one(name: &str, peers: &[Peer], options: &Options) -> Vec<Sampled> {
    let samples = peers.iter().flat_map(|&(peer, work)| {
        let figures = sample(name, peer, work, options).into_iter();
        figures.map(move |figure| (peer, figure))
    });
    samples.collect()
}

/// A sample of each peer in bursts; `None` where none are wanted, or the work is not done that way.
fn side_by_side(name: &str, peers: &[Peer], options: &Options) -> Option<Vec<Sampled>> {
    let sizes = peers.iter().map(|&(peer, work)| match work {
        Work::Rounds(sizes) if options.bursts > 1 && !sizes.is_large => Some((peer, sizes)),
        _ => None,
    });
    let sizes: Vec<_> = sizes.collect::<Option<_>>()?;
    let stand = |(peer, sizes)| (peer, Standing::new(sizes, options.divisor));
    let mut standing: Vec<_> = sizes.into_iter().map(stand).collect();
    for _ in 0..options.bursts {
        standing.iter_mut().for_each(|(_, standing)| standing.run());
        // Who was last is first.
        standing.reverse();
    }
    let figures = standing.into_iter();
    let figures = figures.map(|(peer, standing)| (peer, standing.figure(name)));
    Some(figures.collect())
}

fn sample(name: &str, peer: &str, work: Work, options: &Options) -> Vec<Figure> {
    let divisor = options.divisor;
    match work {
        Work::Rounds(rounds) => vec![timed(name, rounds, divisor)],
        Work::Measure(measure) if options.here => measure(divisor),
        Work::Measure(_) => Child::measure(peer, name, divisor),
        Work::Apart(measure) => measure(name, divisor),
    }
}

/// One sample of rounds in this process.
pub(crate) fn timed(name: &str, sizes: Rounds, divisor: Divisor) -> Figure {
    let mut standing = Standing::new(sizes, divisor);
    standing.run();
    standing.figure(name)
}

/// A body that has been warmed up, and what its runs took.
struct Standing {
    body: Body,
    sizes: Rounds,
    /// How many a run has.
    rounds: u64,
    /// How many it has run in all, and how many of them count.
    done: u64,
    counted: u64,
    time: Duration,
    used: Usage,
}

impl Standing {
    fn new(sizes: Rounds, divisor: Divisor) -> Standing {
        let rounds = (sizes.rounds / divisor).max(1);
        let mut body = (sizes.make)();
        // What only shows that it works needs no warmth.
        let warming = match divisor {
            Divisor::MAX => 0,
            _ => rounds.div_ceil(5),
        };
        if warming > 0 {
            body(warming);
        }
        Standing {
            body,
            sizes,
            rounds,
            done: warming,
            counted: 0,
            time: Duration::ZERO,
            used: Usage::default(),
        }
    }

    fn run(&mut self) {
        let before = Usage::now();
        self.time += (self.body)(self.rounds);
        self.used += Usage::now() - before;
        self.done += self.rounds;
        self.counted += self.rounds;
    }

    fn figure(self, name: &str) -> Figure {
        let Rounds {
            unit, operations, ..
        } = self.sizes;
        let counted = (self.counted * operations) as f64;
        let mut figure = Figure::new(name, unit.name(), unit.value(self.time, counted));
        figure.operations = Some((self.done * operations) as f64);
        self.used.per(counted, figure)
    }
}
