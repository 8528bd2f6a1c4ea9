//! What comes after a runtime's end, or during it: spawns, wakes, waits.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use runtime::io::AsyncReadExt;
use runtime::net::{TcpListener, TcpStream};
use runtime::runtime::Runtime;
use runtime::task::{AbortHandle, JoinHandle, yield_now};
use runtime::time::sleep;

use crate::support::{Tally, Watchdog};
use crate::{runtimes, turn_over};

/// Tasks that give their wakers away and wait, with what they are known by.
struct Kept {
    tally: Tally,
    wakers: Arc<Mutex<Vec<Waker>>>,
    handles: Vec<JoinHandle<()>>,
    aborts: Vec<AbortHandle>,
}

const KEPT: usize = 50;

fn keep_wakers(runtime: &Runtime) -> Kept {
    let tally = Tally::default();
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let handles: Vec<_> = (0..KEPT)
        .map(|_| {
            let (counted, wakers) = (tally.one(), Arc::clone(&wakers));
            runtime.spawn(async move {
                let _counted = counted;
                poll_fn(|cx| {
                    wakers.lock().expect("the list").push(cx.waker().clone());
                    Poll::<()>::Pending
                })
                .await
            })
        })
        .collect();
    turn_over(runtime);
    while wakers.lock().expect("the list").len() < KEPT {
        turn_over(runtime);
    }
    Kept {
        aborts: handles.iter().map(JoinHandle::abort_handle).collect(),
        tally,
        wakers,
        handles,
    }
}

#[test]
fn fault_004_wakers_kept_after_the_runtime_do_nothing() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let kept = keep_wakers(&runtime);
        drop(runtime);
        kept.tally.assert_all_dropped(KEPT);
        let wakers = std::mem::take(&mut *kept.wakers.lock().expect("the list"));
        for (index, waker) in wakers.into_iter().enumerate() {
            let clone = waker.clone();
            assert!(clone.will_wake(&waker));
            match index % 4 {
                0 => waker.wake(),
                1 => waker.wake_by_ref(),
                2 => drop(waker),
                _ => thread::spawn(move || waker.wake()).join().expect("woken"),
            }
            clone.wake();
        }
        for abort in &kept.aborts {
            abort.abort();
            assert!(abort.is_finished());
        }
        for handle in kept.handles {
            assert!(block_on(handle).expect_err("cancelled").is_cancelled());
        }
        kept.tally.assert_all_dropped(KEPT);
    }
}

#[test]
fn fault_004_wakers_called_while_the_runtime_ends_do_nothing() {
    let _watchdog = Watchdog::new();
    for _ in 0..20 {
        for (_, runtime) in runtimes() {
            let kept = keep_wakers(&runtime);
            let stop = Arc::new(AtomicBool::new(false));
            let wakers: Vec<Waker> = kept.wakers.lock().expect("the list").clone();
            let stopped = Arc::clone(&stop);
            let waking = thread::spawn(move || {
                // Relaxed: a request.
                while !stopped.load(Ordering::Relaxed) {
                    wakers.iter().for_each(Waker::wake_by_ref);
                }
            });
            drop(runtime);
            kept.tally.assert_all_dropped(KEPT);
            // Relaxed: a request.
            stop.store(true, Ordering::Relaxed);
            waking.join().expect("no panic");
        }
    }
}

#[test]
fn fault_004_wakers_called_by_a_thread_locals_destructor_do_nothing() {
    struct WakesOnDrop(Vec<Waker>);
    impl Drop for WakesOnDrop {
        fn drop(&mut self) {
            self.0.drain(..).for_each(Waker::wake);
        }
    }
    thread_local! {
        static WAKERS: RefCell<Option<WakesOnDrop>> = const { RefCell::new(None) };
    }
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let kept = keep_wakers(&runtime);
        for ends_first in [false, true] {
            let wakers = kept.wakers.lock().expect("the list").clone();
            let handle = runtime.handle().clone();
            let thread = thread::spawn(move || {
                WAKERS.set(Some(WakesOnDrop(wakers)));
                if ends_first {
                    handle.block_on(async {});
                }
            });
            thread.join().expect("the thread ends");
        }
        turn_over(&runtime);
        drop(runtime);
        kept.tally.assert_all_dropped(KEPT);
    }
}

#[test]
fn fault_032_spawns_after_the_end_are_cancelled() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let handle = runtime.handle().clone();
        turn_over(&runtime);
        drop(runtime);
        let tally = Tally::default();
        let counted = tally.one();
        let task = handle.spawn(async move { drop(counted) });
        assert!(block_on(task).expect_err("cancelled").is_cancelled());
        let counted = tally.one();
        let closure = handle.spawn_blocking(move || drop(counted));
        assert!(block_on(closure).expect_err("cancelled").is_cancelled());
        tally.assert_all_dropped(2);
        assert_eq!(
            handle.block_on(async {
                yield_now().await;
                8
            }),
            8
        );
        let inner = handle.block_on(async { runtime::spawn(async {}).await });
        assert!(inner.expect_err("cancelled").is_cancelled());
    }
}

