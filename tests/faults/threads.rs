//! Threads that are refused, that belong to somebody else, or that have all but ended.
#![allow(
    unsafe_code,
    reason = "threads of the C library, and what runs after `main`"
)]

use std::cell::RefCell;
use std::ffi::c_void;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock, mpsc};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use runtime::runtime::{Builder, Handle, Runtime};
use runtime::sync::oneshot;
use runtime::task::{JoinHandle, spawn_blocking, yield_now};
use runtime::time::{sleep, timeout};

use crate::everything::everything;
use crate::refusal::refuse;
use crate::runtimes;
use crate::support::{Watchdog, in_own_process, proc_status_kib, threads};

/// The calling thread, and those that it starts, can start none from now on.
fn refuse_threads() {
    refuse(&[
        (libc::SYS_clone3, libc::EAGAIN),
        (libc::SYS_clone, libc::EAGAIN),
    ]);
}

/// No thread can be started: the calling one runs everything that needs none of its own.
#[test]
fn fault_090_without_threads_the_calling_one_runs_all_tasks() {
    const NAME: &str = "threads::fault_090_without_threads_the_calling_one_runs_all_tasks";
    in_own_process(NAME, || {
        let running = threads();
        refuse_threads();
        assert!(thread::Builder::new().spawn(|| ()).is_err());
        for runtime in runtimes() {
            let handle = runtime.handle().clone();
            let failed = runtime.block_on(async move {
                let tasks = (0..100).map(|_| handle.spawn(yield_now()));
                for task in tasks.collect::<Vec<_>>() {
                    task.await.expect("it ends");
                }
                // A closure waits for a thread, and so does what is built on one.
                let closure = timeout(Duration::from_millis(5), spawn_blocking(|| ())).await;
                assert!(closure.is_err(), "who has run it?");
                everything(&["blocking", "file", "lookup", "child"]).await
            });
            assert!(failed.is_empty(), "{failed:?}");
            drop(runtime);
        }
        let strict = Builder::new_multi_thread().start_threads_now(true).build();
        assert!(strict.is_err(), "who asks for threads at once is told");
        assert_eq!(threads(), running);
    });
}

/// Some can be started, and then none: what waits for one more runs on those that there are.
#[test]
fn fault_090_with_some_threads_everything_goes_on() {
    const NAME: &str = "threads::fault_090_with_some_threads_everything_goes_on";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            runtime.block_on(async {
                spawn_blocking(|| ()).await.expect("it ends");
            });
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                thread::scope(|scope| {
                    // The filter is this thread's, and whatever it starts.
                    let limited = scope.spawn(|| {
                        refuse_threads();
                        runtime.block_on(async {
                            let closures: Vec<_> =
                                (0..50).map(|n| spawn_blocking(move || n)).collect();
                            for (expected, closure) in closures.into_iter().enumerate() {
                                assert_eq!(closure.await.expect("it ends"), expected);
                            }
                            everything(&["lookup", "child"]).await
                        })
                    });
                    limited.join().expect("no panic")
                })
            }));
            let failed = outcome.expect("no panic");
            assert!(failed.is_empty(), "{failed:?}");
        }
    });
}

/// A closure's thread is refused while everybody else sleeps: who sleeps in the driver is told, and
/// tries again.
#[test]
fn fault_090_a_refused_thread_is_asked_for_again_although_all_sleep() {
    const NAME: &str = "threads::fault_090_a_refused_thread_is_asked_for_again_although_all_sleep";
    in_own_process(NAME, || {
        let mut builder = Builder::new_multi_thread();
        let builder = builder.worker_threads(2).start_threads_now(true);
        let runtime = builder.build().expect("a runtime");
        runtime.block_on(async { runtime::spawn(async {}).await.expect("it ends") });
        // Nothing rests on this: if nobody sleeps yet, nobody has to be told.
        thread::sleep(Duration::from_millis(50));
        thread::scope(|scope| {
            let limited = scope.spawn(|| {
                refuse_threads();
                runtime.block_on(async { spawn_blocking(|| 7).await.expect("it ends") })
            });
            assert_eq!(limited.join().expect("no panic"), 7);
        });
    });
}

