//! Descriptors that are refused: errors, nothing left behind, and success as soon as there is room.
//! And those that foreign code has closed.
#![allow(
    unsafe_code,
    reason = "closes what is somebody else's, and opens under numbers of its choice"
)]

use std::future::poll_fn;
use std::io::{self, Write};
use std::net::TcpStream as StdTcpStream;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::task::Poll;
use std::time::Duration;

use runtime::io::unix::AsyncFd;
use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream, UnixStream};
use runtime::runtime::{Builder, Runtime};
use runtime::signal::unix::{SignalKind, signal};
use runtime::time::{Instant, sleep, timeout};

use crate::everything::{PARTS, everything};
use crate::refusal::{Refused, refuse};
use crate::runtimes;
use crate::support::{
    DescriptorLimit, descriptor_flags, descriptors, in_fork, in_own_process, open_descriptors,
    processor_time, threads, wait_descriptors, wait_threads,
};

/// Waits until no more descriptors are open than before: a thread that ends may hold one yet.
#[track_caller]
fn assert_descriptors(before: usize, what: &str) {
    wait_descriptors(before);
    assert_eq!(descriptors(), before, "{what}");
}

/// Does everything, and leaves some of it undone.
fn live(index: usize) {
    let mut builder = match index % 2 {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(2).build().expect("a runtime");
    // Every runtime listens, waits, sleeps and blocks; a child process is a dear thing.
    let without: &[&str] = if index % 20 == 0 { &[] } else { &["child"] };
    runtime.block_on(async {
        assert_eq!(everything(without).await.len(), 0);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        drop(runtime::spawn(async move { listener.accept().await }));
        drop(runtime::spawn(sleep(Duration::from_secs(3600))));
        drop(runtime::spawn(async {
            let mut listening = signal(SignalKind::user_defined1()).expect("a listener");
            listening.recv().await
        }));
        runtime::task::yield_now().await;
    });
}

#[test]
fn fault_033_a_thousand_runtimes_that_do_everything_leave_nothing() {
    const NAME: &str =
        "descriptors::fault_033_a_thousand_runtimes_that_do_everything_leave_nothing";
    in_own_process(NAME, || {
        let running = threads();
        (0..20).for_each(live);
        wait_threads(running);
        let open = descriptors();
        (0..1000).for_each(live);
        wait_threads(running);
        assert_descriptors(open, "after a thousand runtimes");
    });
}

/// With room for 0, 1, 2… descriptors more than are open.
#[test]
fn fault_033_runtimes_whose_setup_fails_leave_nothing() {
    const NAME: &str = "descriptors::fault_033_runtimes_whose_setup_fails_leave_nothing";
    in_own_process(NAME, || {
        assert_eq!(
            runtimes()
                .map(|one| one.block_on(everything(&[])).len())
                .sum::<usize>(),
            0
        );
        let (open, running) = (descriptors(), threads());
        let mut failures = Vec::new();
        for more in 0..24 {
            for runtime in runtimes() {
                let limit = DescriptorLimit::room_for(more);
                let failed = runtime.block_on(everything(&[]));
                drop(limit);
                failures.push(failed.len());
                // What has failed works as soon as there is room, in the same runtime.
                let failed = runtime.block_on(everything(&[]));
                assert!(failed.is_empty(), "{more}: {failed:?}");
                drop(runtime);
                assert_descriptors(open, "after a failure");
            }
        }
        wait_threads(running);
        assert!(failures[0] > 0 && failures[1] > 0, "{failures:?}");
        assert_eq!(failures[failures.len() - 2..], [0, 0], "{failures:?}");
    });
}

/// From the first descriptor on: also the standard library's own are refused.
#[test]
fn fault_095_with_8_to_64_descriptors_there_are_errors_and_nothing_else() {
    const NAME: &str =
        "descriptors::fault_095_with_8_to_64_descriptors_there_are_errors_and_nothing_else";
    in_own_process(NAME, || {
        let mut failed_most = PARTS.len();
        for limit in (8..=64).step_by(4) {
            let end = in_fork(|| {
                let _limit = DescriptorLimit::set(limit);
                let failed = runtimes().map(|runtime| {
                    let failed = runtime.block_on(everything(&[]));
                    for (name, error) in &failed {
                        assert_error_is_of_descriptors(name, error);
                    }
                    failed.len()
                });
                i32::try_from(failed.max().unwrap_or(0)).expect("a few")
            });
            assert!(libc::WIFEXITED(end), "{limit}: {end:#x}");
            let failed = usize::try_from(libc::WEXITSTATUS(end)).expect("a few");
            println!("{limit} descriptors: {failed} parts fail");
            assert!(failed <= PARTS.len(), "{limit}: {failed}");
            assert!(failed <= failed_most, "more room, more failures");
            failed_most = failed;
        }
        assert_eq!(failed_most, 0);
    });
}

#[track_caller]
fn assert_error_is_of_descriptors(name: &str, error: &io::Error) {
    let inner = error.get_ref().and_then(|inner| inner.source());
    let cause = inner.and_then(|cause| cause.downcast_ref::<io::Error>());
    let said = cause.unwrap_or(error).raw_os_error() == Some(libc::EMFILE)
        // The C library's resolver has a word of its own for it.
        || name == "lookup"
        // A connection that waits for a descriptor.
        || error.kind() == io::ErrorKind::TimedOut;
    assert!(said, "{name}: {error:?}");
}

/// Each system call by which a runtime gets something of the kernel, refused for good.
#[test]
fn fault_047_what_the_kernel_refuses_is_an_error_and_leaves_nothing() {
    // The last of each: how many parts fail, at least.
    const CALLS: [(&str, libc::c_long, usize); 8] = [
        ("epoll_create1", libc::SYS_epoll_create1, 6),
        ("epoll_ctl", libc::SYS_epoll_ctl, 6),
        ("eventfd2", libc::SYS_eventfd2, 6),
        ("pipe2", libc::SYS_pipe2, 2),
        // The sentinel sleeps on a condition variable instead.
        ("timerfd_create", libc::SYS_timerfd_create, 0),
        ("socket", libc::SYS_socket, 2),
        ("socketpair", libc::SYS_socketpair, 2),
        ("accept4", libc::SYS_accept4, 1),
    ];
    const NAME: &str =
        "descriptors::fault_047_what_the_kernel_refuses_is_an_error_and_leaves_nothing";
    in_own_process(NAME, || {
        for (name, call, least) in CALLS {
            for error in [libc::EMFILE, libc::ENFILE, libc::ENOMEM] {
                let refused: [Refused; 1] = [(call, error)];
                let end = in_fork(|| {
                    refuse(&refused);
                    let open = descriptors();
                    for runtime in runtimes() {
                        let failed = runtime.block_on(everything(&[]));
                        let is_task = |(part, _): &(&str, io::Error)| {
                            *part == "task" || *part == "blocking" || *part == "file"
                        };
                        assert!(!failed.iter().any(is_task), "{failed:?}");
                        assert!(failed.len() >= least, "{failed:?}");
                    }
                    // The bell of the process stays, once it is made.
                    i32::from(!wait_descriptors(open + 2))
                });
                assert_eq!(end, 0, "{name} refused with {error}");
            }
        }
    });
}

/// A listener with a connection that it cannot accept, for `limited`.
async fn accept_without_room(limited: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    // The reactor is there, and the other side has what it needs.
    let mut near = StdTcpStream::connect(address).expect("connected");
    let (mut far, _) = listener.accept().await.expect("a connection");
    let waits = StdTcpStream::connect(address).expect("connected");
    let limit = DescriptorLimit::room_for(0);
    let before = processor_time();
    let begun = Instant::now();
    let task = runtime::spawn(async move {
        let accepted = listener.accept().await;
        (listener, accepted.map(|(_, peer)| peer))
    });
    // Timers and other connections go on meanwhile.
    while begun.elapsed() < limited {
        sleep(Duration::from_millis(10)).await;
        io::Write::write_all(&mut near, b"n").expect("written");
        far.read_u8().await.expect("read");
    }
    assert!(!task.is_finished());
    let used = processor_time() - before;
    println!("{used:?} of a processor in {limited:?}");
    assert!(
        used < limited / 4,
        "{used:?} in {limited:?}: it does not rest"
    );
    drop(limit);
    let (listener, accepted) = task.await.expect("it ends");
    assert_eq!(
        accepted.expect("accepted"),
        waits.local_addr().expect("known")
    );
    let (near, far) = futures::join!(TcpStream::connect(address), listener.accept());
    let (mut near, (mut far, _)) = (near.expect("connected"), far.expect("accepted"));
    far.write_all(b"n").await.expect("written");
    near.read_u8().await.expect("read");
}

#[test]
fn fault_053_a_listener_without_descriptors_rests_and_goes_on() {
    const NAME: &str = "descriptors::fault_053_a_listener_without_descriptors_rests_and_goes_on";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            runtime.block_on(accept_without_room(Duration::from_secs(1)));
        }
    });
}