#[test]
fn fault_032_io_after_the_end_gives_errors_and_ends_what_waited() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let handle = runtime.handle().clone();
        let (mut stream, listener, _peer) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            let address = listener.local_addr().expect("its address");
            let stream = TcpStream::connect(address).await.expect("a connection");
            let (peer, _) = listener.accept().await.expect("a connection");
            (stream, listener, peer)
        });
        let waiting = thread::spawn(move || {
            let read = block_on(stream.read(&mut [0; 8]));
            (stream, read.is_err())
        });
        thread::sleep(Duration::from_millis(5));
        drop(runtime);
        let (mut stream, failed) = waiting.join().expect("the wait ends");
        assert!(failed, "a read that waited at the end");
        assert!(
            block_on(stream.read(&mut [0; 8])).is_err(),
            "a read after it"
        );
        assert!(block_on(listener.accept()).is_err(), "an accept after it");
        handle.block_on(async {
            let bound = TcpListener::bind("127.0.0.1:0").await;
            if let Ok(listener) = bound {
                assert!(listener.accept().await.is_err());
            }
            assert!(TcpStream::connect("127.0.0.1:1").await.is_err());
        });
    }
}

#[test]
fn fault_032_a_sleep_that_outlives_the_runtime_panics_with_a_clear_text_and_does_not_hang() {
    let _watchdog = Watchdog::new();
    for (name, runtime) in runtimes() {
        println!("{name}");
        let guard = runtime.enter();
        let mut kept: Pin<Box<_>> = Box::pin(sleep(Duration::from_secs(3600)));
        drop(guard);
        let waiting =
            thread::spawn(move || catch_unwind(AssertUnwindSafe(|| block_on(kept.as_mut()))));
        thread::sleep(Duration::from_millis(5));
        let handle = runtime.handle().clone();
        drop(runtime);
        let panics = [
            waiting.join().expect("caught").expect_err("not in time"),
            catch_unwind(AssertUnwindSafe(|| {
                handle.block_on(async { sleep(Duration::from_secs(3600)).await });
            }))
            .expect_err("after the end"),
        ];
        for panic in panics {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .expect("a text");
            assert!(text.contains("shut") && text.contains("down"), "{text}");
        }
    }
}

/// Every handle that was given out says what became of its task.
#[test]
fn fault_032_spawns_racing_the_end_are_run_or_cancelled_and_never_lost() {
    let _watchdog = Watchdog::new();
    for round in 0..20 {
        for (_, runtime) in runtimes() {
            let tally = Tally::default();
            let stop = Arc::new(AtomicBool::new(false));
            let spawners: Vec<_> = (0..3)
                .map(|kind| {
                    let (handle, tally) = (runtime.handle().clone(), tally.clone());
                    let stop = Arc::clone(&stop);
                    thread::spawn(move || {
                        let mut handles = Vec::new();
                        // Relaxed: a request.
                        while !stop.load(Ordering::Relaxed) && handles.len() < 1000 {
                            let counted = tally.one();
                            handles.push(match kind {
                                0 => handle.spawn(async move { drop(counted) }),
                                1 => handle.spawn_blocking(move || drop(counted)),
                                _ => handle.spawn(async move {
                                    let _counted = counted;
                                    pending::<()>().await;
                                }),
                            });
                        }
                        handles
                    })
                })
                .collect();
            for _ in 0..round {
                thread::yield_now();
            }
            drop(runtime);
            // Relaxed: a request.
            stop.store(true, Ordering::Relaxed);
            for spawner in spawners {
                for handle in spawner.join().expect("no panic") {
                    let ended = block_on(handle);
                    assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
                }
            }
            tally.assert_all_dropped(tally.made());
        }
    }
}

#[test]
fn fault_032_timers_and_io_racing_the_end_do_not_hang() {
    let _watchdog = Watchdog::new();
    for round in 0..50 {
        for (_, runtime) in runtimes() {
            let handle = runtime.handle().clone();
            let racing = thread::spawn(move || {
                let _inside = handle.enter();
                loop {
                    let timer: Pin<Box<dyn Future<Output = ()>>> =
                        Box::pin(sleep(Duration::from_micros(50)));
                    let slept = catch_unwind(AssertUnwindSafe(|| block_on(timer)));
                    let accepted = block_on(async {
                        let listener = TcpListener::bind("127.0.0.1:0").await?;
                        let address = listener.local_addr()?;
                        let connect = TcpStream::connect(address);
                        futures::try_join!(connect, listener.accept())
                    });
                    if slept.is_err() || accepted.is_err() {
                        break;
                    }
                }
            });
            thread::sleep(Duration::from_micros(20 * round));
            drop(runtime);
            racing.join().expect("no panic");
        }
    }
}
