//! Echo over TCP: clients in another process, and clients inside.

use std::time::Duration;

use super::rt;
use super::rt::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use super::rt::net::{TcpListener, TcpStream, UnixListener};
use super::rt::runtime::Runtime;
use super::support::default_runtime;
use crate::child::{Child, Role};
use crate::percentiles::Percentiles;
use crate::row::{Body, Divisor, Entry, Figure};
use crate::scratch::SocketPath;
use crate::usage::Usage;

/// Bytes a message.
const MESSAGE: usize = 64;

/// Bytes a large message.
const PAGE: usize = 4_096;

const TRIPS: u64 = 2_000;
/// Trips of a round under load.
pub(super) const TRIPS_LOAD: u64 = 20_000;
const TRIPS_INSIDE: u64 = 5_000;
const TRIPS_PACED: u64 = 1_000;
const GAP: Duration = Duration::from_millis(2);

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("echo_rtt", TRIPS, 4, || outside(Role::RoundTrips, TRIPS)),
        Entry::new("echo_rtt_unix", TRIPS, 4, unix),
        Entry::measure(&["echo_paced"], paced),
        Entry::new("echo_load_64", TRIPS_LOAD, 1, || load(64, MESSAGE)),
        Entry::new("echo_load_256", TRIPS_LOAD, 1, || load(256, MESSAGE)),
        Entry::new("echo_load_1000", TRIPS_LOAD, 1, || load(1_000, MESSAGE)),
        Entry::new("echo_load_10000", TRIPS_LOAD, 4, || load(10_000, MESSAGE)).large(),
        Entry::new("echo_load_64_4k", TRIPS_LOAD, 1, || load(64, PAGE)),
        Entry::new("echo_load_1000_4k", TRIPS_LOAD, 1, || load(1_000, PAGE)),
        Entry::new("echo_inside_1", TRIPS_INSIDE, 2, || inside(1)),
        Entry::new("echo_inside_100", TRIPS_INSIDE, 4, || inside(100)),
    ]
}

/// So many connections with a message of so many bytes under way on each.
pub(super) fn load(connections: usize, bytes: usize) -> Body {
    outside(Role::Load { connections, bytes }, TRIPS_LOAD)
}

/// The server is this process, the client is a child: a plain blocking one, or a generator of load.
fn outside(role: Role, trips: u64) -> Body {
    let runtime = default_runtime();
    let address = start_server(&runtime);
    let mut child = Child::start(role, &address);
    Box::new(move |rounds| {
        let _kept_alive = &runtime;
        child.run(rounds * trips)
    })
}

/// The same over a Unix socket, with one client.
fn unix() -> Body {
    let runtime = default_runtime();
    let path = SocketPath::new();
    let bound = runtime.block_on(async { UnixListener::bind(path.as_str()) });
    let listener = bound.expect("the folder can be written");
    runtime.spawn(async move {
        loop {
            let (stream, _peer) = listener.accept().await.expect("descriptors suffice");
            rt::spawn(echo(stream));
        }
    });
    let mut child = Child::start(Role::RoundTrips, path.as_str());
    Box::new(move |rounds| {
        let _kept_alive = (&runtime, &path);
        child.run(rounds * TRIPS)
    })
}

/// Now and then a message, to a server that has nothing else to do: how long it takes each time.
fn paced(divisor: Divisor) -> Vec<Figure> {
    let runtime = default_runtime();
    let address = start_server(&runtime);
    let role = Role::Load {
        connections: 1,
        bytes: MESSAGE,
    };
    let mut child = Child::start(role, &address);
    let trips = (TRIPS_PACED / divisor).max(1);
    let warm_up = trips.div_ceil(5);
    child.paced(warm_up, GAP);
    let before = Usage::now();
    let latencies = Percentiles::of(child.paced(trips, GAP));
    let used = Usage::now() - before;
    let mut figure = latencies.figure("echo_paced", 0.5);
    figure.operations = Some((warm_up + trips) as f64);
    vec![used.per(trips as f64, figure)]
}

/// Server and clients are tasks of the same runtime.
fn inside(clients: u64) -> Body {
    let runtime = default_runtime();
    let address = start_server(&runtime);
    let connect = async || {
        let mut streams = Vec::new();
        for _ in 0..clients {
            let stream = TcpStream::connect(&address)
                .await
                .expect("the server is up");
            stream.set_nodelay(true).expect("a TCP socket");
            streams.push(stream);
        }
        streams
    };
    let mut streams = runtime.block_on(connect());
    Box::new(move |rounds| {
        let start = std::time::Instant::now();
        let trips = rounds * TRIPS_INSIDE / clients;
        let go = |stream| runtime.spawn(round_trips(stream, trips));
        let handles: Vec<_> = streams.drain(..).map(go).collect();
        runtime.block_on(async {
            for handle in handles {
                streams.push(handle.await.expect("a client does not panic"));
            }
        });
        start.elapsed()
    })
}

async fn round_trips(mut stream: TcpStream, trips: u64) -> TcpStream {
    let mut buffer = [7; MESSAGE];
    for _ in 0..trips {
        stream.write_all(&buffer).await.expect("the server reads");
        let read = stream.read_exact(&mut buffer).await;
        read.expect("the server answers");
    }
    stream
}

fn start_server(runtime: &Runtime) -> String {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(async move {
        loop {
            let (stream, _peer) = listener.accept().await.expect("descriptors suffice");
            stream.set_nodelay(true).expect("a TCP socket");
            rt::spawn(echo(stream));
        }
    });
    address.to_string()
}

pub(super) async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
