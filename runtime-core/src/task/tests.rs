//! Tasks on a queue, on one thread: who drops what, and how often.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::raw::RawTask;
use super::test_support::Queue;
use super::{JoinError, JoinHandle, try_id};

fn poll<T>(join: &mut JoinHandle<T>) -> Poll<Result<T, JoinError>> {
    pin!(join).poll(&mut Context::from_waker(Waker::noop()))
}

fn finished<T>(mut join: JoinHandle<T>) -> Result<T, JoinError> {
    match poll(&mut join) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the task has not ended"),
    }
}

/// Counts its drop, and panics in it if told so.
struct Dropped {
    count: Rc<Cell<usize>>,
    panics: bool,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.count.set(self.count.get() + 1);
        if self.panics {
            panic!("a destructor's panic");
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum InPoll {
    Ready,
    Wait,
    Panic,
}

struct Scripted {
    in_poll: InPoll,
    output_panics: bool,
    outputs: Rc<Cell<usize>>,
    _future: Dropped,
}

impl Future for Scripted {
    type Output = Dropped;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Dropped> {
        match self.in_poll {
            InPoll::Ready => Poll::Ready(Dropped {
                count: Rc::clone(&self.outputs),
                panics: self.output_panics,
            }),
            InPoll::Wait => Poll::Pending,
            InPoll::Panic => panic!("a poll's panic"),
        }
    }
}

/// What is done to the task, in this order.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Run,
    Abort,
    Shutdown,
    DropJoin,
    PollJoin,
}

/// Every script of three steps over every behaviour: the process lives, the future is dropped once,
/// each output once.
#[test]
fn fault_002_every_panic_in_every_order_drops_each_thing_once() {
    let steps = [
        Step::Run,
        Step::Abort,
        Step::Shutdown,
        Step::DropJoin,
        Step::PollJoin,
    ];
    let mut scripts = 0;
    for in_poll in [InPoll::Ready, InPoll::Wait, InPoll::Panic] {
        for future_panics in [false, true] {
            for output_panics in [false, true] {
                for first in steps {
                    for second in steps {
                        for third in steps {
                            play(
                                in_poll,
                                future_panics,
                                output_panics,
                                [first, second, third],
                            );
                            scripts += 1;
                        }
                    }
                }
            }
        }
    }
    assert_eq!(scripts, 1500);
}

fn play(in_poll: InPoll, future_panics: bool, output_panics: bool, script: [Step; 3]) {
    let futures = Rc::new(Cell::new(0));
    let outputs = Rc::new(Cell::new(0));
    let queue = Queue::new();
    let mut join = Some(queue.spawn(Scripted {
        in_poll,
        output_panics,
        outputs: Rc::clone(&outputs),
        _future: Dropped {
            count: Rc::clone(&futures),
            panics: future_panics,
        },
    }));
    let about = format!("{in_poll:?} {future_panics} {output_panics} {script:?}");
    let mut joined = None;
    for step in script {
        match step {
            Step::Run => {
                queue.run_one();
            }
            Step::Abort => join.iter().for_each(JoinHandle::abort),
            Step::Shutdown => queue.cancel_all(),
            Step::DropJoin => drop(join.take()),
            Step::PollJoin => {
                if let Some(handle) = join.as_mut().filter(|_| joined.is_none()) {
                    if let Poll::Ready(output) = poll(handle) {
                        joined = Some(output);
                    }
                }
            }
        }
    }
    queue.cancel_all();
    while queue.run_one() {}
    assert_eq!(queue.live(), 0, "{about}");
    assert_eq!(futures.get(), 1, "future: {about}");
    if joined.is_none() {
        joined = join.take().map(finished);
    }
    // What the task said must fit what it did.
    match &joined {
        Some(Ok(_)) => assert!(in_poll == InPoll::Ready && !future_panics, "{about}"),
        Some(Err(error)) if error.is_panic() => {
            assert!(in_poll == InPoll::Panic || future_panics, "{about}");
        }
        Some(Err(error)) => assert!(error.is_cancelled(), "{about}"),
        None => assert!(script.contains(&Step::DropJoin), "{about}"),
    }
    let made = outputs.get() + usize::from(matches!(joined, Some(Ok(_))));
    let _ = catch_unwind(AssertUnwindSafe(|| drop(joined)));
    assert!(made <= 1, "output: {about}");
    assert_eq!(outputs.get(), made, "output: {about}");
}

#[test]
fn the_output_and_the_id_reach_the_join_handle() {
    let queue = Queue::new();
    let join = queue.spawn(async { try_id() });
    let id = join.id();
    assert!(!join.is_finished());
    assert!(queue.run_one());
    assert!(join.is_finished());
    assert_eq!(finished(join).unwrap(), Some(id));
    assert_eq!(try_id(), None);
}

#[test]
fn a_panic_reaches_the_join_handle_with_its_payload() {
    let queue = Queue::new();
    let what = String::from("text");
    let join = queue.spawn(async move { panic!("with a {what}") });
    queue.run_one();
    let error: JoinError = match finished::<()>(join) {
        Ok(()) => panic!("no output"),
        Err(error) => error,
    };
    assert!(
        error
            .to_string()
            .ends_with("panicked with message \"with a text\""),
        "{error}"
    );
    assert!(
        format!("{error:?}").starts_with("JoinError::Panic(Id("),
        "{error:?}"
    );
    assert_eq!(
        error.into_panic().downcast_ref::<String>().unwrap(),
        "with a text"
    );
}

/// A waker that counts.
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Relaxed: one thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn fault_012_the_join_waker_that_came_last_is_woken_once() {
    let queue = Queue::new();
    let mut join = queue.spawn(async {});
    let counts: [Arc<Count>; 2] = [0, 1].map(|_| Arc::new(Count(AtomicUsize::new(0))));
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        let mut cx = Context::from_waker(&waker);
        assert!(pin!(&mut join).poll(&mut cx).is_pending());
        assert!(pin!(&mut join).poll(&mut cx).is_pending());
    }
    assert_eq!(
        Arc::strong_count(&counts[0]),
        1,
        "the first waker is let go"
    );
    queue.run_one();
    // Relaxed: one thread.
    assert_eq!(counts[0].0.load(Ordering::Relaxed), 0);
    assert_eq!(counts[1].0.load(Ordering::Relaxed), 1);
    finished(join).unwrap();
    assert_eq!(Arc::strong_count(&counts[1]), 1, "the task is freed");
}

