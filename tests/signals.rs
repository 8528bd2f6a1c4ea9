//! Signals through the public face: each test in a process of its own, since a handler is the
//! process's.
#![cfg(unix)]
#![allow(unsafe_code, reason = "raises signals, installs handlers, forks")]

mod support;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use runtime::runtime::{Builder, Runtime, is_rt_shutdown_err};
use runtime::signal::ctrl_c;
use runtime::signal::unix::{Signal, SignalKind, restore_default, signal};

use support::{foreign_block_on, in_own_process};

const USER: SignalKind = SignalKind::user_defined1();

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// To this thread: handled when this returns.
fn raise(kind: SignalKind) {
    // SAFETY: no pointers.
    assert_eq!(unsafe { libc::raise(kind.as_raw_value()) }, 0);
}

/// Runs `child` in a forked process; gives its wait status.
fn in_fork(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the C library makes its own locks usable in the child; ours are what is tested.
    let process = unsafe { libc::fork() };
    assert!(process >= 0);
    if process == 0 {
        let code = child();
        // SAFETY: ends this process without its parent's destructors.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: the place is large enough.
    assert_eq!(unsafe { libc::waitpid(process, &mut status, 0) }, process);
    status
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // SeqCst: read after a join.
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll(listener: &mut Signal, waker: &Waker) -> Poll<Option<()>> {
    listener.poll_recv(&mut Context::from_waker(waker))
}

#[test]
fn ctrl_c_ends_at_the_first_signal_and_begins_anew() {
    in_own_process("ctrl_c_ends_at_the_first_signal_and_begins_anew", || {
        current_thread().block_on(async {
            for _ in 0..3 {
                let asked = runtime::spawn(async { ctrl_c().await });
                runtime::task::yield_now().await;
                raise(SignalKind::interrupt());
                asked.await.unwrap().unwrap();
            }
        });
    });
}

#[test]
fn a_signal_wakes_each_listener_once_and_none_of_another_kind() {
    in_own_process(
        "a_signal_wakes_each_listener_once_and_none_of_another_kind",
        || {
            let runtime = current_thread();
            let _in = runtime.enter();
            let other = SignalKind::user_defined2();
            let mut listeners = [USER, USER, other].map(|kind| signal(kind).unwrap());
            let counts: [Arc<Count>; 3] = Default::default();
            for (listener, count) in listeners.iter_mut().zip(&counts) {
                assert!(poll(listener, &Waker::from(Arc::clone(count))).is_pending());
            }
            for _ in 0..3 {
                raise(USER);
            }
            let mut last = signal(other).unwrap();
            raise(other);
            runtime.block_on(last.recv());
            // SeqCst: the same thread.
            let wakes = counts.map(|count| count.0.load(Ordering::SeqCst));
            assert_eq!(wakes, [1, 1, 1]);
            for listener in &mut listeners {
                assert!(poll(listener, Waker::noop()).is_ready());
                assert!(poll(listener, Waker::noop()).is_pending(), "three were one");
            }
        },
    );
}

#[test]
fn fault_075_of_many_signals_from_many_threads_the_last_is_heard_by_all() {
    const THREADS: usize = 4;
    const SIGNALS: usize = 100_000;
    in_own_process(
        "fault_075_of_many_signals_from_many_threads_the_last_is_heard_by_all",
        || {
            let sent = Arc::new(AtomicUsize::new(0));
            let runtimes = [
                current_thread(),
                Runtime::new().unwrap(),
                Runtime::new().unwrap(),
            ];
            let listening = runtimes.into_iter().flat_map(|runtime| {
                let runtime = Arc::new(runtime);
                (0..2)
                    .map(move |_| Arc::clone(&runtime))
                    .collect::<Vec<_>>()
            });
            let listening: Vec<_> = listening
                .map(|runtime| {
                    let _in = runtime.enter();
                    let mut listener = signal(USER).unwrap();
                    let sent = Arc::clone(&sent);
                    let runtime = Arc::clone(&runtime);
                    thread::spawn(move || {
                        runtime.block_on(async {
                            // SeqCst: counted before it is raised.
                            while sent.load(Ordering::SeqCst) < SIGNALS {
                                listener.recv().await;
                            }
                        });
                    })
                })
                .collect();
            let raising: Vec<_> = (0..THREADS)
                .map(|_| {
                    let sent = Arc::clone(&sent);
                    thread::spawn(move || {
                        for _ in 0..SIGNALS / THREADS {
                            // SeqCst: as above.
                            sent.fetch_add(1, Ordering::SeqCst);
                            raise(USER);
                        }
                    })
                })
                .collect();
            for thread in raising.into_iter().chain(listening) {
                thread.join().unwrap();
            }
        },
    );
}

#[test]
fn fault_075_a_listener_outlives_the_runtime_that_it_was_made_in() {
    in_own_process(
        "fault_075_a_listener_outlives_the_runtime_that_it_was_made_in",
        || {
            let first = current_thread();
            let mut listener = first.block_on(async { signal(USER) }).unwrap();
            drop(first);
            raise(USER);
            current_thread().block_on(listener.recv());
            raise(USER);
            Runtime::new().unwrap().block_on(listener.recv());
        },
    );
}

#[test]
fn fault_075_who_waits_elsewhere_when_the_runtime_ends_is_not_forgotten() {
    in_own_process(
        "fault_075_who_waits_elsewhere_when_the_runtime_ends_is_not_forgotten",
        || {
            let first = current_thread();
            let mut listener = first.block_on(async { signal(USER) }).unwrap();
            let second = Runtime::new().unwrap();
            let count = Arc::new(Count::default());
            assert!(poll(&mut listener, &Waker::from(Arc::clone(&count))).is_pending());
            drop(first);
            // SeqCst: the same thread.
            assert_eq!(count.0.load(Ordering::SeqCst), 1, "it is to look around");
            let waiting = second.spawn(async move { listener.recv().await });
            raise(USER);
            second.block_on(waiting).unwrap();
        },
    );
}

#[test]
fn fault_032_who_waits_for_a_signal_is_told_of_the_end_of_its_runtime() {
    in_own_process(
        "fault_032_who_waits_for_a_signal_is_told_of_the_end_of_its_runtime",
        || {
            let runtime = Runtime::new().unwrap();
            let handle = runtime.handle().clone();
            let waiting = thread::spawn(move || {
                let mut listener = handle.block_on(async { signal(USER) }).unwrap();
                assert_eq!(handle.block_on(listener.recv()), None);
                listener
            });
            let handle = runtime.handle().clone();
            let asking = thread::spawn(move || handle.block_on(ctrl_c()).unwrap_err());
            thread::sleep(Duration::from_millis(50));
            runtime.shutdown_background();
            assert!(is_rt_shutdown_err(&asking.join().unwrap()));
            let mut listener = waiting.join().unwrap();
            assert_eq!(foreign_block_on(listener.recv()), None, "nobody delivers");
            raise(USER);
            let heard = current_thread().block_on(listener.recv());
            assert_eq!(heard, Some(()), "what came meanwhile");
        },
    );
}

#[test]
fn fault_075_a_listener_dropped_while_signals_arrive_takes_none_from_others() {
    in_own_process(
        "fault_075_a_listener_dropped_while_signals_arrive_takes_none_from_others",
        || {
            let runtime = Runtime::new().unwrap();
            let done = Arc::new(AtomicBool::new(false));
            let _in = runtime.enter();
            let mut stays = signal(USER).unwrap();
            let raising = {
                let done = Arc::clone(&done);
                thread::spawn(move || {
                    // SeqCst: a flag.
                    while !done.load(Ordering::SeqCst) {
                        raise(USER);
                    }
                    raise(USER);
                })
            };
            for _ in 0..2000 {
                let mut leaves = signal(USER).unwrap();
                let _ = poll(&mut leaves, Waker::noop());
            }
            // SeqCst: as above.
            done.store(true, Ordering::SeqCst);
            raising.join().unwrap();
            runtime.block_on(stays.recv());
        },
    );
}

#[test]
fn a_foreign_executor_hears_signals_by_the_runtime_that_it_entered() {
    in_own_process(
        "a_foreign_executor_hears_signals_by_the_runtime_that_it_entered",
        || {
            let runtime = Runtime::new().unwrap();
            let mut listener = {
                let _in = runtime.enter();
                signal(USER).unwrap()
            };
            // Somebody has to sit in the driver.
            let sitting = runtime.spawn(std::future::pending::<()>());
            raise(USER);
            foreign_block_on(listener.recv());
            sitting.abort();
        },
    );
}

#[test]
fn fault_076_the_default_comes_back_on_request_and_goes_with_the_next_listener() {
    in_own_process(
        "fault_076_the_default_comes_back_on_request_and_goes_with_the_next_listener",
        || {
            let kind = SignalKind::terminate();
            let runtime = current_thread();
            runtime.block_on(async {
                drop(signal(kind).unwrap());
                raise(kind);
            });
            let status = in_fork(|| {
                restore_default(kind).unwrap();
                raise(kind);
                0
            });
            assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGTERM);

            restore_default(kind).unwrap();
            runtime.block_on(async {
                let mut listener = signal(kind).unwrap();
                raise(kind);
                listener.recv().await;
            });
        },
    );
}

#[test]
fn fault_077_signals_that_must_not_be_caught_are_errors() {
    current_thread().block_on(async {
        for number in [
            libc::SIGKILL,
            libc::SIGSTOP,
            libc::SIGSEGV,
            libc::SIGILL,
            -1,
            0,
            65,
            999,
        ] {
            let error = signal(SignalKind::from_raw(number)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::Other, "{number}");
            assert!(error.to_string().contains(&number.to_string()));
            assert!(restore_default(SignalKind::from_raw(number)).is_err());
        }
    });
}

static SEEN: AtomicUsize = AtomicUsize::new(0);

extern "C" fn foreign_handler(_: libc::c_int) {
    // SeqCst: a counter of this test.
    SEEN.fetch_add(1, Ordering::SeqCst);
}

/// The real-time signals.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn many_signals() -> std::ops::RangeInclusive<i32> {
    libc::SIGRTMIN()..=libc::SIGRTMAX()
}

