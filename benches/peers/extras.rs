//! What this workspace's runtime can do beyond the vocabulary, against the best that the vocabulary
//! has for the same work.

use std::io::IoSliceMut;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::net::{Datagram, UdpSocket};

use crate::row::{Body, Entry};

const MESSAGE: usize = 64;
const FLIGHT: usize = 32;
const DATAGRAMS: u64 = 3_200;

/// Datagrams in flights: each flight by as few calls as there can be.
const NAME: &str = "udp_packets_many";

pub(super) fn ours() -> Vec<Entry> {
    vec![Entry::new(NAME, DATAGRAMS, 12, many)]
}

/// One call a datagram: there is no other way.
pub(super) fn theirs() -> Vec<Entry> {
    let rows = crate::theirs::rows::all().into_iter();
    let plain = rows.filter(|entry| entry.names == ["udp_packets"]);
    let renamed = plain.map(|entry| Entry {
        names: vec![NAME],
        ..entry
    });
    renamed.collect()
}

fn many() -> Body {
    let built = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = built.expect("a runtime can be built");
    let pair = runtime.block_on(async {
        let near = UdpSocket::bind("127.0.0.1:0").await?;
        let far = UdpSocket::bind("127.0.0.1:0").await?;
        near.connect(far.local_addr()?).await?;
        far.connect(near.local_addr()?).await?;
        Ok::<_, std::io::Error>((near, far))
    });
    let (near, far) = pair.expect("the loopback has ports");
    runtime.spawn(confirm(far));
    let near = Arc::new(near);
    Box::new(move |rounds| {
        let near = Arc::clone(&near);
        let task = runtime.spawn(async move { send(&near, rounds).await });
        runtime.block_on(task).expect("it does not panic")
    })
}

async fn send(near: &UdpSocket, rounds: u64) -> Duration {
    let start = Instant::now();
    let datagram = Datagram {
        payload: &[7; MESSAGE],
        to: None,
    };
    let flight = [datagram; FLIGHT];
    for _ in 0..rounds * DATAGRAMS / FLIGHT as u64 {
        let mut sent = 0;
        while sent < FLIGHT {
            let more = near.send_many(&flight[sent..]).await;
            sent += more.expect("a bound socket");
        }
        near.recv(&mut [0]).await.expect("the server confirms");
    }
    start.elapsed()
}

/// Counts flights, and answers each with one datagram.
async fn confirm(far: UdpSocket) {
    let mut bytes = [[0; MESSAGE]; FLIGHT];
    let mut received = Vec::with_capacity(FLIGHT);
    loop {
        received.clear();
        while received.len() < FLIGHT {
            let mut buffers = bytes.each_mut().map(|bytes| IoSliceMut::new(bytes));
            let free = &mut buffers[received.len()..];
            let more = far.recv_many(free, &mut received).await;
            more.expect("a bound socket");
        }
        // The client has gone when its body has.
        let _gone = far.send(&[1]).await;
    }
}
