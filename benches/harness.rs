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

/// The `main` of a bench target: the named rows, in this order.
pub fn criterion(names: &[&str]) {
    crate::start();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .without_plots()
        .configure_from_args();
    let rows = row::all();
    for name in names {
        let row = rows.iter().find(|row| row.names[0] == *name);
        bench(&mut criterion, row.expect("a target names rows that exist"));
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
            Work::Measure(_) => {}
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