/// Those that say what a process is to do with its terminal and its limits.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn many_signals() -> std::ops::RangeInclusive<i32> {
    libc::SIGTTIN..=libc::SIGUSR2
}

/// All at once they would put a frame each on the alternate stack, which is a few kilobytes.
#[test]
fn fault_077_many_signals_that_are_pending_at_once_need_no_more_stack_than_one() {
    const NAME: &str =
        "fault_077_many_signals_that_are_pending_at_once_need_no_more_stack_than_one";
    in_own_process(NAME, || {
        current_thread().block_on(async {
            let all = many_signals();
            let mut listeners: Vec<Signal> = all
                .clone()
                .map(|number| signal(SignalKind::from_raw(number)).expect("a listener"))
                .collect();
            let blocked = block_all_signals();
            for number in all {
                raise(SignalKind::from_raw(number));
            }
            unblock(blocked);
            for listener in &mut listeners {
                assert!(listener.recv().await.is_some());
            }
        });
    });
}

/// For this thread; gives what was blocked before.
fn block_all_signals() -> libc::sigset_t {
    // SAFETY: all zeros are a valid value.
    let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
    // SAFETY: both are places of this function.
    unsafe { libc::sigfillset(&mut all) };
    // SAFETY: as above.
    let outcome = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &all, &mut before) };
    assert_eq!(outcome, 0);
    before
}

