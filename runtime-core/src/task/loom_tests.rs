//! Models of the task's word: poll × wake × abort × drop × join × shutdown.
#![allow(unsafe_code, reason = "data that only a wake-up makes visible")]

use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::state::{DropJoin, Pause, Start, State};
use super::test_support::Queue;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, Mutex, UnsafeCell, model};
use crate::park::block_on_parked;
use crate::sync::test_support::bomb;

/// Counts its drop.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        // Relaxed: read after the threads were joined.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Data that is not atomic: the wake-up alone makes it visible to the poll that follows.
struct Gate {
    data: UnsafeCell<u32>,
    door: Mutex<Door>,
}

#[derive(Default)]
struct Door {
    open: bool,
    waker: Option<Waker>,
}

// SAFETY: `data` is written between taking a waker out and waking it, and read in the poll after
// that.
unsafe impl Sync for Gate {}
// SAFETY: as above.
unsafe impl Send for Gate {}

impl Gate {
    fn new() -> Arc<Gate> {
        Arc::new(Gate {
            data: UnsafeCell::new(0),
            door: Mutex::new(Door::default()),
        })
    }

    fn open(&self) {
        let waker = {
            let mut door = self.door.lock();
            door.open = true;
            door.waker.take()
        };
        if let Some(waker) = waker {
            self.data.with_mut(|data| {
                // SAFETY: see the `Sync` above.
                unsafe { *data = 7 }
            });
            waker.wake();
        }
    }
}

struct Pass {
    gate: Arc<Gate>,
    registered: bool,
    _counted: Counted,
}

