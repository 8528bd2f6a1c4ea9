//! Tasks that stay on their thread, woken from others.

use std::rc::Rc;

use runtime_core::local_set::{LocalSet, spawn_local};
use runtime_core::spawn::{spawn, yield_now};
use runtime_core::sync::{mpsc, oneshot};

use super::{explore, outside, two_workers};

/// Fault 79.
#[test]
fn shuttle_local_tasks_hear_of_each_wake() {
    explore("shuttle_local_tasks_hear_of_each_wake", || {
        let runtime = two_workers();
        let (send, mut receive) = mpsc::unbounded_channel();
        let (done, wait) = oneshot::channel();
        let thread = outside(move || {
            for number in 0..3 {
                send.send(number).expect("somebody receives");
            }
        });
        let set = LocalSet::new();
        let sum = set.block_on(&runtime, async {
            let base = Rc::new(10);
            let local = spawn_local(async move {
                let mut sum = *base;
                while let Some(number) = receive.recv().await {
                    sum += number;
                }
                sum
            });
            let waits = spawn_local(wait);
            spawn(async move { done.send(5) })
                .await
                .expect("it ends by itself")
                .expect("it waits");
            let more = waits.await.expect("it ends by itself").expect("it is sent");
            local.await.expect("it ends by itself") + more
        });
        assert_eq!(sum, 18);
        thread.join().expect("it does not panic");
    });
}

/// Fault 5.
#[test]
fn shuttle_a_local_set_that_ends_takes_its_tasks_along() {
    explore(
        "shuttle_a_local_set_that_ends_takes_its_tasks_along",
        || {
            let runtime = two_workers();
            let (send, receive) = oneshot::channel::<()>();
            let thread = outside(move || send.send(()));
            let set = LocalSet::new();
            let waits = set.block_on(&runtime, async {
                let waits = spawn_local(async move {
                    let _ = receive.await;
                    std::future::pending::<()>().await;
                });
                yield_now().await;
                waits
            });
            drop(set);
            let ended = runtime
                .block_on(waits)
                .expect_err("it never ends by itself");
            assert!(ended.is_cancelled());
            let _ = thread.join().expect("it does not panic");
        },
    );
}
