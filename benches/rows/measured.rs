//! The parts of the tables that are no time per operation: an idle process, and a task that blocks
//! its thread.

use std::time::{Duration, Instant};

use super::rt;
use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::net::TcpListener;
use super::rt::runtime::Runtime;
use super::rt::sync::oneshot;
use super::rt::time::{interval, sleep};
use super::support::default_runtime;
use crate::child::{Child, Role};
use crate::hostage::{self, Lateness};
use crate::row::{Divisor, Entry, Figure};
use crate::usage::Usage;

/// For how long the hostage-taker blocks its thread.
const BLOCKED: Duration = Duration::from_millis(50);

/// How long it takes until what was busy is idle.
const SETTLING: Duration = Duration::from_millis(300);

/// For how long an idle process is watched.
const WINDOW: Duration = Duration::from_secs(1);

const TICK: Duration = Duration::from_millis(1);

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::measure(&["idle_0_connections"], |divisor| idle(0, divisor)),
        Entry::measure(&["idle_1000_connections"], |divisor| idle(1_000, divisor)),
        Entry::measure(&["idle_10000_connections"], |divisor| idle(10_000, divisor)),
        Entry::measure(&["hostage_start", "hostage_tick"], |divisor| {
            let times = usize::try_from(20 / divisor).expect("a small number");
            hostage::figures(|| hostage(times.max(1)))
        }),
    ]
}

/// The wake-ups a second of a runtime with one interval of 100 ms and so many idle connections.
fn idle(connections: u64, divisor: Divisor) -> Vec<Figure> {
    let runtime = default_runtime();
    runtime.spawn(async {
        let mut ticks = interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
        }
    });
    let row = format!("idle_{connections}_connections");
    let _held = hold(&runtime, connections / divisor);
    let divisor = u32::try_from(divisor.min(5)).expect("a small number");
    // What was busy needs a moment to become idle.
    std::thread::sleep(SETTLING / divisor);
    let window = WINDOW / divisor;
    let before = Usage::now();
    std::thread::sleep(window);
    let used = Usage::now() - before;
    let seconds = window.as_secs_f64();
    // The thread that waits for the window to pass wakes once.
    let wakes = used.switches.saturating_sub(1) as f64 / seconds;
    vec![used.a_second(seconds, Figure::new(&row, "wakes/s", wakes))]
}

/// Has another process make so many connections, each with a task of ours that waits for bytes.
pub(super) fn hold(runtime: &Runtime, connections: u64) -> Option<Child> {
    let connections = usize::try_from(connections).expect("a number of descriptors");
    if connections == 0 {
        return None;
    }
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound").to_string();
    runtime.spawn(async move {
        for _ in 0..connections {
            let (mut stream, _peer) = listener.accept().await.expect("descriptors suffice");
            rt::spawn(async move {
                let mut buffer = [0; 64];
                stream.write_all(&[7]).await.expect("the client reads");
                while let Ok(1..) = stream.read(&mut buffer).await {}
            });
        }
    });
    Some(Child::start(Role::Hold { connections }, &address))
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
