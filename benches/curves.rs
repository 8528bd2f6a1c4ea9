//! What an operation costs as its surroundings grow: tasks, timers, connections, waiters. Each
//! point is measured in a fresh process.

use crate::child::Child;
use crate::options::Options;
use crate::samples::Samples;
use crate::usage::descriptor_limit;
use crate::{ours, theirs};

/// A curve: its name, how a peer comes to one point of it, and up to where it goes.
struct Curve {
    name: &'static str,
    ours: fn(u64) -> f64,
    theirs: fn(u64) -> f64,
    most: fn() -> u64,
}

const CURVES: [Curve; 4] = [
    Curve {
        name: "spawn",
        ours: ours::rows::curves::spawn,
        theirs: theirs::rows::curves::spawn,
        most: a_million,
    },
    Curve {
        name: "timers",
        ours: ours::rows::curves::timers,
        theirs: theirs::rows::curves::timers,
        most: a_million,
    },
    Curve {
        name: "connections",
        ours: ours::rows::curves::connections,
        theirs: theirs::rows::curves::connections,
        most: connections,
    },
    Curve {
        name: "waiters",
        ours: ours::rows::curves::waiters,
        theirs: theirs::rows::curves::waiters,
        most: a_million,
    },
];

const PEERS: [&str; 2] = [ours::PEER, theirs::PEER];

/// A point takes up to seconds: more turns than these would tell little more.
const TURNS_MAX: usize = 3;

fn a_million() -> u64 {
    1_000_000
}

/// Some descriptors are left for everything else.
fn connections() -> u64 {
    descriptor_limit().saturating_sub(200)
}

/// Takes the samples of the curves that are wanted, and prints them.
pub(crate) fn run(options: &Options, samples: &mut Samples) {
    let wanted = |curve: &&Curve| options.wants_row(&format!("curve_{}", curve.name));
    for curve in CURVES.iter().filter(wanted) {
        let points = points((curve.most)() / options.divisor.min(1_000));
        for turn in 0..options.turns.min(TURNS_MAX) {
            for x in &points {
                let mut line = format!("curve {:<12} {x:>8}", curve.name);
                for peer in PEERS.into_iter().filter(|peer| options.wants_peer(peer)) {
                    let value = Child::point(peer, curve.name, *x);
                    samples.write_point(curve.name, peer, *x, turn, value);
                    line.push_str(&format!("  {peer} {value:>8.1}"));
                }
                println!("{line}");
            }
        }
    }
}

/// One point, in the process that was started for it.
pub(crate) fn measure(peer: &str, name: &str, x: u64) -> f64 {
    let curve = CURVES.iter().find(|curve| curve.name == name);
    let curve = curve.expect("the parent knows the curves");
    if peer == ours::PEER {
        (curve.ours)(x)
    } else {
        (curve.theirs)(x)
    }
}

/// Powers of ten from ten on, and the end itself if there is room between.
fn points(most: u64) -> Vec<u64> {
    let powers = std::iter::successors(Some(10_u64), |x| x.checked_mul(10));
    let mut points: Vec<u64> = powers.take_while(|x| *x <= most).collect();
    match points.last() {
        Some(last) if most >= last * 3 / 2 => points.push(most),
        Some(_) => {}
        None => points.push(10),
    }
    points
}