/// A thread was refused once, so a thread in `block_on` runs tasks as well. It leaves with what they wait
/// for: who sleeps in the driver is told of their timers.
#[test]
fn fault_090_a_timer_of_a_task_that_who_leaves_has_run_goes_off() {
    const NAME: &str = "threads::fault_090_a_timer_of_a_task_that_who_leaves_has_run_goes_off";
    in_own_process(NAME, || {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).build().expect("a runtime");
        thread::scope(|scope| {
            scope.spawn(|| {
                refuse_threads();
                drop(runtime.spawn(async {}));
            });
        });
        assert!(runtime.metrics().threads_refused() > 0);
        // Both workers are there, one sleeps in the driver, the other beside it.
        let meeting = Arc::new(Barrier::new(3));
        for _ in 0..2 {
            let meeting = Arc::clone(&meeting);
            drop(runtime.spawn(async move { meeting.wait() }));
        }
        meeting.wait();
        for _ in 0..10 {
            // Nothing rests on these two: who is awake or comes in between takes the task, or sees the
            // timer.
            thread::sleep(Duration::from_millis(30));
            let busy = Duration::from_millis(2);
            let (rings, has_rung) = mpsc::channel();
            runtime.block_on(async {
                let (done, is_done) = oneshot::channel();
                drop(runtime::spawn(async move {
                    thread::sleep(busy);
                    done.send(()).expect("it waits");
                    sleep(Duration::from_millis(20)).await;
                    rings.send(()).expect("it waits");
                }));
                is_done.await.expect("it is sent");
            });
            // Less than the five seconds after which a sentinel that is off looks, whatever happens.
            let rung = has_rung.recv_timeout(Duration::from_secs(3));
            rung.expect("the timer goes off");
        }
    });
}

/// A closure's thread is refused, and nobody ever sleeps: who goes on tries again.
#[test]
fn fault_090_a_refused_thread_is_asked_for_again_although_none_sleeps() {
    const NAME: &str =
        "threads::fault_090_a_refused_thread_is_asked_for_again_although_none_sleeps";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            let closure = refused_closure(&runtime);
            runtime.block_on(give_way_until_run(closure));
            // The same by tasks, one for each slot, beside a future that waits.
            let closure = refused_closure(&runtime);
            let others = [(); 2].map(|()| runtime.spawn(give_way()));
            let task = runtime.spawn(give_way_until_run(closure));
            runtime.block_on(task).expect("it is run");
            others.iter().for_each(JoinHandle::abort);
        }
    });
}

/// A closure that a thread has submitted which can start none.
fn refused_closure(runtime: &Runtime) -> JoinHandle<()> {
    let submits = || {
        refuse_threads();
        runtime.spawn_blocking(|| ())
    };
    thread::scope(|scope| scope.spawn(submits).join().expect("no panic"))
}

async fn give_way_until_run(closure: JoinHandle<()>) {
    let begun = Instant::now();
    while !closure.is_finished() {
        assert!(begun.elapsed() < Duration::from_secs(20), "who has run it?");
        yield_now().await;
    }
}

async fn give_way() {
    loop {
        yield_now().await;
    }
}

/// The first thread that is started is the last one: it runs tasks, rather than look after those who do.
#[test]
fn fault_090_with_one_thread_that_one_runs_the_tasks() {
    const NAME: &str = "threads::fault_090_with_one_thread_that_one_runs_the_tasks";
    in_own_process(NAME, || {
        let asked = AtomicUsize::new(0);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name_fn(move || {
                if asked.fetch_add(1, ORDER) > 0 {
                    refuse_threads();
                }
                String::from("one")
            })
            .build()
            .expect("a runtime");
        for _ in 0..3 {
            let (tell, told) = mpsc::channel();
            drop(runtime.spawn(async move {
                sleep(Duration::from_millis(1)).await;
                tell.send(())
            }));
            told.recv_timeout(SOON).expect("it runs");
        }
    });
}

