//! Clients that hold a connection each and say a byte now and then (slowloris), beside one in a
//! hurry.

use std::io::{Read, Write};
use std::net::TcpStream as Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::support::{Control, Lateness, Server, alone, proc_status_kib, raise_descriptor_limit};
use super::{is_whole, sized, watchdog};

/// What either process needs besides its connections.
const OTHER_DESCRIPTORS: usize = 100;

/// A connection has a task, a buffer for reading and one for its line.
const RSS_PER_CONNECTION_BYTES_MAX: usize = 12 << 10;

/// All slow clients together, in either size: ten thousand of them say a byte in ten seconds.
const BYTES_A_SECOND: u32 = 1000;

#[test]
fn fault_057_slow_clients_delay_no_fast_one_and_cost_little() {
    let _alone = (!is_whole()).then(alone);
    let _watchdog = watchdog();
    let limit = raise_descriptor_limit();
    let count = sized(500, 10_000).min(limit.saturating_sub(OTHER_DESCRIPTORS));
    let mut server = Server::start("line_echo");
    let mut fast = server.client();
    let lasts = sized(Duration::from_secs(1), Duration::from_secs(30));

    let control = Control::start();
    let by_itself = hurry(&mut fast, lasts);
    let undisturbed = percentile(&by_itself, 0.99);
    control.judge("by itself", &lateness(&by_itself), 0.99, Duration::MAX);

    let before = proc_status_kib(server.pid(), "VmRSS");
    let slow: Vec<Client> = (0..count).map(|_| server.client()).collect();
    let (control, over) = (Control::start(), Arc::new(AtomicBool::new(false)));
    let ends = Arc::clone(&over);
    let trickle = thread::spawn(move || trickle(slow, &ends));
    let beside = hurry(&mut fast, lasts);
    // A processor's turn more than it took before, in a machine that has other work.
    let bound = undisturbed * 2 + sized(Duration::from_millis(10), Duration::from_millis(1));
    let what = format!("beside {count} slow clients, alone p99 {undisturbed:?}");
    control.judge(&what, &lateness(&beside), 0.99, bound);

    let after = proc_status_kib(server.pid(), "VmRSS");
    let bytes = (after.saturating_sub(before) << 10) / count;
    // Relaxed: a request.
    over.store(true, Ordering::Relaxed);
    let (slow, said) = trickle.join().expect("no panic");
    println!("{said} bytes by {count} clients; {bytes} bytes of the server for each");
    assert!(server.descriptors() >= count, "it still holds them all");
    assert!(bytes <= RSS_PER_CONNECTION_BYTES_MAX, "{bytes} bytes each");

    drop(slow);
    server.wait_descriptors(OTHER_DESCRIPTORS);
    round(&mut fast);
    server.assert_runs();
}

/// Each in turn says a byte, until it is over; gives how many were said.
fn trickle(mut clients: Vec<Client>, over: &AtomicBool) -> (Vec<Client>, usize) {
    let pause = Duration::from_secs(1) / BYTES_A_SECOND;
    let (mut said, mut due) = (0, Instant::now());
    // Relaxed: a request.
    while !over.load(Ordering::Relaxed) {
        let next = said % clients.len();
        clients[next].write_all(b".").expect("nobody hangs up");
        said += 1;
        due += pause;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    (clients, said)
}

type Rounds = Vec<(Instant, Instant)>;

/// One line after another, for so long.
fn hurry(client: &mut Client, lasts: Duration) -> Rounds {
    let (begun, mut rounds) = (Instant::now(), Rounds::new());
    while begun.elapsed() < lasts {
        let asked = Instant::now();
        round(client);
        rounds.push((asked, Instant::now()));
        // So that a round begins on machines at rest.
        thread::sleep(Duration::from_millis(1));
    }
    rounds
}

fn round(client: &mut Client) {
    client.write_all(b"now\n").expect("sent");
    let mut answer = [0; 4];
    client.read_exact(&mut answer).expect("answered");
    assert_eq!(&answer, b"now\n");
}

fn lateness(rounds: &Rounds) -> Lateness {
    let mut lateness = Lateness::default();
    for (asked, answered) in rounds {
        lateness.add(*asked, *answered);
    }
    lateness
}

fn percentile(rounds: &Rounds, share: f64) -> Duration {
    let mut took: Vec<Duration> = rounds
        .iter()
        .map(|(asked, answered)| *answered - *asked)
        .collect();
    took.sort();
    took[((took.len() - 1) as f64 * share) as usize]
}
