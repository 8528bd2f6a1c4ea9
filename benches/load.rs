//! The generator of load: many connections, one thread, one message under way on each.
#![allow(unsafe_code, reason = "ppoll and prctl have no safe face in std")]

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::client::Client;

/// Bytes of a request to the service.
pub(crate) const REQUEST: usize = 64;

/// Bytes of its reply.
pub(crate) const REPLY: usize = 2_048;

/// All connections and the poll that watches them.
#[derive(Debug)]
pub(crate) struct Generator {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    /// What is sent.
    message: Vec<u8>,
    /// Where what comes back goes to.
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// How many bytes of the present message have come back.
    received: usize,
    /// When the present message was due to be sent, if they come at a pace.
    due: Instant,
}

impl Generator {
    /// Connects; the server has accepted all connections when it returns.
    ///
    /// A trip on each connection before the next one is made: a listener's queue that overflows
    /// costs a second.
    pub(crate) fn connect(address: &str, count: usize, sent: usize, received: usize) -> Generator {
        let address: SocketAddr = address.parse().expect("the address of a socket");
        let poll = Poll::new().expect("a poll instance");
        let message = vec![7; sent];
        let mut buffer = vec![0; received];
        let connect = |index| {
            let mut stream = std::net::TcpStream::connect(address).expect("the server is up");
            stream.set_nodelay(true).expect("a TCP socket");
            stream.write_all(&message).expect("the server reads");
            let read = stream.read_exact(&mut buffer);
            read.expect("the server answers");
            stream.set_nonblocking(true).expect("a socket");
            let mut stream = TcpStream::from_std(stream);
            let registered =
                poll.registry()
                    .register(&mut stream, Token(index), Interest::READABLE);
            registered.expect("a fresh descriptor");
            Connection {
                stream,
                received: 0,
                due: Instant::now(),
            }
        };
        let connections = (0..count).map(connect).collect();
        Generator {
            poll,
            events: Events::with_capacity(count.min(256)),
            connections,
            message,
            buffer,
        }
    }

    /// Sleeps until something has come back, or for so long.
    fn rest(&self, patience: Option<Duration>) {
        let mut polled = libc::pollfd {
            fd: self.poll.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let patience = patience.map(|time| libc::timespec {
            tv_sec: 0,
            // A gap is far below a second.
            tv_nsec: time.subsec_nanos().into(),
        });
        let patience = patience
            .as_ref()
            .map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: one entry, and a time or none, both alive for the time of the call. How it ends is
        // seen by the poll that follows.
        unsafe { libc::ppoll(&mut polled, 1, patience, std::ptr::null()) };
    }

    /// One poll; `whole` hears of each connection whose message has come back whole.
    fn turn(
        &mut self,
        patience: Option<Duration>,
        mut whole: impl FnMut(usize, &mut Connection, &[u8]),
    ) {
        match self.poll.poll(&mut self.events, patience) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            other => other.expect("the poll instance is sound"),
        }
        for event in &self.events {
            let index = event.token().0;
            let connection = &mut self.connections[index];
            if connection.receive(&mut self.buffer) {
                whole(index, connection, &self.message);
            }
        }
    }
}

/// This thread's sleeps end when they should, not up to 50 µs later.
fn sleep_precisely() {
    // SAFETY: it changes nothing but how the kernel rounds.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
}

impl Client for Generator {
    fn run(&mut self, trips: u64) {
        let mut to_send = trips;
        for connection in &mut self.connections {
            if to_send == 0 {
                break;
            }
            to_send -= 1;
            connection.send(&self.message);
        }
        let mut done = 0;
        while done < trips {
            self.turn(None, |_, connection, message| {
                done += 1;
                if to_send > 0 {
                    to_send -= 1;
                    connection.send(message);
                }
            });
        }
    }

    /// Sends a message each `gap`, on whichever connection is free; how long after it was due each
    /// was answered.
    ///
    /// Sleeps in between, precisely: who spins would take a core away from whom it measures.
    fn paced(&mut self, trips: u64, gap: Duration) -> Vec<Duration> {
        let mut free: VecDeque<usize> = (0..self.connections.len()).collect();
        let mut latencies = Vec::new();
        let mut due = Instant::now();
        let mut to_send = trips;
        sleep_precisely();
        while (latencies.len() as u64) < trips {
            while to_send > 0 && due <= Instant::now() {
                let Some(index) = free.pop_front() else {
                    break;
                };
                let connection = &mut self.connections[index];
                connection.due = due;
                connection.send(&self.message);
                due += gap;
                to_send -= 1;
            }
            let sends = to_send > 0 && !free.is_empty();
            self.rest(sends.then(|| due.saturating_duration_since(Instant::now())));
            self.turn(Some(Duration::ZERO), |index, connection, _| {
                latencies.push(connection.due.elapsed());
                free.push_back(index);
            });
        }
        latencies
    }
}

impl Connection {
    fn send(&mut self, message: &[u8]) {
        let sent = self.stream.write(message);
        // One small message on an empty connection always fits.
        assert_eq!(sent.expect("the server reads"), message.len());
    }

    /// Whether the message has come back whole.
    ///
    /// The rest of a message, and the next one, are new edges: there is no need to read until it
    /// would block.
    fn receive(&mut self, buffer: &mut [u8]) -> bool {
        match self.stream.read(&mut buffer[self.received..]) {
            Ok(read) => {
                assert!(read > 0, "the server has closed the connection");
                self.received += read;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("the connection has failed: {error}"),
        }
        let whole = self.received == buffer.len();
        if whole {
            self.received = 0;
        }
        whole
    }
}
