//! Waiting inside of waiting: every nesting of depth four, in tasks and out of them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use runtime::runtime::{Handle, Runtime};
use runtime::task::{block_in_place, spawn_blocking, yield_now};
use runtime::time::sleep;

use crate::support::{Watchdog, foreign_block_on};
use crate::{multi_thread_runtimes, runtimes};

/// One level of waiting in a synchronous way.
#[derive(Debug, Clone, Copy)]
enum Level {
    /// The runtime's own `block_on`.
    Own,
    /// `block_on` of another runtime; what is inside runs in that one's context.
    Other,
    /// `block_in_place` around the runtime's own `block_on`.
    InPlace,
    /// An executor that knows nothing of any runtime.
    Foreign,
}

const DEPTH: usize = 4;

/// All sequences of so many levels.
fn nestings(kinds: &[Level]) -> Vec<Vec<Level>> {
    (0..DEPTH).fold(vec![Vec::new()], |shorter, _| {
        let longer = shorter.iter().flat_map(|nesting| {
            kinds.iter().map(|&kind| {
                let mut longer = nesting.clone();
                longer.push(kind);
                longer
            })
        });
        longer.collect()
    })
}

/// Waits in each of the levels, and in the innermost and in between for everything a runtime does.
fn nest(
    own: Handle,
    other: Handle,
    levels: Vec<Level>,
) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        use_everything().await;
        let Some((level, rest)) = levels.split_first() else {
            return 0;
        };
        let inner = nest(own.clone(), other.clone(), rest.to_vec());
        let depth = match level {
            Level::Own => own.block_on(inner),
            Level::Other => other.block_on(inner),
            Level::InPlace => block_in_place(|| own.block_on(inner)),
            Level::Foreign => foreign_block_on(inner),
        };
        use_everything().await;
        depth + 1
    })
}

async fn use_everything() {
    yield_now().await;
    sleep(Duration::from_micros(50)).await;
    let task = runtime::spawn(async {
        yield_now().await;
        1
    });
    assert_eq!(task.await.expect("the task ends"), 1);
    assert_eq!(spawn_blocking(|| 2).await.expect("the closure ends"), 2);
}

fn check(own: &runtime::Runtime, other: &runtime::Runtime, kinds: &[Level]) {
    for levels in nestings(kinds) {
        println!("{levels:?}");
        let nested = || nest(own.handle().clone(), other.handle().clone(), levels.clone());
        assert_eq!(own.block_on(nested()), DEPTH, "{levels:?}");

        let task = own.spawn(nested());
        let depth = own.block_on(task).expect("the task ends");
        assert_eq!(depth, DEPTH, "{levels:?} in a task");
    }
}

#[test]
fn fault_024_block_on_nests_in_every_way_on_several_threads() {
    for (name, own) in multi_thread_runtimes() {
        let _watchdog = Watchdog::new();
        println!("{name}");
        let other = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime");
        let kinds = [Level::Own, Level::Other, Level::InPlace];
        check(&own, &other, &kinds);
        let other = runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        check(&own, &other, &[Level::Own, Level::Other]);
    }
}

#[test]
fn fault_024_a_foreign_executor_in_a_task_is_rescued_by_a_spare() {
    for (name, own) in multi_thread_runtimes() {
        let _watchdog = Watchdog::new();
        println!("{name}");
        let other = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime");
        let levels = [Level::Foreign, Level::Own, Level::Other, Level::Foreign];
        for levels in [&levels[..], &levels[1..], &levels[..1]] {
            for _ in 0..5 {
                let (own_handle, other_handle) = (own.handle().clone(), other.handle().clone());
                let nested = nest(own_handle, other_handle, levels.to_vec());
                let task = own.spawn(nested);
                let depth = own.block_on(task).expect("the task ends");
                assert_eq!(depth, levels.len(), "{levels:?}");
            }
        }
    }
}

#[test]
fn fault_024_block_on_nests_on_the_current_thread() {
    let _watchdog = Watchdog::new();
    for (name, other) in runtimes() {
        println!("beside {name}");
        let own = runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        check(&own, &other, &[Level::Own, Level::Other]);
    }
}

#[test]
fn fault_024_tasks_go_on_while_a_task_nests() {
    let _watchdog = Watchdog::new();
    for (name, own) in runtimes() {
        println!("{name}");
        let (sender, mut receiver) = runtime::sync::mpsc::channel(1);
        let handle = own.handle().clone();
        let waits = own.spawn(async move { handle.block_on(receiver.recv()) });
        let sends = own.spawn(async move {
            sleep(Duration::from_millis(2)).await;
            sender.send(9).await.expect("somebody waits");
        });
        own.block_on(async move {
            sends.await.expect("it ends");
            assert_eq!(waits.await.expect("it ends"), Some(9));
        });
    }
}

/// What a task may wait for in vain while it nests: the time of another end, a peer, a child.
fn in_vain(what: usize) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        match what {
            0 => sleep(Duration::from_secs(3600)).await,
            1 => {
                let listener = runtime::net::TcpListener::bind("127.0.0.1:0").await;
                let listener = listener.expect("a listener");
                let error = listener.accept().await.expect_err("nobody comes");
                assert!(error.to_string().contains("shut down"), "{error}");
            }
            2 => {
                let never = runtime::spawn(std::future::pending::<()>());
                assert!(never.await.expect_err("it never ends").is_cancelled());
            }
            _ => {
                let longer = Duration::from_secs(3600);
                let _late = runtime::time::timeout(longer, std::future::pending::<()>()).await;
            }
        }
    })
}

