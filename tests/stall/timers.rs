//! A timer is served whoever registered it, and wherever that thread sleeps then.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use runtime::net::UdpSocket;
use runtime::time::sleep;

use crate::runtime;
use crate::support::{Control, Lateness, Watchdog, alone};

const PATIENCE: Duration = Duration::from_secs(5);

/// Less than a tick of the clock where the system counts in those.
const TICK: Duration = Duration::from_millis(5);

/// Where there is a socket, whoever sits sleeps in another place.
#[test]
fn a_short_sleep_ends_in_time_with_and_without_sockets() {
    let _alone = alone();
    for has_socket in [false, true] {
        let runtime = runtime(1);
        let control = Control::start();
        let lateness = runtime.block_on(async {
            let address = has_socket.then_some("127.0.0.1:0");
            let socket = match address {
                Some(address) => Some(UdpSocket::bind(address).await.expect("a socket")),
                None => None,
            };
            // Not registered before it has to wait.
            let _waits =
                socket.map(|socket| runtime::spawn(async move { socket.recv(&mut [0]).await }));
            let mut lateness = Lateness::default();
            for _ in 0..200 {
                let due = Instant::now() + Duration::from_micros(1300);
                sleep(Duration::from_micros(1300)).await;
                lateness.add(due, Instant::now());
            }
            lateness
        });
        let place = if has_socket {
            "beside a socket"
        } else {
            "alone"
        };
        control.judge(place, &lateness, 0.9, TICK);
    }
}

/// Rounds of four leave several threads behind, some of them parked; in rounds of one a parked
/// thread is woken for a task beside a thread that sits already, registers the timer and parks
/// again.
#[test]
fn fault_036_a_timer_of_a_thread_that_parks_beside_the_sitter_is_not_lost() {
    let _watchdog = Watchdog::new();
    for workers in 1..=4 {
        let runtime = runtime(workers);
        for round in 0..500 {
            let tasks = if round % 2 == 0 { 4 } else { 1 };
            let (sender, fired) = channel();
            for _ in 0..tasks {
                let sender = sender.clone();
                drop(runtime.spawn(async move {
                    // Longer than the sentinel looks on.
                    sleep(Duration::from_millis(3)).await;
                    sender.send(()).expect("the test waits");
                }));
            }
            for _ in 0..tasks {
                let fired = fired.recv_timeout(PATIENCE);
                assert!(fired.is_ok(), "lost, {workers} workers, round {round}");
            }
        }
    }
}

#[test]
fn fault_036_a_timer_of_a_nested_block_on_is_not_lost() {
    let _watchdog = Watchdog::new();
    for workers in 1..=2 {
        let runtime = runtime(workers);
        for round in 0..200 {
            let (handle, (sender, fired)) = (runtime.handle().clone(), channel());
            drop(runtime.spawn(async move {
                sleep(Duration::from_micros(50)).await;
                handle.block_on(async { sleep(Duration::from_micros(50)).await });
                sleep(Duration::from_micros(50)).await;
                sender.send(()).expect("the test waits");
            }));
            let fired = fired.recv_timeout(PATIENCE);
            assert!(fired.is_ok(), "lost, {workers} workers, round {round}");
        }
    }
}
