//! Models of the hand-over between tasks, a file's cursor and the threads of the pool: one job at a
//! time, whoever gives up leaves its end to the next, and accepted bytes are written.
//!
//! The cursor, its jobs and the lock around it are the real ones; a thread of the model stands for
//! the pool's, and a list for the file.

use std::pin::pin;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Wake, Waker};

use loom::thread::{self, JoinHandle, Thread};
use runtime_core::loom::atomic::{AtomicBool, AtomicUsize, Ordering};
use runtime_core::loom::{Arc, Mutex, model};
use runtime_core::sync;

use super::{Bytes, Cursor, Done, End, Kind};
use crate::pool::{self, Job};

/// Lets a thread wait for its wake.
struct Bell {
    rung: AtomicUsize,
    thread: Thread,
}

impl Wake for Bell {
    fn wake(self: StdArc<Self>) {
        // Release: pairs with `block_on`.
        self.rung.fetch_add(1, Ordering::Release);
        self.thread.unpark();
    }
}

/// A wake that is lost is a deadlock, which the checker reports.
fn block_on<F: Future>(future: F) -> F::Output {
    let bell = StdArc::new(Bell {
        rung: AtomicUsize::new(0),
        thread: thread::current(),
    });
    let waker = Waker::from(StdArc::clone(&bell));
    let mut future = pin!(future);
    let mut heard = 0;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        loop {
            // Acquire: pairs with `wake`.
            let rung = bell.rung.load(Ordering::Acquire);
            if rung > heard {
                heard = rung;
                break;
            }
            thread::park();
        }
    }
}

/// Polls once and gives up.
fn give_up<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What threads of the pool do to it, in order.
struct Device {
    at_work: AtomicBool,
    written: Mutex<Vec<u8>>,
}

impl Device {
    fn new() -> Arc<Device> {
        Arc::new(Device {
            at_work: AtomicBool::new(false),
            written: Mutex::new(Vec::new()),
        })
    }

    /// C1: nobody else is at it.
    fn write(&self, byte: u8) -> End {
        // Acquire and Release: as a lock, which nobody may find taken.
        assert!(!self.at_work.swap(true, Ordering::Acquire), "two at once");
        self.written.lock().push(byte);
        // Release: as above.
        self.at_work.store(false, Ordering::Release);
        End::Written {
            back: false,
            result: Ok(()),
            written: 1,
            bytes: vec![byte],
        }
    }

    fn written(&self) -> Vec<u8> {
        self.written.lock().clone()
    }
}

/// On a thread of its own, as on one of the pool.
fn start(work: impl FnOnce() -> End + Send + 'static) -> (Job<End>, JoinHandle<()>) {
    let (errand, job) = pool::pair(work);
    (job, thread::spawn(move || errand.run()))
}

fn done(cursor: &mut Cursor) -> impl Future<Output = Done> {
    std::future::poll_fn(|cx| cursor.poll_done(cx))
}

fn bytes(bytes: &[u8]) -> Bytes {
    Bytes {
        bytes: bytes.to_vec(),
        from: 0,
        to: bytes.len(),
    }
}

/// C5: a read that is given up, at whatever moment, leaves its bytes to whoever comes next.
/// Fault 65.
#[test]
fn loom_cursor_a_read_given_up_is_the_next_ones() {
    model(|| {
        let mut cursor = Cursor::default();
        let (job, thread) = start(|| End::Read(Ok(()), bytes(b"ab")));
        cursor.begin(Kind::Other, job);
        let early = give_up(done(&mut cursor));
        if early.is_pending() {
            assert!(matches!(block_on(done(&mut cursor)), Done::Read(Ok(()))));
        }
        assert_eq!(cursor.unread.as_slice(), b"ab");
        assert!(matches!(block_on(done(&mut cursor)), Done::Nothing));
        thread.join().unwrap();
    });
}

/// A write meets the end of the runtime: refused, and then nothing is written; or done once by
/// whoever ends it, and whoever flushes hears of it.
/// Fault 66.
#[test]
fn loom_cursor_a_write_against_the_end_of_the_runtime() {
    model(|| {
        let device = Device::new();
        let mut cursor = Cursor::default();
        let other = Arc::clone(&device);
        let (errand, job) = pool::pair(move || other.write(b'a'));
        let ending = thread::spawn(move || drop(errand));
        let accepted = match job.accepted() {
            Some(job) => {
                cursor.begin(Kind::Write, job);
                true
            }
            None => false,
        };
        match block_on(done(&mut cursor)) {
            Done::Written => assert!(accepted),
            Done::Nothing => assert!(!accepted),
            other => panic!("{other:?}"),
        }
        assert!(cursor.failure().is_ok());
        ending.join().unwrap();
        let expected: &[u8] = if accepted { b"a" } else { b"" };
        assert_eq!(device.written(), expected);
    });
}

/// What the methods that take `&self` do.
async fn write_and_wait(
    cursor: &sync::Mutex<Cursor>,
    device: &Arc<Device>,
    threads: &Mutex<Vec<JoinHandle<()>>>,
    byte: u8,
) {
    let mut cursor = cursor.lock().await;
    let _done = done(&mut cursor).await;
    let other = Arc::clone(device);
    let (job, thread) = start(move || other.write(byte));
    threads.lock().push(thread);
    cursor.begin(Kind::Write, job);
    assert!(matches!(done(&mut cursor).await, Done::Written));
}

/// C1 and C5 between two tasks: one gives up with its job under way, the other comes after it.
/// Fault 65.
#[test]
fn loom_cursor_a_task_that_gives_up_leaves_its_job_to_the_other() {
    model(|| {
        let device = Device::new();
        let cursor = Arc::new(sync::Mutex::new(Cursor::default()));
        let threads = Arc::new(Mutex::new(Vec::new()));
        let (file, list, to) = (
            Arc::clone(&cursor),
            Arc::clone(&threads),
            Arc::clone(&device),
        );
        let leaving = thread::spawn(move || {
            let _ = give_up(write_and_wait(&file, &to, &list, b'a'));
        });
        block_on(write_and_wait(&cursor, &device, &threads, b'b'));
        leaving.join().unwrap();
        loop {
            // By a statement of its own: the lock is free while it waits.
            let thread = threads.lock().pop();
            let Some(thread) = thread else { break };
            thread.join().unwrap();
        }
        let written = device.written();
        assert!(written.contains(&b'b') && written.len() <= 2);
    });
}
