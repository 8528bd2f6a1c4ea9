//! Smoke.
use runtime::runtime::{Builder, Runtime};
use std::time::{Duration, Instant};

#[test]
fn spawns_join() {
    for workers in [1, 2, 4] {
        let rt = Builder::new_multi_thread()
            .worker_threads(workers)
            .build()
            .unwrap();
        let sum = rt.block_on(async {
            let handles: Vec<_> = (0..10_000u64)
                .map(|i| runtime::spawn(async move { i }))
                .collect();
            let mut sum = 0;
            for h in handles {
                sum += h.await.unwrap();
            }
            sum
        });
        assert_eq!(sum, 49995000);
    }
}

#[test]
fn nested_tasks_and_sleep() {
    let rt = Runtime::new().unwrap();
    let t = Instant::now();
    rt.block_on(async {
        let h = runtime::spawn(async {
            runtime::time::sleep(Duration::from_millis(20)).await;
            let mut v = vec![];
            for i in 0..100 {
                v.push(runtime::spawn(async move {
                    runtime::task::yield_now().await;
                    i
                }));
            }
            let mut s = 0;
            for h in v {
                s += h.await.unwrap();
            }
            s
        });
        assert_eq!(h.await.unwrap(), 4950);
    });
    assert!(t.elapsed() >= Duration::from_millis(20));
    assert!(
        t.elapsed() < Duration::from_millis(200),
        "{:?}",
        t.elapsed()
    );
}

#[test]
fn current_thread() {
    let rt = Builder::new_current_thread().build().unwrap();
    let r = rt.block_on(async {
        let h = runtime::spawn(async {
            runtime::time::sleep(Duration::from_millis(5)).await;
            7
        });
        let b = runtime::task::spawn_blocking(|| 5);
        h.await.unwrap() + b.await.unwrap()
    });
    assert_eq!(r, 12);
}

#[test]
fn blocking_and_panic() {
    let rt = Runtime::new().unwrap();
    rt.block_on(async {
        let e = runtime::spawn(async { panic!("boo") }).await.unwrap_err();
        assert!(e.is_panic());
        let v =
            runtime::task::spawn_blocking(|| std::thread::current().name().unwrap().to_string())
                .await
                .unwrap();
        assert_eq!(v, "runtime-blocking");
        let h = runtime::spawn(std::future::pending::<()>());
        h.abort();
        assert!(h.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn stalled_workers() {
    let rt = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    rt.block_on(async {
        for _ in 0..2 {
            runtime::spawn(async { std::thread::sleep(Duration::from_millis(500)) });
        }
    });
    std::thread::sleep(Duration::from_millis(30));
    let (tx, rx) = std::sync::mpsc::channel();
    let t = Instant::now();
    rt.spawn(async move {
        runtime::time::sleep(Duration::from_millis(5)).await;
        tx.send(()).unwrap();
    });
    rx.recv().unwrap();
    assert!(
        t.elapsed() < Duration::from_millis(100),
        "{:?}",
        t.elapsed()
    );
    assert!(rt.metrics().spare_slot_count() >= 1);
    drop(rt);
}
