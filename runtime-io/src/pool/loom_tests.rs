//! Models of a job: a duty is done or refused, a question ends, and who waits is woken.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use runtime_core::loom::atomic::{AtomicUsize, Ordering};
use runtime_core::loom::model;

use super::{Job, pair};

/// Lets a thread wait for its wake.
struct Bell {
    rung: AtomicUsize,
    thread: loom::thread::Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Release: pairs with `wait`.
        self.rung.fetch_add(1, Ordering::Release);
        self.thread.unpark();
    }
}

/// Polls as a task does; a wake that is lost is a deadlock, which the checker reports.
fn wait<T>(job: &Job<T>) -> Option<T> {
    let bell = Arc::new(Bell {
        rung: AtomicUsize::new(0),
        thread: loom::thread::current(),
    });
    let waker = Waker::from(Arc::clone(&bell));
    let mut heard = 0;
    loop {
        if let Poll::Ready(answer) = job.poll_answer(&mut Context::from_waker(&waker)) {
            return answer;
        }
        loop {
            // Acquire: pairs with `wake`.
            let rung = bell.rung.load(Ordering::Acquire);
            if rung > heard {
                heard = rung;
                break;
            }
            loom::thread::park();
        }
    }
}

/// Accepting a duty meets a pool that closes: it is done once if it was accepted, else never.
/// Fault 66.
#[test]
fn loom_pool_duty_vs_close() {
    model(|| {
        let done = Arc::new(AtomicUsize::new(0));
        let (errand, job) = pair({
            let done = Arc::clone(&done);
            // Relaxed: read after the threads were joined.
            move || done.fetch_add(1, Ordering::Relaxed)
        });
        let closer = loom::thread::spawn(move || drop(errand));
        let accepted = job.desk.accept();
        if accepted {
            assert_eq!(wait(&job), Some(0));
        }
        closer.join().unwrap();
        // Relaxed: the other thread was joined.
        assert_eq!(done.load(Ordering::Relaxed), usize::from(accepted));
    });
}

/// A duty runs while it is accepted.
#[test]
fn loom_pool_duty_vs_thread() {
    model(|| {
        let (errand, job) = pair(|| 7);
        let thread = loom::thread::spawn(move || errand.run());
        assert!(job.desk.accept());
        assert_eq!(wait(&job), Some(7));
        thread.join().unwrap();
    });
}

/// Who waits for a question hears of its answer, and of its loss.
#[test]
fn loom_pool_question_answered_or_lost() {
    for lost in [false, true] {
        model(move || {
            let (errand, job) = pair(|| 7);
            let thread = loom::thread::spawn(move || match lost {
                true => drop(errand),
                false => errand.run(),
            });
            assert_eq!(wait(&job), (!lost).then_some(7));
            thread.join().unwrap();
        });
    }
}

/// Who waits goes away meanwhile.
#[test]
fn loom_pool_cancel_vs_answer() {
    model(|| {
        let (errand, job) = pair(|| 7);
        let thread = loom::thread::spawn(move || errand.run());
        let waker = Waker::noop();
        let _ = job.poll_answer(&mut Context::from_waker(waker));
        drop(job);
        thread.join().unwrap();
    });
}