#[test]
fn fault_045_a_number_that_nobody_waits_for_is_taken_though_a_duplicate_lives() {
    const NAME: &str =
        "descriptors::fault_045_a_number_that_nobody_waits_for_is_taken_though_a_duplicate_lives";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            runtime.block_on(async {
                let (mut near, mut far) = UnixStream::pair().expect("a pair");
                let mut byte = [0];
                assert!(futures::poll!(Box::pin(near.read(&mut byte))).is_pending());
                let number = near.as_raw_fd();
                let duplicate = near.as_fd().try_clone_to_owned().expect("duplicated");
                drop(near);
                // SAFETY: the number was just given back, in a process of this test alone.
                let again = unsafe { libc::dup2(duplicate.as_raw_fd(), number) };
                assert_eq!(again, number);
                // SAFETY: just made, and nobody else's.
                let again = unsafe { OwnedFd::from_raw_fd(again) };
                // SAFETY: the value keeps its descriptor open.
                let again = unsafe { AsyncFd::register(again) }.expect("nobody waits for it");
                // SAFETY: as above, for longer than this lasts.
                let other = unsafe { AsyncFd::register(again.as_raw_fd()) };
                let (_, error) = other.expect_err("somebody does").into_parts();
                assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
                far.write_all(b"n").await.expect("sent");
                let _ready = again.readable().await.expect("it lives");
            });
        }
    });
}