#[test]
fn fault_028_who_nests_in_a_task_does_not_keep_the_end_waiting() {
    for (name, _) in runtimes() {
        for what in 0..4 {
            for in_place in [false, true] {
                let is_current_thread = name == "current thread";
                if is_current_thread && in_place {
                    continue;
                }
                let _watchdog = Watchdog::new();
                println!("{name}, {what}, {in_place}");
                let (_, own) = runtimes().find(|own| own.0 == name).expect("it is there");
                let (begins, begun) = runtime::sync::oneshot::channel();
                let task = own.spawn(async move {
                    let here = Handle::current();
                    let nested = async {
                        // Whoever wakes up has nothing to wait for.
                        let _gone = begins.send(());
                        in_vain(what).await;
                    };
                    if in_place {
                        block_in_place(|| here.block_on(nested));
                    } else {
                        here.block_on(nested);
                    }
                });
                if is_current_thread {
                    // The tasks run on a thread of their own, which is inside the task at the end.
                    let handle = own.handle().clone();
                    let drives = std::thread::spawn(move || handle.block_on(task));
                    begun.blocking_recv().expect("it begins");
                    drop(own);
                    // Of the timers the nested wait has panicked; the others have ended.
                    let _outcome = drives.join().expect("it ends");
                } else {
                    begun.blocking_recv().expect("it begins");
                    drop(own);
                    assert!(task.is_finished(), "the drop waits for who polls");
                }
            }
        }
    }
}

/// The ways to end a runtime, none of which waits longer than the watchdog.
const ENDS: [fn(Runtime); 3] = [drop, Runtime::shutdown_background, |own| {
    own.shutdown_timeout(Duration::from_secs(3600));
}];

#[test]
fn fault_028_who_waits_in_vain_in_blocking_code_is_told_of_the_end() {
    for end in ENDS {
        for (name, own) in multi_thread_runtimes() {
            let _watchdog = Watchdog::new();
            println!("{name}");
            let tasks: Vec<_> = (0..4)
                .map(|what| {
                    let (begins, begun) = runtime::sync::oneshot::channel();
                    let task = own.spawn(async move {
                        block_in_place(|| {
                            foreign_block_on(async {
                                // Whoever wakes up has nothing to wait for.
                                let _gone = begins.send(());
                                in_vain(what).await;
                            });
                        });
                    });
                    begun.blocking_recv().expect("it begins");
                    task
                })
                .collect();
            end(own);
            for task in tasks {
                // Those of the timers have panicked; the others have ended.
                let _outcome = foreign_block_on(task);
            }
        }
    }
}

#[test]
fn fault_028_what_waits_in_its_poll_is_served_while_the_end_waits_for_it() {
    for (name, own) in runtimes() {
        let _watchdog = Watchdog::new();
        println!("{name}");
        let (begins, begun) = runtime::sync::oneshot::channel();
        let task = own.spawn(async move {
            foreign_block_on(async {
                let listener = runtime::net::TcpListener::bind("127.0.0.1:0").await;
                let listener = listener.expect("a listener");
                let address = listener.local_addr().expect("its address");
                begins.send(address).expect("the test waits");
                sleep(Duration::from_millis(200)).await;
                listener.accept().await.expect("somebody comes");
            });
        });
        // On the current thread somebody else polls the task.
        let drives = (name == "current thread").then(|| {
            let handle = own.handle().clone();
            std::thread::spawn(move || handle.block_on(pending_until_the_end()))
        });
        let address = begun.blocking_recv().expect("it begins");
        let peer = std::thread::spawn(move || {
            // By then the end waits; nothing rests on it.
            std::thread::sleep(Duration::from_millis(400));
            std::net::TcpStream::connect(address).expect("somebody listens")
        });
        drop(own);
        assert!(task.is_finished(), "the drop waits for who polls");
        foreign_block_on(task).expect("nobody has told it of the end");
        drop(peer.join().expect("no panic"));
        if let Some(drives) = drives {
            drives.join().expect("no panic");
        }
    }
}

/// Ends with the runtime that it is in.
async fn pending_until_the_end() {
    let never = runtime::spawn(std::future::pending::<()>());
    assert!(never.await.expect_err("it never ends").is_cancelled());
}

/// Waits for a while when it is dropped.
struct Lingers(usize);

impl Drop for Lingers {
    fn drop(&mut self) {
        let here = Handle::try_current().expect("the runtime that it ran in");
        here.block_on(in_vain(self.0));
    }
}

#[test]
fn fault_029_a_destructor_that_waits_does_not_keep_the_end_waiting() {
    for (name, _) in runtimes() {
        for what in 0..4 {
            let _watchdog = Watchdog::new();
            println!("{name}, {what}");
            let (_, own) = runtimes().find(|own| own.0 == name).expect("it is there");
            let tasks: Vec<_> = (0..20)
                .map(|_| {
                    let lingers = Lingers(what);
                    own.spawn(async move {
                        let _lingers = lingers;
                        std::future::pending::<()>().await;
                    })
                })
                .collect();
            crate::turn_over(&own);
            drop(own);
            assert!(tasks.iter().all(|task| task.is_finished()));
        }
    }
}
