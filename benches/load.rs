//! The generator of load: many connections, one thread, one message under way on each.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::child::Client;

const MESSAGE: usize = 64;

/// All connections and the poll that watches them.
#[derive(Debug)]
pub(crate) struct Generator {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// How many bytes of the present message have come back.
    received: usize,
}

impl Generator {
    /// Connects; the server has accepted all connections when it returns.
    ///
    /// A trip on each connection before the next one is made: a listener's queue that overflows
    /// costs a second.
    pub(crate) fn connect(address: SocketAddr, count: usize) -> Generator {
        let poll = Poll::new().expect("a poll instance");
        let connect = |index| {
            let mut stream = std::net::TcpStream::connect(address).expect("the server is up");
            stream.set_nodelay(true).expect("a TCP socket");
            stream.run(1);
            stream.set_nonblocking(true).expect("a socket");
            let mut stream = TcpStream::from_std(stream);
            let registered =
                poll.registry()
                    .register(&mut stream, Token(index), Interest::READABLE);
            registered.expect("a fresh descriptor");
            Connection {
                stream,
                received: 0,
            }
        };
        Generator {
            connections: (0..count).map(connect).collect(),
            events: Events::with_capacity(count.min(256)),
            poll,
        }
    }
}

impl Client for Generator {
    fn run(&mut self, trips: u64) {
        let mut to_send = trips;
        for connection in &mut self.connections {
            if to_send == 0 {
                break;
            }
            to_send -= 1;
            connection.send();
        }
        let mut done = 0;
        while done < trips {
            match self.poll.poll(&mut self.events, None) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other.expect("the poll instance is sound"),
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if !connection.receive() {
                    continue;
                }
                done += 1;
                if to_send > 0 {
                    to_send -= 1;
                    connection.send();
                }
            }
        }
    }
}

impl Connection {
    fn send(&mut self) {
        let sent = self.stream.write(&[7; MESSAGE]);
        // One small message on an empty connection always fits.
        assert_eq!(sent.expect("the server reads"), MESSAGE);
    }

    /// Whether the message has come back whole.
    ///
    /// The rest of a message, and the next one, are new edges: there is no need to read until it
    /// would block.
    fn receive(&mut self) -> bool {
        let mut buffer = [0; MESSAGE];
        match self.stream.read(&mut buffer[self.received..]) {
            Ok(read) => {
                assert!(read > 0, "the server has closed the connection");
                self.received += read;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("the connection has failed: {error}"),
        }
        let whole = self.received == MESSAGE;
        if whole {
            self.received = 0;
        }
        whole
    }
}