/// All kinds that there are, open at once.
async fn with_descriptors_of_all_kinds(inherited: &[RawFd]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    let connection = futures::join!(TcpStream::connect(address), listener.accept());
    let datagrams = runtime::net::UdpSocket::bind("127.0.0.1:0").await;
    let pair = runtime::net::UnixStream::pair().expect("a pair");
    let pipe = runtime::net::unix::pipe::pipe().expect("a pipe");
    let path = crate::everything::scratch("kinds");
    let unix = runtime::net::UnixListener::bind(&path).expect("a listener");
    let accepting = futures::join!(runtime::net::UnixStream::connect(&path), unix.accept());
    std::fs::remove_file(&path).expect("removed");
    let file = runtime::fs::File::open("Cargo.toml").await.expect("opened");
    let clone = file.try_clone().await.expect("cloned");
    let listening = signal(SignalKind::user_defined1()).expect("a listener");
    let mut child = runtime::process::Command::new("cat");
    let piped = std::process::Stdio::piped;
    let child = child.stdin(piped()).stdout(piped()).stderr(piped());
    let mut child = child.kill_on_drop(true).spawn().expect("a child");
    let stdin = child.stdin.take();
    // Watched: it has a pidfd.
    poll_fn(|cx| {
        let _ = std::pin::pin!(child.wait()).poll(cx);
        Poll::Ready(())
    })
    .await;
    sleep(Duration::from_millis(1)).await;
    let mut ours = open_descriptors();
    ours.retain(|number| !inherited.contains(number));
    assert!(ours.len() > 16, "{ours:?}");
    for number in ours {
        let path = std::fs::read_link(format!("/proc/self/fd/{number}"));
        let flags = descriptor_flags(number).unwrap_or(libc::FD_CLOEXEC);
        assert_ne!(flags & libc::FD_CLOEXEC, 0, "{number}: {path:?}");
    }
    drop((listener, connection, datagrams, pair, pipe, unix, accepting));
    drop((file, clone, listening, child, stdin));
}

#[test]
fn fault_096_descriptors_of_all_kinds_close_on_exec() {
    in_own_process(
        "descriptors::fault_096_descriptors_of_all_kinds_close_on_exec",
        || {
            let inherited = open_descriptors();
            for runtime in runtimes() {
                let task: runtime::task::JoinHandle<()> = runtime.spawn(std::future::pending());
                runtime.block_on(with_descriptors_of_all_kinds(&inherited));
                task.abort();
            }
        },
    );
}

