//! What an idle process costs: wake-ups and CPU time a second with one interval of 100 ms.
//!
//! Each sample is a fresh child, so that nothing else wakes in the process that is counted. Its
//! connections are held by this process, which sends nothing.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use crate::child::Child;
use crate::report::{Line, Sample, head};

/// Whose runtime the child has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    Ours,
    Theirs,
}

/// How many idle connections there are in the rows.
const CONNECTIONS: [usize; 2] = [0, 1_000];

/// Prints the table: wake-ups a second, and the CPU nanoseconds of a second.
pub fn print(turns: usize, window: Duration) {
    println!("{}", head());
    for line in lines(turns, window, |_| true) {
        println!("{line}");
    }
}

pub(crate) fn lines(
    turns: usize,
    window: Duration,
    wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Line> {
    let named = CONNECTIONS.map(|count| (count, format!("idle_{count}_connections")));
    let chosen = named.into_iter().filter(move |(_, name)| wanted(name));
    chosen.map(move |(count, name)| {
        let turn = |_| {
            let ours = sample(Peer::Ours, count, window);
            (ours, sample(Peer::Theirs, count, window))
        };
        Line {
            name,
            unit: "wakes/s",
            pairs: (0..turns).map(turn).collect(),
        }
    })
}

fn sample(peer: Peer, connections: usize, window: Duration) -> Sample {
    let (child, address) = Child::start_idle(peer, connections, window);
    let connect = |_| {
        let mut stream = TcpStream::connect(address).expect("the child listens");
        // The child greets whom it has accepted: its queue never overflows, which costs a second.
        stream.read_exact(&mut [0]).expect("the child greets");
        stream
    };
    let _held: Vec<TcpStream> = (0..connections).map(connect).collect();
    let used = child.used();
    let seconds = window.as_secs_f64();
    // The thread that waits for the window to pass wakes once.
    let wakes = used.switches.saturating_sub(1) as f64 / seconds;
    Sample {
        value: wakes,
        cpu: used.cpu.as_micros() as f64 / seconds,
        switches: wakes,
    }
}
