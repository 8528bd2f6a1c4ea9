//! Echo over TCP, and bytes down a line of pipes.

use std::fs::File;
use std::io;
use std::time::Instant;

use smol::Async;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};

use super::Pool;
use crate::child::{Child, Role};
use crate::row::{Body, Entry};

const MESSAGE: usize = 64;
const TRIPS: u64 = 2_000;
const TRIPS_LOAD: u64 = 20_000;
const TRIPS_INSIDE: u64 = 2_000;
const TASKS: u64 = 500;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("echo_rtt", TRIPS, 4, || outside(Role::RoundTrips, TRIPS)),
        Entry::new("echo_load_64", TRIPS_LOAD, 1, || load(64)),
        Entry::new("echo_load_1000", TRIPS_LOAD, 1, || load(1_000)),
        Entry::new("echo_inside_1", TRIPS_INSIDE, 1, || inside(1)),
        Entry::new("echo_inside_100", TRIPS_INSIDE, 10, || inside(100)),
        Entry::new("brigade_switch_pipes", TASKS, 4, over_pipes),
    ]
}

fn load(connections: usize) -> Body {
    let bytes = MESSAGE;
    outside(Role::Load { connections, bytes }, TRIPS_LOAD)
}

fn outside(role: Role, trips: u64) -> Body {
    let pool = Pool::new();
    let address = start_server(&pool);
    let mut child = Child::start(role, &address);
    Box::new(move |rounds| {
        let _kept_alive = &pool;
        child.run(rounds * trips)
    })
}

fn inside(clients: u64) -> Body {
    let pool = Pool::new();
    let address = start_server(&pool);
    let mut streams: Vec<TcpStream> = smol::block_on(async {
        let mut streams = Vec::new();
        for _ in 0..clients {
            let stream = TcpStream::connect(&address)
                .await
                .expect("the server is up");
            stream.set_nodelay(true).expect("a TCP socket");
            streams.push(stream);
        }
        streams
    });
    Box::new(move |rounds| {
        let start = Instant::now();
        let trips = rounds * TRIPS_INSIDE / clients;
        let go = |stream| pool.spawn(round_trips(stream, trips));
        let tasks: Vec<_> = streams.drain(..).map(go).collect();
        smol::block_on(async {
            for task in tasks {
                streams.push(task.await);
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

fn start_server(pool: &Pool) -> String {
    let listener = smol::block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    let executor = std::sync::Arc::downgrade(&pool.executor);
    let server = pool.spawn(async move {
        loop {
            let (stream, _peer) = listener.accept().await.expect("descriptors suffice");
            stream.set_nodelay(true).expect("a TCP socket");
            let Some(executor) = executor.upgrade() else {
                return;
            };
            executor.spawn(echo(stream)).detach();
        }
    });
    server.detach();
    address.to_string()
}

async fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

fn over_pipes() -> Body {
    let pool = Pool::new();
    let (first, mut incoming) = kernel_pipe().expect("there are pipes");
    for _ in 0..TASKS {
        let (mut outgoing, next) = kernel_pipe().expect("there are pipes");
        let mut source = std::mem::replace(&mut incoming, next);
        let task = pool.spawn(async move {
            let mut byte = [0];
            while source.read_exact(&mut byte).await.is_ok() {
                if outgoing.write_all(&byte).await.is_err() {
                    return;
                }
            }
        });
        task.detach();
    }
    let mut ends = Some((first, incoming));
    Box::new(move |rounds| {
        let (mut first, mut last) = ends.take().expect("put back after every run");
        let task = pool.spawn(async move {
            let start = Instant::now();
            let mut byte = [7];
            for _ in 0..rounds {
                first.write_all(&byte).await.expect("the line stands");
                last.read_exact(&mut byte).await.expect("the line stands");
            }
            (start.elapsed(), first, last)
        });
        let (time, first, last) = smol::block_on(task);
        ends = Some((first, last));
        time
    })
}

/// A pipe as smol has it; the descriptors are made where there is a safe face for that.
fn kernel_pipe() -> io::Result<(Async<File>, Async<File>)> {
    let (sender, receiver) = crate::pipes::blocking()?;
    Ok((Async::new(sender)?, Async::new(receiver)?))
}