fn unblock(before: libc::sigset_t) {
    // SAFETY: null asks for nothing.
    let outcome =
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    assert_eq!(outcome, 0);
}

#[test]
fn fault_077_a_handler_that_was_there_before_is_called_too_and_ours_has_the_alternate_stack() {
    in_own_process(
        "fault_077_a_handler_that_was_there_before_is_called_too_and_ours_has_the_alternate_stack",
        || {
            let handler = foreign_handler as extern "C" fn(libc::c_int);
            // SAFETY: the handler only counts.
            unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
            current_thread().block_on(async {
                let mut listener = signal(USER).unwrap();
                raise(USER);
                listener.recv().await;
            });
            // SeqCst: as above.
            assert_eq!(SEEN.load(Ordering::SeqCst), 1);
            // SAFETY: all zeros are a valid value.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            // SAFETY: null changes nothing; the place is large enough.
            unsafe { libc::sigaction(libc::SIGUSR1, std::ptr::null(), &mut action) };
            assert_ne!(action.sa_flags & libc::SA_ONSTACK, 0);
        },
    );
}

/// What stood there before the other library came, which calls it after its own.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

extern "C" fn chaining_handler(
    signal: libc::c_int,
    information: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    foreign_handler(signal);
    // SeqCst: written before the signal was raised.
    let before = BEFORE.load(Ordering::SeqCst) as *mut libc::c_void;
    // SAFETY: the address of a handler that takes these, as `sigaction` gave it.
    let before = unsafe { std::mem::transmute::<*mut libc::c_void, InformedHandler>(before) };
    before(signal, information, context);
}