impl Future for Pass {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        if self.registered {
            return Poll::Ready(self.gate.data.with(|data| {
                // SAFETY: see the `Sync` of `Gate`.
                unsafe { *data }
            }));
        }
        self.registered = true;
        let mut door = self.gate.door.lock();
        if door.open {
            return Poll::Ready(7);
        }
        door.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

fn pass(gate: &Arc<Gate>, drops: &Arc<AtomicUsize>) -> Pass {
    Pass {
        gate: Arc::clone(gate),
        registered: false,
        _counted: Counted(Arc::clone(drops)),
    }
}

/// Runs entries until no task is alive.
fn run_all(queue: &Queue) {
    while queue.live() > 0 {
        if !queue.run_one() {
            loom::thread::yield_now();
        }
    }
}

/// The same on another thread.
fn run_all_beside(queue: &Queue) -> loom::thread::JoinHandle<()> {
    let queue = queue.clone();
    loom::thread::spawn(move || run_all(&queue))
}

/// Fault 15.
#[test]
fn loom_task_wake_vs_poll() {
    model(|| {
        let (queue, gate) = (Queue::new(), Gate::new());
        let drops = Arc::new(AtomicUsize::new(0));
        let join = queue.spawn(pass(&gate, &drops));
        let opener = {
            let gate = Arc::clone(&gate);
            loom::thread::spawn(move || gate.open())
        };
        run_all(&queue);
        opener.join().unwrap();
        assert_eq!(block_on_parked(join).unwrap(), 7);
        // Relaxed: all threads are done.
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// Two wakers at once, by value and by reference: one entry, one reference each.
/// Fault 15.
#[test]
fn loom_task_two_wakes() {
    model(|| {
        let queue = Queue::new();
        let polls = Arc::new(AtomicUsize::new(0));
        let waker_out = Arc::new(Mutex::new(None));
        let join = {
            let (polls, out) = (Arc::clone(&polls), Arc::clone(&waker_out));
            queue.spawn(poll_fn(move |cx| {
                // Relaxed: polls are ordered by the task's word.
                let before = polls.fetch_add(1, Ordering::Relaxed);
                if before == 0 {
                    *out.lock() = Some(cx.waker().clone());
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            }))
        };
        assert!(queue.run_one());
        let waker: Waker = waker_out.lock().take().unwrap();
        let by_value = waker.clone();
        let other = loom::thread::spawn(move || by_value.wake());
        waker.wake_by_ref();
        run_all(&queue);
        other.join().unwrap();
        while queue.run_one() {}
        // Relaxed: all threads are done. A second wake may come after the end.
        assert_eq!(polls.load(Ordering::Relaxed), 2);
        drop(waker);
        block_on_parked(join).unwrap();
    });
}

/// A wake that finds the task queued makes no entry: the poll of the one that is there sees what came
/// before that wake all the same.
/// Fault 15.
#[test]
fn loom_task_a_wake_of_a_queued_task_reaches_its_poll() {
    model(|| {
        let queue = Queue::new();
        let data = Arc::new(AtomicUsize::new(0));
        let waker_out = Arc::new(Mutex::new(None));
        let join = {
            let (data, out) = (Arc::clone(&data), Arc::clone(&waker_out));
            let mut registered = false;
            queue.spawn(poll_fn(move |cx| {
                if !std::mem::replace(&mut registered, true) {
                    *out.lock() = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                // Relaxed: the wake alone makes it visible.
                match data.load(Ordering::Relaxed) {
                    0 => Poll::Pending,
                    _ => Poll::Ready(()),
                }
            }))
        };
        assert!(queue.run_one());
        let waker: Waker = waker_out.lock().take().unwrap();
        waker.wake_by_ref();
        let other = loom::thread::spawn(move || {
            // Relaxed: as above.
            data.store(1, Ordering::Relaxed);
            waker.wake();
        });
        while queue.run_one() {}
        other.join().unwrap();
        while queue.run_one() {}
        assert_eq!(queue.live(), 0, "the data were there before the last poll");
        block_on_parked(join).unwrap();
    });
}

/// Fault 1.
#[test]
fn loom_task_abort_vs_poll_vs_join() {
    model(|| {
        let (queue, gate) = (Queue::new(), Gate::new());
        let drops = Arc::new(AtomicUsize::new(0));
        let join = queue.spawn(pass(&gate, &drops));
        let abort = join.abort_handle();
        let aborter = loom::thread::spawn(move || abort.abort());
        let runner = run_all_beside(&queue);
        gate.open();
        match block_on_parked(join) {
            Ok(value) => assert_eq!(value, 7),
            Err(error) => assert!(error.is_cancelled()),
        }
        aborter.join().unwrap();
        runner.join().unwrap();
        // Relaxed: all threads are done.
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// The join handle is polled with one waker, then goes, while the task completes: the output is
/// dropped once.
/// Fault 1.
#[test]
fn loom_task_drop_join_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let mut join = {
            let output = Counted(Arc::clone(&drops));
            queue.spawn(async move { output })
        };
        let runner = run_all_beside(&queue);
        let mut cx = Context::from_waker(Waker::noop());
        let polled = Pin::new(&mut join).poll(&mut cx);
        drop(polled);
        drop(join);
        runner.join().unwrap();
        // Relaxed: all threads are done.
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// A join handle that has left its waker is polled once more with the same one: if the task is
/// complete by then, the output is there.
/// Faults 1, 12.
#[test]
fn loom_task_join_polled_again_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let mut join = queue.spawn(async { 7 });
        let runner = run_all_beside(&queue);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            if let Poll::Ready(output) = Pin::new(&mut join).poll(&mut cx) {
                assert_eq!(output.unwrap(), 7);
                break;
            }
        }
        runner.join().unwrap();
    });
}

/// A join handle that has left its waker waits with another one: that is woken, or the output is there.
/// Faults 1, 12.
#[test]
fn loom_task_join_with_another_waker_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let mut join = queue.spawn(async { 7 });
        let runner = run_all_beside(&queue);
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut join).poll(&mut cx) {
            Poll::Ready(output) => assert_eq!(output.unwrap(), 7),
            Poll::Pending => assert_eq!(block_on_parked(join).unwrap(), 7),
        }
        runner.join().unwrap();
    });
}

/// What came before an abort is seen by the destructor of the future, wherever the abort meets it.
/// Fault 1.
#[test]
fn loom_task_what_came_before_an_abort_is_seen_by_the_drop() {
    struct Sees(Arc<[AtomicUsize; 2]>);

    impl Drop for Sees {
        fn drop(&mut self) {
            // Relaxed, both: the abort alone makes it visible. A panic here would be contained.
            let seen = self.0[0].load(Ordering::Relaxed);
            self.0[1].store(seen, Ordering::Relaxed);
        }
    }

    model(|| {
        let queue = Queue::new();
        let data = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let sees = Sees(Arc::clone(&data));
        let join = queue.spawn(poll_fn(move |_| {
            let _sees = &sees;
            Poll::<()>::Pending
        }));
        let abort = join.abort_handle();
        let aborter = {
            let data = Arc::clone(&data);
            loom::thread::spawn(move || {
                // Relaxed: as above.
                data[0].store(1, Ordering::Relaxed);
                abort.abort();
            })
        };
        run_all(&queue);
        aborter.join().unwrap();
        assert!(block_on_parked(join).unwrap_err().is_cancelled());
        // Relaxed: all threads are done.
        assert_eq!(data[1].load(Ordering::Relaxed), 1, "the destructor saw it");
    });
}

/// A task that is on no list and that nobody can wake is freed by the last of its runner and its join
/// handle, who sees what the other did before it let go.
/// Fault 1.
#[test]
fn loom_task_the_last_of_runner_and_handle_frees() {
    model(|| {
        let shared = Arc::new((
            State::new(false),
            [AtomicUsize::new(0), AtomicUsize::new(0)],
        ));
        let runner = {
            let shared = Arc::clone(&shared);
            loom::thread::spawn(move || {
                let (state, did) = &*shared;
                assert_eq!(state.start(), Start::Poll);
                // Relaxed, both: the word alone makes it visible.
                did[0].store(1, Ordering::Relaxed);
                let frees = state.pause(false) == Pause::Free;
                assert!(!frees || did[1].load(Ordering::Relaxed) == 1);
                frees
            })
        };
        let (state, did) = &*shared;
        // Relaxed, both: as above.
        did[1].store(1, Ordering::Relaxed);
        let frees = state.drop_join() == DropJoin::Released(true);
        assert!(!frees || did[0].load(Ordering::Relaxed) == 1);
        assert_ne!(frees, runner.join().unwrap(), "one of the two frees");
    });
}

/// A shutdown meets a poll and a waker: the future is dropped once, and no entry is left.
/// Fault 3.
#[test]
fn loom_task_shutdown_vs_wake_vs_poll() {
    model(|| {
        let (queue, gate) = (Queue::new(), Gate::new());
        let drops = Arc::new(AtomicUsize::new(0));
        let join = queue.spawn(pass(&gate, &drops));
        let opener = {
            let gate = Arc::clone(&gate);
            loom::thread::spawn(move || gate.open())
        };
        let runner = {
            let queue = queue.clone();
            loom::thread::spawn(move || queue.run_one())
        };
        queue.cancel_all();
        run_all(&queue);
        opener.join().unwrap();
        runner.join().unwrap();
        run_all(&queue);
        assert_eq!((queue.live(), queue.listed()), (0, 0));
        // Relaxed: all threads are done.
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        if let Err(error) = block_on_parked(join) {
            assert!(error.is_cancelled());
        }
        // A waker that the gate still holds keeps the header only.
        let waker = gate.door.lock().waker.take();
        drop(waker);
    });
}

/// A task waits, so that its runner puts it on a live list; who makes its next entry, and whoever gets
/// that, can tell before it runs.
#[test]
fn loom_task_who_holds_an_entry_knows_the_list() {
    model(|| {
        let (queue, gate) = (Queue::new(), Gate::new());
        let drops = Arc::new(AtomicUsize::new(0));
        let (entry, join) = queue.make(pass(&gate, &drops));
        let runner = loom::thread::spawn(move || entry.run());
        gate.open();
        if let Some(entry) = queue.take() {
            assert!(entry.list_by(|_| unreachable!("it has waited")));
            entry.run();
        }
        runner.join().unwrap();
        while queue.run_one() {}
        assert_eq!(block_on_parked(join).unwrap(), 7);
    });
}

/// A poll panics after the task has waited: the panic, or the abort, is what the join gets, and the
/// task is on no list any more.
#[test]
fn loom_task_panic_vs_abort_vs_join() {
    model(|| {
        let queue = Queue::new();
        let mut was_polled = false;
        // Its drop is not counted: it is dropped by who unwinds, and the model's threads are one
        // thread for the standard library.
        let join = queue.spawn(poll_fn(move |cx| {
            if std::mem::replace(&mut was_polled, true) {
                resume_unwind(Box::new("a poll's panic"));
            }
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        let abort = join.abort_handle();
        let aborter = loom::thread::spawn(move || abort.abort());
        let runner = run_all_beside(&queue);
        let error = block_on_parked(join).unwrap_err();
        assert!(error.is_panic() || error.is_cancelled());
        aborter.join().unwrap();
        runner.join().unwrap();
        while queue.run_one() {}
        assert_eq!((queue.live(), queue.listed()), (0, 0));
    });
}

/// The waker of who joins panics: that is nobody's concern, the task ends, and its output is there.
#[test]
fn loom_task_panicking_join_waker_vs_complete() {
    model(|| {
        let queue = Queue::new();
        let mut join = queue.spawn(async { 7 });
        let runner = run_all_beside(&queue);
        let polled = Pin::new(&mut join).poll(&mut Context::from_waker(&bomb()));
        runner.join().unwrap();
        assert_eq!(queue.live(), 0);
        if polled.is_pending() {
            assert_eq!(block_on_parked(join).unwrap(), 7);
        }
    });
}
