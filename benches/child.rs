//! The other process: this binary, started again in the role that an environment variable names.
//!
//! Parent and child talk in lines over the child's standard input and output. A client is sent the
//! number of round trips, and a gap if they are to come at a pace, and answers with the nanoseconds
//! that they took, all together or each; it ends when its input does. A process that measures
//! writes a line for each figure.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{self, Client};
use crate::load::{Generator, REPLY, REQUEST};
use crate::row::{self, Body, Divisor, Figure, Work};
use crate::{compare, curves, ours, theirs};

/// Which part to play.
const ROLE: &str = "RUNTIME_BENCHES_ROLE";

/// Where the server listens.
const ADDRESS: &str = "RUNTIME_BENCHES_ADDRESS";

/// The parts of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// One connection and a plain blocking thread.
    RoundTrips,
    /// So many connections with one message of so many bytes under way on each, served by one
    /// thread.
    Load { connections: usize, bytes: usize },
    /// So many connections, with a request to the service under way on each.
    Ask { connections: usize },
    /// So many connections, greeted by the server with one byte, on which nothing happens.
    Hold { connections: usize },
}

/// Another process; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Child {
    /// Starts a client of the server at `address`: that of a TCP socket, or the path of a Unix one.
    pub(crate) fn start(role: Role, address: &str) -> Child {
        let role = match role {
            Role::RoundTrips => String::from("client"),
            Role::Load { connections, bytes } => format!("load {connections} {bytes}"),
            Role::Ask { connections } => format!("ask {connections}"),
            Role::Hold { connections } => format!("hold {connections}"),
        };
        let mut command = Child::again(&role);
        command.env(ADDRESS, address);
        let mut child = Child::spawn(command);
        // It answers once all connections stand.
        child.run(1);
        child
    }

    /// Has a fresh process take one sample of a peer's measurement.
    pub(crate) fn measure(peer: &str, row: &str, divisor: Divisor) -> Vec<Figure> {
        let binary = Command::new(Child::binary());
        Child::measure_by(binary, peer, row, divisor)
    }

    /// The same by a build of this program that is given.
    pub(crate) fn measure_by(
        mut binary: Command,
        peer: &str,
        row: &str,
        divisor: Divisor,
    ) -> Vec<Figure> {
        binary.env(ROLE, format!("measure {peer} {row} {divisor}"));
        Child::spawn(binary).figures()
    }

    /// Whole processes that say hello from a task of the peer's runtime, one after the other.
    pub(crate) fn hello(peer: &'static str) -> Body {
        Box::new(move |rounds| {
            let start = Instant::now();
            for _ in 0..rounds {
                let mut child = Child::spawn(Child::again(&format!("hello {peer}")));
                assert_eq!(child.line(), "hello");
            }
            start.elapsed()
        })
    }

    /// Has a fresh process measure one point of a curve.
    pub(crate) fn point(peer: &str, curve: &str, x: u64) -> f64 {
        let mut child = Child::spawn(Child::again(&format!("point {peer} {curve} {x}")));
        number(&child.line())
    }

    /// What a process that measures says until it ends.
    pub(crate) fn figures(mut self) -> Vec<Figure> {
        let lines = (&mut self.answers).lines();
        let figures = lines
            .map(|line| parse(&line.expect("the child writes text")))
            .collect();
        let status = self.process.wait().expect("it is a child of ours");
        assert!(status.success(), "the process that measures has failed");
        figures
    }

    /// This binary in that role.
    fn again(role: &str) -> Command {
        let mut command = Command::new(Child::binary());
        command.env(ROLE, role);
        command
    }

    fn binary() -> PathBuf {
        std::env::current_exe().expect("the binary has a path")
    }

    /// Starts whatever it is, with its input and output in our hands.
    pub(crate) fn spawn(mut command: Command) -> Child {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program can be started");
        let answers = process.stdout.take().expect("it is piped");
        Child {
            orders: process.stdin.take(),
            answers: BufReader::new(answers),
            process,
        }
    }

    /// Has the client do `trips` round trips; how long they took by its clock.
    pub(crate) fn run(&mut self, trips: u64) -> Duration {
        Duration::from_nanos(number(&self.ask(&trips.to_string())))
    }

    /// Has the client send a request each `gap`, `trips` in all; how long after it was due each was
    /// answered.
    pub(crate) fn paced(&mut self, trips: u64, gap: Duration) -> Vec<Duration> {
        let line = self.ask(&format!("{trips} {}", gap.as_nanos()));
        let nanos = line.split(' ').map(number);
        nanos.map(Duration::from_nanos).collect()
    }

    /// Sends a line, and waits for the answer.
    pub(crate) fn ask(&mut self, order: &str) -> String {
        let orders = self.orders.as_mut().expect("it is there until the drop");
        writeln!(orders, "{order}").expect("the child reads");
        self.line()
    }

    /// The next line that the child writes.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line);
        assert!(matches!(read, Ok(1..)), "the other process has failed");
        String::from(line.trim_end())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.orders.take());
        // It ends by itself; how is no concern of a drop.
        let _status = self.process.wait();
    }
}

