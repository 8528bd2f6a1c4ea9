//! The generator of load: many connections, one thread, one message under way on each.

use std::io::{ErrorKind, Read, Write};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::client::Client;

/// All connections and the poll that watches them.
#[derive(Debug)]
pub(crate) struct Generator {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    /// What is sent, and comes back.
    message: Vec<u8>,
    /// Where it comes back to.
    buffer: Vec<u8>,
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
    pub(crate) fn connect(address: &str, count: usize, bytes: usize) -> Generator {
        let poll = Poll::new().expect("a poll instance");
        let mut message = vec![7; bytes];
        let connect = |index| {
            let mut stream = std::net::TcpStream::connect(address).expect("the server is up");
            stream.set_nodelay(true).expect("a TCP socket");
            stream.write_all(&message).expect("the server reads");
            stream.read_exact(&mut message).expect("the server answers");
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
        let connections = (0..count).map(connect).collect();
        Generator {
            connections,
            buffer: vec![0; bytes],
            message,
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
            connection.send(&self.message);
        }
        let mut done = 0;
        while done < trips {
            match self.poll.poll(&mut self.events, None) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other.expect("the poll instance is sound"),
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if !connection.receive(&mut self.buffer) {
                    continue;
                }
                done += 1;
                if to_send > 0 {
                    to_send -= 1;
                    connection.send(&self.message);
                }
            }
        }
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
