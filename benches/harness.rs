//! The rows as criterion benches: a group for each row, a bench for each peer.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};

use crate::row::{self, Rounds, Row, Unit, Work};
use crate::usage::Usage;

/// What the runs of one bench have used, warm-up included.
#[derive(Debug, Default)]
struct Tally {
    used: Usage,
    operations: u64,
}

/// What is too far from time that passes for criterion to plan its runs by: how late a sleep ends.
const UNPLANNABLE: [&str; 1] = ["sleep_lateness"];

/// All rows of timed rounds; criterion's own filter chooses among them.
pub fn criterion() {
    crate::start();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .without_plots()
        .configure_from_args();
    for row in row::all() {
        let timed = |(_, work): &(&str, Work)| matches!(work, Work::Rounds(_));
        if row.peers.iter().any(timed) && !UNPLANNABLE.contains(&row.names[0]) {
            bench(&mut criterion, &row);
        }
    }
    criterion.final_summary();
}

fn bench(criterion: &mut Criterion, row: &Row) {
    let mut group = criterion.benchmark_group(row.names[0]);
    group.sampling_mode(SamplingMode::Flat);
    for (peer, work) in &row.peers {
        match work {
            Work::Rounds(rounds) => bench_peer(&mut group, peer, rounds),
            // A peer in a program of its own cannot be timed from here.
            Work::Measure(_) | Work::Apart(_) => {}
        }
    }
    group.finish();
}

fn bench_peer(group: &mut BenchmarkGroup<'_, WallTime>, peer: &str, rounds: &Rounds) {
    group.throughput(match rounds.unit {
        Unit::Nanos => Throughput::Elements(rounds.operations),
        Unit::Megabytes => Throughput::Bytes(rounds.operations),
    });
    // Made when criterion first calls, so that a filtered bench builds nothing, and kept over its
    // calls.
    let mut body = None;
    let mut tally = Tally::default();
    group.bench_function(peer, |bencher| {
        let body = body.get_or_insert_with(rounds.make);
        bencher.iter_custom(|count| {
            let before = Usage::now();
            let time = body(count);
            tally.used += Usage::now() - before;
            tally.operations += count * rounds.operations;
            time
        });
    });
    if tally.operations > 0 {
        let count = tally.operations as f64;
        let cpu = tally.used.cpu.as_nanos() as f64 / count;
        let switches = tally.used.switches as f64 / count;
        println!("                        cpu:    {cpu:.1} ns/op, switches: {switches:.3}/op");
    }
}