/// A closure's thread is refused just once, and the runtime has no other: one is started that asks again.
#[test]
fn fault_090_a_refused_thread_is_asked_for_again_although_there_is_no_other() {
    const NAME: &str =
        "threads::fault_090_a_refused_thread_is_asked_for_again_although_there_is_no_other";
    const STACK: usize = 32 << 20;
    in_own_process(NAME, || {
        let asked = AtomicUsize::new(0);
        let runtime = Builder::new_multi_thread()
            .thread_stack_size(STACK)
            .thread_name_fn(move || {
                let is_first = asked.fetch_add(1, ORDER) == 0;
                // For what else is needed, and not for a stack.
                limit_address_space(is_first.then_some(STACK / 2));
                String::from("late")
            })
            .build()
            .expect("a runtime");
        let (tell, told) = mpsc::channel();
        drop(runtime.spawn_blocking(move || tell.send(())));
        told.recv_timeout(SOON).expect("it is run");
    });
}

/// Leaves this process room for so much more than it has, or takes the limit away.
pub(crate) fn limit_address_space(more: Option<usize>) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the place is large enough.
    let outcome = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) };
    assert_eq!(outcome, 0, "{}", std::io::Error::last_os_error());
    limit.rlim_cur = more.map_or(limit.rlim_max, |more| {
        let used = proc_status_kib(std::process::id(), "VmSize") * 1024;
        (used + more) as libc::rlim_t
    });
    // SAFETY: the place is read only.
    let outcome = unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) };
    assert_eq!(outcome, 0, "{}", std::io::Error::last_os_error());
}

/// The only thread of a pool is refused while somebody waits for the end of that pool: he is told.
#[test]
fn fault_090_a_refused_thread_is_not_waited_for_at_the_end() {
    const NAME: &str = "threads::fault_090_a_refused_thread_is_not_waited_for_at_the_end";
    in_own_process(NAME, || {
        let _watchdog = Watchdog::new();
        let (asks, has_asked) = mpsc::channel();
        let (refuse_it, may_be_refused) = mpsc::channel::<()>();
        let may_be_refused = Mutex::new(may_be_refused);
        let runtime = Builder::new_current_thread()
            .thread_name_fn(move || {
                // Between the count and the start.
                asks.send(()).expect("the test waits");
                let _ = may_be_refused.lock().expect("no panic").recv();
                String::from("refused")
            })
            .build()
            .expect("a runtime");
        let handle = runtime.handle().clone();
        let submitter = thread::spawn(move || {
            refuse_threads();
            futures::executor::block_on(handle.spawn_blocking(|| ()))
        });
        has_asked.recv().expect("a thread is asked for");
        let dropper = thread::spawn(move || drop(runtime));
        // Nothing rests on this: who comes later has nothing to wait for.
        thread::sleep(Duration::from_millis(50));
        drop(refuse_it);
        dropper.join().expect("the drop returns");
        let outcome = submitter.join().expect("no panic");
        assert!(outcome.expect_err("it never began").is_cancelled());
    });
}

/// The pool is full of closures that wait for closures: those waits end when their limit does, and
/// all that was submitted is run.
#[test]
fn fault_091_closures_that_wait_for_closures_behind_them_are_run_in_the_end() {
    let _watchdog = Watchdog::new();
    for one_thread in [true, false] {
        let mut builder = if one_thread {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        };
        let runtime = builder.max_blocking_threads(2).build().expect("a runtime");
        let run = Arc::new(AtomicUsize::new(0));
        runtime.block_on(async {
            let outer = (0..4).map(|_| {
                let run = Arc::clone(&run);
                spawn_blocking(move || {
                    let inner = spawn_blocking(move || run.fetch_add(1, ORDER));
                    let limit = Duration::from_millis(5);
                    let waits = async { timeout(limit, inner).await };
                    Handle::current().block_on(waits).is_err()
                })
            });
            let outer: Vec<_> = outer.collect();
            let mut in_vain = 0;
            for closure in outer {
                in_vain += usize::from(closure.await.expect("it ends"));
            }
            assert!(in_vain >= 2, "both threads waited: {in_vain}");
            // Behind all others.
            spawn_blocking(|| ()).await.expect("it ends");
        });
        drop(runtime);
        assert_eq!(run.load(ORDER), 4);
    }
}

