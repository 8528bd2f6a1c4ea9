//! The other process: this binary, started again in the role that an environment variable names.
//!
//! Parent and child talk in lines over the child's standard input and output. A client is sent the
//! number of round trips and answers with the nanoseconds that they took; it ends when its input
//! does. An idle process first names the address that it listens on, and at the end says what it
//! has used.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::idle::Peer;
use crate::usage::Usage;
use crate::{load, ours, theirs};

/// Which part to play.
const ROLE: &str = "RUNTIME_BENCHES_ROLE";

/// Where the server listens.
const ADDRESS: &str = "RUNTIME_BENCHES_ADDRESS";

const MESSAGE: usize = 64;

/// The parts of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// One connection and a plain blocking thread.
    RoundTrips,
    /// That many connections with one message under way on each, served by one thread.
    Load(usize),
}

/// A client in a process of its own; dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Child {
    /// Starts a client of the server at `address`.
    pub(crate) fn start(role: Role, address: SocketAddr) -> Child {
        let role = match role {
            Role::RoundTrips => String::from("client"),
            Role::Load(connections) => format!("load {connections}"),
        };
        let mut child = Child::spawn(&role, Some(address));
        // It answers once all connections stand.
        child.run(1);
        child
    }

    /// Starts an idle process; gives it and the address on which it awaits its connections.
    pub(crate) fn start_idle(
        peer: Peer,
        connections: usize,
        window: Duration,
    ) -> (Child, SocketAddr) {
        let millis = window.as_millis();
        let mut child = Child::spawn(&format!("idle {peer:?} {connections} {millis}"), None);
        let address = child.line().parse().expect("the child names an address");
        (child, address)
    }

    fn spawn(role: &str, address: Option<SocketAddr>) -> Child {
        let binary = std::env::current_exe().expect("the binary has a path");
        let mut command = Command::new(binary);
        command.env(ROLE, role);
        if let Some(address) = address {
            command.env(ADDRESS, address.to_string());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the binary can be started again");
        let answers = process.stdout.take().expect("it is piped");
        Child {
            orders: process.stdin.take(),
            answers: BufReader::new(answers),
            process,
        }
    }

    /// Has the client do `trips` round trips; how long they took by its clock.
    pub(crate) fn run(&mut self, trips: u64) -> Duration {
        let orders = self.orders.as_mut().expect("it is there until the drop");
        writeln!(orders, "{trips}").expect("the child reads");
        Duration::from_nanos(self.line().parse().expect("the child answers in figures"))
    }

    /// What an idle process has used, once it says so.
    pub(crate) fn used(mut self) -> Usage {
        let line = self.line();
        let mut numbers = line.split(' ').map(|number| number.parse().ok());
        let mut next = || {
            numbers
                .next()
                .flatten()
                .expect("the child gives two figures")
        };
        Usage {
            cpu: Duration::from_nanos(next()),
            switches: next(),
        }
    }

    fn line(&mut self) -> String {
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
        ["client"] => round_trips(server_address()),
        ["load", connections] => {
            let connections = connections.parse().expect("a number of connections");
            obey(load::Generator::connect(server_address(), connections));
        }
        ["idle", peer, connections, millis] => {
            let connections = connections.parse().expect("a number of connections");
            let millis = millis.parse().expect("a number of milliseconds");
            idle(peer, connections, Duration::from_millis(millis));
        }
        _ => panic!("there is no role {role:?}"),
    }
    process::exit(0);
}

fn server_address() -> SocketAddr {
    let address = std::env::var(ADDRESS).expect("a client is given an address");
    address.parse().expect("an address")
}

/// A client that does what it is told.
pub(crate) trait Client {
    /// Does that many round trips in all.
    fn run(&mut self, trips: u64);
}

fn obey(mut client: impl Client) {
    for line in std::io::stdin().lines() {
        let line = line.expect("lines of figures");
        let trips = line.parse().expect("a number of round trips");
        let start = Instant::now();
        client.run(trips);
        // The parent may have gone.
        let _gone = writeln!(std::io::stdout(), "{}", start.elapsed().as_nanos());
    }
}

fn round_trips(address: SocketAddr) {
    let stream = TcpStream::connect(address).expect("the server is up");
    stream.set_nodelay(true).expect("a TCP socket");
    obey(stream);
}

impl Client for TcpStream {
    fn run(&mut self, trips: u64) {
        let mut buffer = [7; MESSAGE];
        for _ in 0..trips {
            self.write_all(&buffer).expect("the server reads");
            self.read_exact(&mut buffer).expect("the server answers");
        }
    }
}

fn idle(peer: &str, connections: usize, window: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    let mut output = std::io::stdout();
    writeln!(output, "{address}").expect("the parent reads");
    let used = match peer {
        "Ours" => ours::rows::idle(listener, connections, window),
        _ => theirs::rows::idle(listener, connections, window),
    };
    let nanos = used.cpu.as_nanos();
    writeln!(output, "{nanos} {}", used.switches).expect("the parent reads");
}
