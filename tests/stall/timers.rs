//! A timer is served whoever registered it, and wherever that thread sleeps then.

use std::sync::mpsc::channel;
use std::time::Duration;

use runtime::time::sleep;

use crate::runtime;
use crate::support::Watchdog;

const PATIENCE: Duration = Duration::from_secs(5);

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