/// What is run at all is run by then.
const SOON: Duration = Duration::from_secs(10);

/// SeqCst: counters of these tests, most of them read after a join.
const ORDER: Ordering = Ordering::SeqCst;

/// Uses a runtime when its thread ends.
struct AtTheEnd {
    handle: Handle,
    wakers: Vec<Waker>,
    done: Arc<AtomicUsize>,
}

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let _ = Handle::try_current();
        drop(self.handle.spawn(async {}));
        drop(self.handle.spawn_blocking(|| ()));
        let _guard = self.handle.enter();
        for waker in self.wakers.drain(..) {
            waker.wake_by_ref();
        }
        self.done.fetch_add(1, ORDER);
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

fn leave_at_the_end(handle: &Handle, wakers: Vec<Waker>, done: &Arc<AtomicUsize>) {
    AT_THE_END.set(Some(AtTheEnd {
        handle: handle.clone(),
        wakers,
        done: Arc::clone(done),
    }));
}

/// A waker of a task that never ends.
fn waker_of_a_task(runtime: &Runtime) -> Waker {
    let (give, taken) = std::sync::mpsc::channel();
    drop(runtime.spawn(async move {
        std::future::poll_fn(|cx| {
            let _ = give.send(cx.waker().clone());
            std::task::Poll::<()>::Pending
        })
        .await;
    }));
    runtime.block_on(yield_now());
    taken.recv().expect("polled")
}

#[test]
fn fault_092_closures_that_panic_and_threads_whose_destructors_use_the_runtime() {
    let _watchdog = Watchdog::new();
    for one_thread in [true, false] {
        let mut builder = if one_thread {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        };
        let builder = builder.max_blocking_threads(2).worker_threads(2);
        let builder = builder.thread_keep_alive(Duration::from_millis(1));
        let runtime = builder.build().expect("a runtime");
        let done = Arc::new(AtomicUsize::new(0));
        let waker = waker_of_a_task(&runtime);
        let handle = runtime.handle().clone();
        let mut left = 0;
        for round in 0..20 {
            let (handle, done, waker) = (handle.clone(), Arc::clone(&done), waker.clone());
            let closure = runtime.spawn_blocking(move || {
                leave_at_the_end(&handle, vec![waker], &done);
                assert!(round % 2 == 0, "the test's own");
            });
            let end = runtime.block_on(closure);
            assert_eq!(end.is_err_and(|error| error.is_panic()), round % 2 == 1);
            left += 1;
            thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(runtime.block_on(everything(&["child"])).len(), 0);
        drop(runtime);
        // One that found another's in its place dropped that one at once.
        assert_eq!(done.load(ORDER), left);
    }
}

/// What a thread of the C library does with a runtime: here is none of the standard library's.
extern "C" fn on_a_foreign_thread(shared: *mut c_void) -> *mut c_void {
    // SAFETY: who started this thread keeps it until the join.
    let shared = unsafe { &*shared.cast::<(Handle, Waker, Arc<AtomicUsize>)>() };
    let (handle, waker, done) = shared;
    let sum = handle.block_on(async {
        let task = runtime::spawn(async { 20 });
        22 + task.await.expect("it ends")
    });
    assert_eq!(sum, 42);
    waker.wake_by_ref();
    leave_at_the_end(handle, vec![waker.clone()], done);
    std::ptr::null_mut()
}

#[test]
fn fault_093_threads_of_the_c_library_use_a_runtime_to_their_very_end() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        let done = Arc::new(AtomicUsize::new(0));
        let waker = waker_of_a_task(&runtime);
        let mut shared = (runtime.handle().clone(), waker, Arc::clone(&done));
        let shared: *mut c_void = (&raw mut shared).cast();
        // Until all have ended somebody drives a current-thread runtime.
        let driving = runtime.handle().clone();
        let driving = thread::spawn(move || {
            driving.block_on(async { timeout(Duration::from_millis(50), pending::<()>()).await })
        });
        let mut started = Vec::new();
        for _ in 0..8 {
            // SAFETY: all zeros are a place for its number.
            let mut number: libc::pthread_t = unsafe { std::mem::zeroed() };
            // SAFETY: the places live until the joins below.
            let outcome = unsafe {
                libc::pthread_create(&mut number, std::ptr::null(), on_a_foreign_thread, shared)
            };
            assert_eq!(outcome, 0);
            started.push(number);
        }
        for number in started {
            // SAFETY: started above and joined once; null asks for nothing.
            let outcome = unsafe { libc::pthread_join(number, std::ptr::null_mut()) };
            assert_eq!(outcome, 0);
        }
        let _ = driving.join().expect("no panic");
        assert_eq!(done.load(ORDER), 8);
        assert_eq!(runtime.block_on(everything(&["child"])).len(), 0);
    }
}

