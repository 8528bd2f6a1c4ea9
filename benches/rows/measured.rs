//! The parts of the tables that are no time per operation: an idle process, and a task that blocks
//! its thread.

use std::net::TcpListener as StdListener;
use std::time::{Duration, Instant};

use super::rt;
use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::net::TcpListener;
use super::rt::sync::oneshot;
use super::rt::time::{interval, sleep};
use super::support::default_runtime;
use crate::hostage::Lateness;
use crate::usage::Usage;

/// For how long the hostage-taker blocks its thread.
const BLOCKED: Duration = Duration::from_millis(50);

const TICK: Duration = Duration::from_millis(1);

/// Runs in a child: what a runtime with one interval of 100 ms and `connections` idle connections
/// uses during `window`.
///
/// The parent is making the connections.
pub(crate) fn idle(listener: StdListener, connections: usize, window: Duration) -> Usage {
    let runtime = default_runtime();
    runtime.spawn(async {
        let mut ticks = interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
        }
    });
    if connections > 0 {
        let accepted = runtime.spawn(accept_all(listener, connections));
        runtime.block_on(accepted).expect("descriptors suffice");
    }
    // What was busy needs a moment to become idle.
    std::thread::sleep(Duration::from_millis(300));
    let before = Usage::now();
    std::thread::sleep(window);
    Usage::now() - before
}

async fn accept_all(listener: StdListener, connections: usize) {
    listener.set_nonblocking(true).expect("a socket");
    let listener = TcpListener::from_std(listener).expect("a listening socket");
    for _ in 0..connections {
        let (mut stream, _peer) = listener.accept().await.expect("descriptors suffice");
        rt::spawn(async move {
            let mut buffer = [0; 64];
            stream.write_all(&[7]).await.expect("the parent reads");
            while let Ok(1..) = stream.read(&mut buffer).await {}
        });
    }
}

/// One task wakes a partner and then blocks its thread, `times` times; a second task ticks beside
/// it.
pub(crate) fn hostage(times: usize) -> Lateness {
    let runtime = default_runtime();
    let start = Instant::now();
    let until = start + BLOCKED * u32::try_from(times).expect("a small number");
    let ticks = runtime.spawn(tick_until(until));
    let starts = runtime.spawn(take_hostages(times));
    runtime.block_on(async {
        Lateness {
            starts: starts.await.expect("it does not panic"),
            ticks: ticks.await.expect("it does not panic"),
        }
    })
}

async fn take_hostages(times: usize) -> Vec<Duration> {
    let mut latenesses = Vec::with_capacity(times);
    for _ in 0..times {
        let (wake, woken) = oneshot::channel::<Instant>();
        let partner = rt::spawn(async move {
            let sent = woken.await.expect("the hostage-taker sends");
            sent.elapsed()
        });
        // The partner has begun to wait, so that it is woken and not started.
        sleep(Duration::from_millis(2)).await;
        wake.send(Instant::now()).expect("the partner waits");
        std::thread::sleep(BLOCKED);
        latenesses.push(partner.await.expect("the partner does not panic"));
    }
    latenesses
}

async fn tick_until(until: Instant) -> Vec<Duration> {
    let mut latenesses = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        sleep(TICK).await;
        latenesses.push(start.elapsed().saturating_sub(TICK));
    }
    latenesses
}
