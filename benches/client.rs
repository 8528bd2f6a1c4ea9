//! The simple clients: one connection that a plain thread uses, and many that nobody uses.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

const MESSAGE: usize = 64;

/// A client that does what it is told.
pub(crate) trait Client {
    /// Does that many round trips in all.
    fn run(&mut self, trips: u64);

    /// Has a request come due each `gap`; how long after that each was answered.
    fn paced(&mut self, _trips: u64, _gap: Duration) -> Vec<Duration> {
        panic!("this client knows no pace");
    }
}

/// Connections that stand, and no more.
#[derive(Debug)]
pub(crate) struct Held {
    _streams: Vec<TcpStream>,
}

/// What a plain thread needs of a stream.
pub(crate) trait Stream: Read + Write {}

impl Stream for TcpStream {}
impl Stream for UnixStream {}

pub(crate) fn connect(address: &str) -> Box<dyn Stream> {
    if address.starts_with('/') {
        let stream = UnixStream::connect(address).expect("the server is up");
        return Box::new(stream);
    }
    Box::new(connect_tcp(address))
}

fn connect_tcp(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server is up");
    stream.set_nodelay(true).expect("a TCP socket");
    stream
}

/// The server greets whom it has accepted: its queue never overflows, which costs a second.
pub(crate) fn hold(address: &str, connections: usize) -> Held {
    let connect = |_| {
        let mut stream = connect_tcp(address);
        stream.read_exact(&mut [0]).expect("the server greets");
        stream
    };
    Held {
        _streams: (0..connections).map(connect).collect(),
    }
}

impl Client for Held {
    fn run(&mut self, _trips: u64) {}
}

impl Client for Box<dyn Stream> {
    fn run(&mut self, trips: u64) {
        let mut buffer = [7; MESSAGE];
        for _ in 0..trips {
            self.write_all(&buffer).expect("the server reads");
            self.read_exact(&mut buffer).expect("the server answers");
        }
    }
}
