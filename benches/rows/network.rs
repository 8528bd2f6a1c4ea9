//! Sockets beside echo: connections that come and go, bulk, datagrams.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use super::rt;
use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use super::support::{default_runtime, in_task};
use crate::row::{Body, Entry};

const LOOPS: u64 = 512;
const BULK: usize = 65_536;
const WRITES: u64 = 500;
const MESSAGE: usize = 64;

/// So many datagrams are under way at once, few enough for the buffer of a socket.
const FLIGHT: u64 = 32;
const DATAGRAMS: u64 = 3_200;

pub(super) fn rows() -> Vec<Entry> {
    let bytes = WRITES * BULK as u64;
    vec![
        Entry::new("conn_churn", LOOPS, 3, conn_churn),
        Entry::throughput("bulk_tcp", bytes, 6, bulk_tcp),
        Entry::new("udp_packets", DATAGRAMS, 12, udp_packets),
    ]
}

/// Connect, 64 bytes there and back, close: 512 loops at once, each once a round.
fn conn_churn() -> Body {
    let runtime = default_runtime();
    let listener = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        // All loops may connect before one is accepted, and a queue that overflows costs a second.
        socket.listen(4_096)
    });
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(async move {
        loop {
            let (mut stream, _peer) = listener.accept().await.expect("descriptors suffice");
            rt::spawn(async move {
                let mut buffer = [0; MESSAGE];
                let read = stream.read_exact(&mut buffer).await;
                read.expect("the client sends");
                stream.write_all(&buffer).await.expect("the client reads");
            });
        }
    });
    Box::new(move |rounds| {
        let turns = || async move {
            for _ in 0..rounds {
                let stream = TcpStream::connect(address).await;
                let mut stream = stream.expect("the server is up");
                let mut buffer = [7; MESSAGE];
                stream.write_all(&buffer).await.expect("the server reads");
                let read = stream.read_exact(&mut buffer).await;
                read.expect("the server answers");
                // Else the port stays taken for a minute, and ports run out.
                stream.set_zero_linger().expect("a TCP socket");
            }
        };
        let start = Instant::now();
        let handles: Vec<_> = (0..LOOPS).map(|_| runtime.spawn(turns())).collect();
        runtime.block_on(async {
            for handle in handles {
                handle.await.expect("a loop does not panic");
            }
        });
        start.elapsed()
    })
}

/// Writes of 64 KiB, and a task that reads as much as it gets.
fn bulk_tcp() -> Body {
    let runtime = default_runtime();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(async move {
        loop {
            let (mut stream, _peer) = listener.accept().await.expect("descriptors suffice");
            rt::spawn(async move {
                let mut buffer = vec![0; BULK];
                let mut left = WRITES * BULK as u64;
                while left > 0 {
                    let read = stream.read(&mut buffer).await;
                    left -= read.expect("the client sends") as u64;
                }
                // It has all arrived.
                stream.write_all(&[1]).await.expect("the client reads");
            });
        }
    });
    in_task(runtime, move || async move {
        let stream = TcpStream::connect(address).await;
        let mut stream = stream.expect("the server is up");
        let block = vec![7; BULK];
        for _ in 0..WRITES {
            stream.write_all(&block).await.expect("the server reads");
        }
        let read = stream.read_exact(&mut [0]).await;
        read.expect("the server answers");
    })
}

/// Datagrams of 64 bytes in flights of 32, each flight confirmed by one datagram.
fn udp_packets() -> Body {
    let runtime = default_runtime();
    let pair = runtime.block_on(async {
        let near = UdpSocket::bind("127.0.0.1:0").await?;
        let far = UdpSocket::bind("127.0.0.1:0").await?;
        near.connect(far.local_addr()?).await?;
        far.connect(near.local_addr()?).await?;
        Ok::<_, std::io::Error>((near, far))
    });
    let (near, far) = pair.expect("the loopback has ports");
    runtime.spawn(async move {
        let mut buffer = [0; MESSAGE];
        loop {
            for _ in 0..FLIGHT {
                far.recv(&mut buffer).await.expect("a bound socket");
            }
            // The client has gone when its body has.
            let _gone = far.send(&[1]).await;
        }
    });
    let near = std::sync::Arc::new(near);
    in_task(runtime, move || {
        let near = std::sync::Arc::clone(&near);
        async move {
            for _ in 0..DATAGRAMS / FLIGHT {
                for _ in 0..FLIGHT {
                    near.send(&[7; MESSAGE]).await.expect("a bound socket");
                }
                near.recv(&mut [0]).await.expect("the server confirms");
            }
        }
    })
}