type InformedHandler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

#[test]
fn fault_077_a_handler_that_comes_later_and_calls_ours_takes_nothing_away() {
    const NAME: &str = "fault_077_a_handler_that_comes_later_and_calls_ours_takes_nothing_away";
    in_own_process(NAME, || {
        current_thread().block_on(async {
            let mut listener = signal(USER).unwrap();
            // SAFETY: all zeros are a valid value.
            let mut ours: libc::sigaction = unsafe { std::mem::zeroed() };
            // SAFETY: null changes nothing; the place is large enough.
            unsafe { libc::sigaction(libc::SIGUSR1, std::ptr::null(), &mut ours) };
            assert_ne!(ours.sa_flags & libc::SA_SIGINFO, 0);
            // SeqCst: before the signal.
            BEFORE.store(ours.sa_sigaction, Ordering::SeqCst);
            let theirs = libc::sigaction {
                sa_sigaction: chaining_handler as InformedHandler as libc::sighandler_t,
                ..ours
            };
            // SAFETY: the handler counts, and calls ours.
            unsafe { libc::sigaction(libc::SIGUSR1, &theirs, std::ptr::null_mut()) };
            for seen in 1..=3 {
                raise(USER);
                listener.recv().await.expect("the runtime lives");
                // SeqCst: handled by this thread.
                assert_eq!(SEEN.load(Ordering::SeqCst), seen);
            }
        });
    });
}

/// What the system does with SIGUSR1: the handler, its flags, and whether SIGUSR2 waits for its end.
fn disposition() -> (libc::sighandler_t, libc::c_int, bool) {
    // SAFETY: all zeros are a valid value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: null changes nothing; the place is large enough.
    unsafe { libc::sigaction(libc::SIGUSR1, std::ptr::null(), &mut action) };
    // SAFETY: the mask was written above.
    let waits = unsafe { libc::sigismember(&action.sa_mask, libc::SIGUSR2) };
    (action.sa_sigaction, action.sa_flags, waits == 1)
}

#[test]
fn fault_077_a_handler_that_comes_later_stays_as_it_is() {
    const NAME: &str = "fault_077_a_handler_that_comes_later_stays_as_it_is";
    in_own_process(NAME, || {
        current_thread().block_on(async {
            let first = signal(USER).unwrap();
            // SAFETY: all zeros are a valid value.
            let mut theirs: libc::sigaction = unsafe { std::mem::zeroed() };
            theirs.sa_sigaction =
                foreign_handler as extern "C" fn(libc::c_int) as libc::sighandler_t;
            // SAFETY: the handler only counts; null asks for nothing.
            unsafe { libc::sigaction(libc::SIGUSR1, &theirs, std::ptr::null_mut()) };
            let before = disposition();
            drop(signal(USER).unwrap());
            drop(signal(SignalKind::user_defined2()).unwrap());
            assert_eq!(disposition(), before);
            drop(first);
            // On request it goes, and ours comes back.
            restore_default(USER).unwrap();
            let mut listener = signal(USER).unwrap();
            raise(USER);
            listener.recv().await.expect("the runtime lives");
            // SeqCst: handled by this thread.
            assert_eq!(SEEN.load(Ordering::SeqCst), 0);
        });
    });
}