/// Plays the part that the environment names, then ends the process; returns where it names none.
pub(crate) fn play_if_told() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let words: Vec<&str> = role.split(' ').collect();
    match words[..] {
        ["client"] => obey(client::connect(&server_address())),
        ["load", connections, bytes] => {
            let (connections, bytes) = (number(connections), number(bytes));
            obey(Generator::connect(
                &server_address(),
                connections,
                bytes,
                bytes,
            ));
        }
        ["ask", connections] => {
            let connections = number(connections);
            obey(Generator::connect(
                &server_address(),
                connections,
                REQUEST,
                REPLY,
            ));
        }
        ["hold", connections] => {
            obey(client::hold(&server_address(), number(connections)));
        }
        ["hello", peer] if peer == ours::PEER => ours::rows::hello(),
        ["hello", _] => theirs::rows::hello(),
        ["point", peer, curve, x] => println!("{}", curves::measure(peer, curve, number(x))),
        ["measure", peer, row, divisor] => measure(peer, row, number(divisor)),
        _ => panic!("there is no role {role:?}"),
    }
    process::exit(0);
}

pub(crate) fn number<N: std::str::FromStr>(word: &str) -> N {
    match word.parse() {
        Ok(number) => number,
        Err(_) => panic!("{word:?} is a number"),
    }
}

fn server_address() -> String {
    std::env::var(ADDRESS).expect("a client is given an address")
}

fn obey(mut client: impl Client) {
    for line in std::io::stdin().lines() {
        let line = line.expect("lines of figures");
        let answer = match line.split_once(' ') {
            None => {
                let start = Instant::now();
                client.run(number(&line));
                start.elapsed().as_nanos().to_string()
            }
            Some((trips, gap)) => {
                let gap = Duration::from_nanos(number(gap));
                let latencies = client.paced(number(trips), gap).into_iter();
                let nanos: Vec<_> = latencies.map(|time| time.as_nanos().to_string()).collect();
                nanos.join(" ")
            }
        };
        // The parent may have gone.
        let _gone = writeln!(std::io::stdout(), "{answer}");
    }
}

fn measure(peer: &str, name: &str, divisor: Divisor) {
    let mut rows = row::all().into_iter();
    let row = rows.find(|row| row.names[0] == name);
    let row = row.expect("the parent knows the rows");
    let mut works = row.peers.iter().filter(|(other, _)| *other == peer);
    let (_, work) = works.next().expect("the parent knows the peers of a row");
    let figures = match work {
        Work::Rounds(rounds) => vec![compare::timed(name, *rounds, divisor)],
        Work::Measure(measure) => measure(divisor),
        Work::Apart(measure) => measure(name, divisor),
    };
    for figure in figures {
        println!("{}", format(&figure));
    }
}

/// Row, unit, value, CPU time, switches, and any number of `share:value`.
fn format(figure: &Figure) -> String {
    let or_dash = |value: Option<f64>| value.map_or(String::from("-"), |value| value.to_string());
    let mut line = format!(
        "{} {} {} {} {}",
        figure.row,
        figure.unit,
        figure.value,
        or_dash(figure.cpu),
        or_dash(figure.switches),
    );
    for (share, value) in &figure.percentiles {
        line.push_str(&format!(" {share}:{value}"));
    }
    line
}

fn parse(line: &str) -> Figure {
    let words: Vec<&str> = line.split(' ').collect();
    let [row, unit, value, cpu, switches, ref points @ ..] = words[..] else {
        panic!("{line:?} is no figure");
    };
    let point = |point: &&str| {
        let (share, value) = point.split_once(':').expect("a share and its value");
        (number(share), number(value))
    };
    Figure {
        cpu: cpu.parse().ok(),
        switches: switches.parse().ok(),
        percentiles: points.iter().map(point).collect(),
        ..Figure::new(row, unit, number(value))
    }
}