#[test]
fn fault_004_a_waker_kept_beyond_the_end_does_nothing() {
    let queue = Queue::new();
    let kept: Rc<Cell<Option<Waker>>> = Rc::default();
    let join = {
        let kept = Rc::clone(&kept);
        queue.spawn(std::future::poll_fn(move |cx| {
            kept.set(Some(cx.waker().clone()));
            Poll::Ready(())
        }))
    };
    queue.run_one();
    finished(join).unwrap();
    let waker = kept.take().unwrap();
    waker.wake_by_ref();
    let by_value = waker.clone();
    by_value.wake();
    assert!(!queue.run_one(), "no entry of a complete task");
    drop(queue);
    waker.wake();
}

#[test]
fn fault_004_a_waker_kept_beyond_the_end_keeps_neither_output_nor_with_itself_the_task() {
    let queue = Queue::new();
    let scheduler = queue.clone();
    let kept: Rc<Cell<Option<Waker>>> = Rc::default();
    let output = Rc::new(());
    drop({
        let (kept, output) = (Rc::clone(&kept), Rc::clone(&output));
        queue.spawn(std::future::poll_fn(move |cx| {
            kept.set(Some(cx.waker().clone()));
            Poll::Ready(Rc::clone(&output))
        }))
    });
    queue.run_one();
    assert_eq!(Rc::strong_count(&output), 1, "nobody joins it");
    let waker = kept.take().unwrap();
    assert_eq!(scheduler.clones(), 3, "the task has one");
    let by_value = waker.clone();
    by_value.wake();
    waker.wake();
    assert_eq!(scheduler.clones(), 2, "the task is freed");
}

#[test]
fn a_task_that_nobody_can_wake_is_freed() {
    let queue = Queue::new();
    let count = Rc::new(Cell::new(0));
    let dropped = Dropped {
        count: Rc::clone(&count),
        panics: false,
    };
    drop(queue.spawn(async move {
        let _dropped = dropped;
        std::future::pending::<()>().await;
    }));
    queue.run_one();
    assert_eq!(count.get(), 0, "it is on the live list");
    queue.cancel_all();
    assert_eq!(count.get(), 1);
}