/// How much of an alternate stack of 16 KiB the handler leaves untouched.
#[test]
fn fault_077_an_alternate_stack_of_16_kib_is_more_than_enough() {
    const SIZE: usize = 16 << 10;
    const NAME: &str = "fault_077_an_alternate_stack_of_16_kib_is_more_than_enough";
    in_own_process(NAME, || {
        let mut stack = vec![0x5a_u8; SIZE];
        let alternate = libc::stack_t {
            ss_sp: stack.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: SIZE,
        };
        let mut before = alternate;
        // SAFETY: the stack lives until it is exchanged again below.
        assert_eq!(unsafe { libc::sigaltstack(&alternate, &mut before) }, 0);
        current_thread().block_on(async {
            let mut listener = signal(USER).unwrap();
            for _ in 0..1000 {
                raise(USER);
                listener.recv().await.expect("the runtime lives");
            }
        });
        // SAFETY: what this thread had before.
        let outcome = unsafe { libc::sigaltstack(&before, std::ptr::null_mut()) };
        assert_eq!(outcome, 0);
        let untouched = stack.iter().take_while(|byte| **byte == 0x5a).count();
        println!("{} of {SIZE} bytes used", SIZE - untouched);
        assert!(untouched < SIZE, "it was not used");
        assert!(untouched > SIZE / 4, "{untouched} bytes are left");
    });
}

/// Listens in a new runtime of its own, and hears.
fn listens() -> i32 {
    let heard = current_thread().block_on(async {
        let mut listener = signal(USER).unwrap();
        raise(USER);
        listener.recv().await
    });
    i32::from(heard.is_none())
}

#[test]
fn fault_096_a_forked_child_listens_by_its_own_runtime_and_takes_nothing_from_its_parent() {
    in_own_process(
        "fault_096_a_forked_child_listens_by_its_own_runtime_and_takes_nothing_from_its_parent",
        || {
            let runtime = current_thread();
            runtime.block_on(async {
                let mut listener = signal(USER).unwrap();
                for _ in 0..10 {
                    assert_eq!(in_fork(listens), 0);
                }
                assert!(poll(&mut listener, Waker::noop()).is_pending());
                raise(USER);
                assert_eq!(in_fork(listens), 0);
                listener.recv().await;
            });
        },
    );
}

/// Closes what it inherited and opens files of its own, one of which has the bell's number.
fn writes_nothing() -> io::Result<i32> {
    for inherited in 3..1024 {
        // SAFETY: no pointers; nobody uses them in this process, which ends without destructors.
        unsafe { libc::close(inherited) };
    }
    let path = std::env::temp_dir().join(format!("runtime-signal-{}", std::process::id()));
    let file = std::fs::File::create_new(&path)?;
    std::fs::remove_file(&path)?;
    let _same = (0..32)
        .map(|_| file.try_clone())
        .collect::<io::Result<Vec<_>>>()?;
    raise(USER);
    Ok(i32::from(file.metadata()?.len() != 0))
}

#[test]
fn fault_096_a_signal_in_a_forked_child_that_does_not_listen_writes_into_no_file_of_its_own() {
    const NAME: &str =
        "fault_096_a_signal_in_a_forked_child_that_does_not_listen_writes_into_no_file_of_its_own";
    in_own_process(NAME, || {
        current_thread().block_on(async {
            let mut listener = signal(USER).unwrap();
            assert_eq!(in_fork(|| writes_nothing().unwrap_or(2)), 0);
            assert!(poll(&mut listener, Waker::noop()).is_pending());
            raise(USER);
            listener.recv().await;
        });
    });
}

#[test]
fn a_future_that_listens_can_go_anywhere() {
    fn can_go<T: Send + Sync + Unpin>(_: &T) {}
    fn can_be_sent<F: Future + Send>(_: &F) {}
    current_thread().block_on(async {
        let mut listener = signal(SignalKind::window_change()).unwrap();
        can_go(&listener);
        can_be_sent(&listener.recv());
        can_be_sent(&ctrl_c());
    });
}