/// A runtime without a reactor needs no descriptor: also where not one is to be had.
#[test]
fn fault_095_without_a_single_descriptor_tasks_timers_and_closures_run() {
    const NAME: &str =
        "descriptors::fault_095_without_a_single_descriptor_tasks_timers_and_closures_run";
    in_own_process(NAME, || {
        let _limit = DescriptorLimit::set(0);
        for runtime in runtimes() {
            let failed = runtime.block_on(everything(&[
                "tcp", "udp", "unix", "pipe", "foreign", "file", "lookup", "signal", "child",
            ]));
            assert!(failed.is_empty(), "{failed:?}");
        }
        assert!(Runtime::new().is_ok());
    });
}

/// A waker of the future in `block_on` that somebody keeps keeps nothing of the runtime's.
#[test]
fn fault_004_a_waker_of_block_on_does_not_keep_its_runtime() {
    const NAME: &str = "descriptors::fault_004_a_waker_of_block_on_does_not_keep_its_runtime";
    in_own_process(NAME, || {
        let open = descriptors();
        for runtime in runtimes() {
            let waker = runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
                drop(listener);
                poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
            });
            drop(runtime);
            assert_descriptors(open, "a kept waker");
            waker.wake();
        }
    });
}

/// As in a sandbox: timers are exact to the millisecond then.
#[test]
fn fault_047_where_ppoll_is_refused_bytes_are_seen_while_a_timer_waits() {
    const NAME: &str =
        "descriptors::fault_047_where_ppoll_is_refused_bytes_are_seen_while_a_timer_waits";
    in_own_process(NAME, || {
        for error in [libc::EPERM, libc::ENOSYS] {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    refuse(&[(libc::SYS_ppoll, error)]);
                    for runtime in runtimes() {
                        runtime.block_on(a_late_byte_is_seen());
                    }
                });
            });
        }
    });
}

async fn a_late_byte_is_seen() {
    let (mut near, far) = UnixStream::pair().expect("a pair");
    let mut far = far.into_std().expect("a socket");
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        far.write_all(b"x").expect("room");
    });
    let read = timeout(Duration::from_secs(10), near.read_u8()).await;
    assert_eq!(read.expect("in time").expect("a byte"), b'x');
    writer.join().expect("no panic");
    let begun = Instant::now();
    sleep(Duration::from_micros(1500)).await;
    assert!(begun.elapsed() >= Duration::from_micros(1500));
}

/// Foreign code closes whatever it has not opened itself.
fn close_all() {
    // SAFETY: takes three numbers. What is closed is the runtime's, which is the test.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
    assert_eq!(closed, 0);
}

/// Tasks and timers go on, and nobody spins.
#[track_caller]
fn assert_goes_on(runtime: &Runtime) {
    let before = processor_time();
    runtime.block_on(async {
        let sleeper = runtime::spawn(sleep(Duration::from_millis(100)));
        let joined = timeout(Duration::from_secs(10), sleeper).await;
        joined.expect("in time").expect("no panic");
        sleep(Duration::from_secs(1)).await;
    });
    let used = processor_time() - before;
    assert!(used < Duration::from_millis(500), "{used:?}");
}

/// Who sleeps in the driver with a limit goes on without it. (Who sleeps there without one is not
/// reached any more.)
#[test]
fn fault_095_a_runtime_without_its_descriptors_goes_on_without_io() {
    const NAME: &str =
        "descriptors::fault_095_a_runtime_without_its_descriptors_goes_on_without_io";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
                drop(runtime::spawn(async move { listener.accept().await }));
                drop(runtime::spawn(async {
                    loop {
                        sleep(Duration::from_millis(1)).await;
                    }
                }));
                // All threads are there, and the driver.
                sleep(Duration::from_millis(20)).await;
            });
            close_all();
            assert_goes_on(&runtime);
            // The standard library ends a process that closes a descriptor twice.
            std::mem::forget(runtime);
        }
    });
}

/// All that it has is the sentinel's alarm: it even ends, though the sentinel hears of it late.
#[test]
fn fault_095_a_runtime_without_its_alarm_goes_on_and_ends() {
    const NAME: &str = "descriptors::fault_095_a_runtime_without_its_alarm_goes_on_and_ends";
    in_own_process(NAME, || {
        for pause in [0, 50] {
            let runtime = Builder::new_multi_thread().worker_threads(2).build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(async {
                let task = runtime::spawn(sleep(Duration::from_millis(5)));
                task.await.expect("no panic");
            });
            std::thread::sleep(Duration::from_millis(pause));
            close_all();
            assert_goes_on(&runtime);
            drop(runtime);
        }
    });
}