#[test]
fn fault_001_woken_in_its_own_poll_it_is_queued_once() {
    let queue = Queue::new();
    let join = queue.spawn(async {
        for _ in 0..3 {
            let mut woken = false;
            std::future::poll_fn(|cx| {
                if std::mem::replace(&mut woken, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
    });
    let mut runs = 0;
    while queue.run_one() {
        runs += 1;
    }
    assert_eq!(runs, 4);
    finished(join).unwrap();
}

#[test]
fn fault_001_an_entry_that_is_dropped_cancels_its_task() {
    let queue = Queue::new();
    let ran = crate::loom::Arc::new(crate::loom::atomic::AtomicUsize::new(0));
    let (entry, join) = super::test_support::ready_task(&queue, &ran);
    drop(entry);
    assert!(finished(join).unwrap_err().is_cancelled());
    assert_eq!(queue.live(), 0);
}

#[test]
fn only_a_task_that_has_had_to_wait_is_on_the_live_list() {
    let queue = Queue::new();
    let ready = queue.spawn(async {});
    let waits = queue.spawn(std::future::pending::<()>());
    assert_eq!((queue.live(), queue.listed()), (2, 0));
    while queue.run_one() {}
    assert_eq!((queue.live(), queue.listed()), (1, 1));
    assert!(ready.is_finished());
    waits.abort();
    while queue.run_one() {}
    assert_eq!((queue.live(), queue.listed()), (0, 0));
}

#[test]
fn a_task_that_would_wait_on_a_closed_list_is_cancelled_instead() {
    let queue = Queue::new();
    let mut waits = queue.spawn(std::future::pending::<()>());
    let mut ready = queue.spawn(async { 4 });
    queue.cancel_all();
    assert_eq!(queue.live(), 2, "what is queued is not the list's");
    while queue.run_one() {}
    assert!(waits.take_output().unwrap().unwrap_err().is_cancelled());
    assert_eq!(ready.take_output().unwrap().unwrap(), 4);
    assert_eq!(queue.live(), 0);
}

#[test]
fn a_task_is_freed_at_its_end_whether_or_not_it_has_had_to_wait() {
    let queue = Queue::new();
    let mut waited = false;
    let waits = queue.spawn(std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    let ready = queue.spawn(async {});
    drop((waits, ready));
    assert_eq!(queue.clones(), 3);
    while queue.run_one() {}
    assert_eq!(queue.clones(), 1);
}

/// Makes one reference more of a task that waits.
type Refers = fn(&Waker, &JoinHandle<()>);

const REFERENCES: [(&str, Refers); 3] = [
    ("a waker's clone", |waker, _| {
        std::mem::forget(waker.clone())
    }),
    ("an abort handle", |_, join| {
        std::mem::forget(join.abort_handle())
    }),
    ("a wake", |waker, _| waker.wake_by_ref()),
];

/// Says to a process of this binary which of the references it is to make too many of.
const TOO_MANY: &str = "RUNTIME_TEST_TOO_MANY_REFERENCES";

/// The count would have to be driven there by 2^57 forgotten wakers: it is set instead, in processes of
/// its own, which have to end before it could wrap.
#[test]
fn fault_007_a_count_of_references_near_its_end_aborts() {
    if let Ok(which) = std::env::var(TOO_MANY) {
        return make_too_many(which.parse().expect("an index"));
    }
    const NAME: &str = "task::tests::fault_007_a_count_of_references_near_its_end_aborts";
    for (index, (what, _)) in REFERENCES.iter().enumerate() {
        let mut own = this_program();
        own.args(["--exact", NAME, "--test-threads=1", "--nocapture"]);
        own.env(TOO_MANY, index.to_string());
        let output = own.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("the last that fits"), "{what}: {said}");
        assert!(!said.contains("one too many"), "{what}: {said}");
        assert!(
            !said.contains("panicked") && ends_by_abort(output.status),
            "{what}"
        );
    }
}

/// Under an emulator by way of it, which does not see that one program starts another. (As in the integration tests'
/// `support/elsewhere.rs`, which unit tests do not reach.)
fn this_program() -> std::process::Command {
    let binary = std::env::current_exe().expect("the path of this binary");
    let runner = std::env::var("RUNTIME_TESTS_RUNNER").unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(first) = words.next() else {
        return std::process::Command::new(binary);
    };
    let mut command = std::process::Command::new(first);
    command.args(words).arg(binary);
    command
}

#[cfg(unix)]
fn ends_by_abort(status: std::process::ExitStatus) -> bool {
    const SIGABRT: i32 = 6;
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGABRT)
}

#[cfg(not(unix))]
fn ends_by_abort(status: std::process::ExitStatus) -> bool {
    !status.success()
}

fn make_too_many(which: usize) {
    let queue = Queue::new();
    let kept: Rc<Cell<Option<Waker>>> = Rc::default();
    let join = {
        let kept = Rc::clone(&kept);
        queue.spawn(std::future::poll_fn(move |cx| {
            kept.set(Some(cx.waker().clone()));
            Poll::Pending
        }))
    };
    queue.run_one();
    let waker = kept.take().expect("it was polled");
    let header = NonNull::new(waker.data().cast_mut()).expect("a task");
    let task = RawTask(header.cast());
    // The word may be as large as half of its values, and the check is of what it was before.
    task.state()
        .forget_references(task.state().references_left());
    std::mem::forget(waker.clone());
    say("the last that fits");
    REFERENCES[which].1(&waker, &join);
    say("one too many");
}

/// Past the harness, which would keep it.
fn say(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{what}");
}
