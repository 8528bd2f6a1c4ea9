//! Timers: fired by whoever looks, moved and dropped by others meanwhile.

use std::time::Duration;

use runtime_core::builder::Builder;
use runtime_core::loom::thread::yield_now as yield_thread;
use runtime_core::spawn::{spawn, spawn_blocking, yield_now};
use runtime_core::sync::oneshot;
use runtime_core::time::{Instant, sleep, timeout};

use super::{explore, give_up_after, two_workers};

const SHORT: Duration = Duration::from_millis(2);
const LONG: Duration = Duration::from_millis(50);

/// Faults 36, 37.
#[test]
fn shuttle_sleeps_end_and_never_early() {
    explore("shuttle_sleeps_end_and_never_early", || {
        let runtime = two_workers();
        let tasks = [SHORT, LONG, SHORT / 2].map(|length| {
            runtime.spawn(async move {
                let begun = Instant::now();
                let _given_up = give_up_after(1, sleep(length)).await;
                sleep(length).await;
                assert!(begun.elapsed() >= length);
            })
        });
        for task in tasks {
            runtime.block_on(task).expect("it ends by itself");
        }
    });
}

/// Fault 37.
#[test]
fn shuttle_a_timeout_or_its_future_wins() {
    explore("shuttle_a_timeout_or_its_future_wins", || {
        let runtime = two_workers();
        let (send, receive) = oneshot::channel();
        let waits = runtime.spawn(async move { timeout(LONG, receive).await });
        runtime.block_on(async move {
            sleep(SHORT).await;
            // Late, and it has given up.
            let _ = send.send(());
            spawn(async { timeout(SHORT, std::future::pending::<()>()).await })
                .await
                .expect("it ends by itself")
                .expect_err("it is never ready");
        });
        let _either = runtime.block_on(waits).expect("it ends by itself");
    });
}

#[test]
fn shuttle_a_paused_clock_goes_on_by_itself() {
    explore("shuttle_a_paused_clock_goes_on_by_itself", || {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build();
        let runtime = runtime.expect("nothing is refused here");
        let elapsed = runtime.block_on(async {
            let begun = Instant::now();
            let task = spawn(async {
                sleep(LONG).await;
                yield_now().await;
                sleep(SHORT).await;
            });
            // While it runs, the clock stands.
            spawn_blocking(yield_thread).await.expect("it returns");
            task.await.expect("it ends by itself");
            begun.elapsed()
        });
        assert_eq!(elapsed, LONG + SHORT);
    });
}