/// Needs the context of a runtime when its thread ends.
struct InContextAtTheEnd(Handle, Arc<AtomicUsize>);

impl Drop for InContextAtTheEnd {
    fn drop(&mut self) {
        let InContextAtTheEnd(handle, done) = self;
        let work = || async {
            runtime::time::sleep(Duration::from_millis(1)).await;
            runtime::spawn(async { 7 }).await.expect("it ends")
        };
        assert_eq!(handle.block_on(async { work().await }), 7);
        let task = {
            let _guard = handle.enter();
            assert_eq!(Handle::current().id(), handle.id());
            runtime::spawn(work())
        };
        assert!(Handle::try_current().is_err());
        assert_eq!(handle.block_on(task).expect("it ends"), 7);
        done.fetch_add(1, ORDER);
    }
}

#[test]
fn fault_093_a_thread_finds_a_runtimes_context_to_its_very_end() {
    thread_local! {
        static FIRST: RefCell<Option<InContextAtTheEnd>> = const { RefCell::new(None) };
        static LAST: RefCell<Option<InContextAtTheEnd>> = const { RefCell::new(None) };
    }
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        let done = Arc::new(AtomicUsize::new(0));
        let kept = || InContextAtTheEnd(runtime.handle().clone(), Arc::clone(&done));
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                // Before and after the first use of a runtime here, whose own thread-locals go in
                // between.
                FIRST.set(Some(kept()));
                runtime.handle().block_on(async {});
                LAST.set(Some(kept()));
            });
            thread.join().expect("no panic");
        });
        assert_eq!(done.load(ORDER), 2);
    }
}

/// What is left when `main` has returned.
static LEFT: OnceLock<Mutex<Option<(Runtime, Waker)>>> = OnceLock::new();

extern "C" fn after_main() {
    let left = LEFT.get().and_then(|left| left.lock().ok()?.take());
    let (runtime, waker) = left.expect("left there");
    waker.wake();
    let task = runtime.spawn(async { 6 * 7 });
    let answer = runtime.block_on(async { task.await.expect("it ends") });
    let closure = runtime
        .block_on(runtime.spawn_blocking(|| 1))
        .expect("it ends");
    drop(runtime);
    let text = format!("after main: {answer} {closure}\n");
    // SAFETY: the text is as long as it says.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}

fn used_after_main(name: &str, one_thread: bool) {
    let said = in_own_process(name, || {
        let mut builder = if one_thread {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        };
        let runtime = builder.build().expect("a runtime");
        assert_eq!(runtime.block_on(everything(&[])).len(), 0);
        let waker = waker_of_a_task(&runtime);
        let _ = LEFT.set(Mutex::new(Some((runtime, waker))));
        // SAFETY: it is there as long as the process.
        assert_eq!(unsafe { libc::atexit(after_main) }, 0);
    });
    // `None` in the process itself.
    if let Some(said) = said {
        assert!(said.contains("after main: 42 1"), "{said}");
    }
}

#[test]
fn fault_093_a_runtime_works_and_ends_after_main_has_returned() {
    const NAME: &str = "threads::fault_093_a_runtime_works_and_ends_after_main_has_returned";
    used_after_main(NAME, false);
}

#[test]
fn fault_093_so_does_one_of_the_current_thread() {
    used_after_main("threads::fault_093_so_does_one_of_the_current_thread", true);
}
