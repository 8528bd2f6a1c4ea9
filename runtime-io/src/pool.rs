//! Work that blocks a thread, on the runtime's own pool: a question or a duty.
//!
//! A **question** (open, read, ask for metadata) may be left undone: if the runtime ends before a
//! thread has begun it, who waits gets an error. A **duty** writes bytes of which a caller has been
//! told that they are taken: it is done once, whatever becomes of the runtime; if no thread has
//! begun it by then, whoever drops it does it. That is a thread of the pool's for what is left over
//! at its end: dropping the runtime waits for it, an end with a limit no longer than that, and it is
//! left behind. (Where the system refuses that thread: the one that ends the runtime.)
//!
//! **States** of a job, behind one lock: *open*, *answered*, *taken* (the answer was), *lost*. Beside
//! it stands whether the job is a duty.
//!
//! **Steps.** Submitter of a duty: (1) hand it to the pool; (2) under the lock: lost: it was
//! refused, the caller is told so and nothing was taken; else mark it a duty. Thread: (a) do it; (b)
//! answer, and wake who waits. Whoever drops it undone: (c) under the lock: a duty: go on with (a);
//! else it is lost, and who waits is woken. Who waits: (w) under the lock: the answer, or leave a
//! waker.
//!
//! **Invariants.** J1: a job ends once, answered or lost, also if it panics ([`Promise`]). J2: a
//! duty that was accepted by (2) is not lost by (c): both look under the same lock, and whichever
//! comes second sees the first. J3: an answer is stored before the waker is taken, under the lock
//! under which (w) leaves one: no wake-up is lost.
//!
//! No foreign code runs under the lock: wakers are cloned before it, woken and dropped after it.
//!
//! *Rejected*: the pool's own handles (they know cancelled and done, but not "done by whoever ends
//! the runtime"); a list of duties in the core (it would know what files are).

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use runtime_core::coop;
use runtime_core::loom::Mutex;
use runtime_core::park::driver::ShutDown;
use runtime_core::spawn::spawn_blocking;

/// Work under way; dropping it leaves the work to end by itself.
pub(crate) struct Job<T> {
    desk: Arc<Desk<T>>,
}

/// Starts a question.
///
/// # Panics
/// Outside of any runtime.
pub(crate) fn start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Job<T> {
    let (errand, job) = pair(work);
    drop(spawn_blocking(move || errand.run()));
    job
}

/// Starts a duty; `None` if the pool takes nothing any more, and then it is not done.
///
/// # Panics
/// Outside of any runtime.
pub(crate) fn start_duty<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<Job<T>> {
    start(work).accepted()
}

/// Asks a question and waits for the answer.
///
/// # Errors
/// What `question` says; if the runtime ends first.
///
/// # Panics
/// Outside of any runtime.
#[cfg(feature = "fs")]
pub(crate) async fn ask<T: Send + 'static>(
    question: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    start(question).await.unwrap_or_else(|| Err(lost()))
}

/// What became of a job that the runtime did not live to do.
pub(crate) fn lost() -> io::Error {
    io::Error::other(Lost { cause: ShutDown })
}

/// What happened; its source says why.
#[derive(Debug)]
struct Lost {
    cause: ShutDown,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("background task failed")
    }
}

impl Error for Lost {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl<T> Job<T> {
    /// Step 2: the job as a duty; `None` if it is lost already, and then it is not done.
    pub(crate) fn accepted(self) -> Option<Job<T>> {
        self.desk.accept().then_some(self)
    }

    /// The answer, `None` if it was lost; spends nothing of the task's budget.
    pub(crate) fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.desk.poll(cx)
    }
}

impl<T> Future for Job<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let progress = ready!(coop::poll_proceed(cx));
        let answer = ready!(self.desk.poll(cx));
        progress.made();
        Poll::Ready(answer)
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

enum End<T> {
    Open,
    Answered(T),
    Taken,
    Lost,
}

struct State<T> {
    end: End<T>,
    is_duty: bool,
    waker: Option<Waker>,
}

/// Where the two sides of a job meet.
struct Desk<T> {
    state: Mutex<State<T>>,
}

impl<T> Desk<T> {
    /// Step 2: it is a duty from now on; false if it is lost already.
    fn accept(&self) -> bool {
        let mut state = self.state.lock();
        let lost = matches!(state.end, End::Lost);
        state.is_duty = !lost;
        !lost
    }

    /// Step b, or the end of one that panicked: the first end counts (J1).
    fn end(&self, end: End<T>) {
        let waker = {
            let mut state = self.state.lock();
            if !matches!(state.end, End::Open) {
                return;
            }
            state.end = end;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Step c: true if it has to be done all the same.
    fn give_up(&self) -> bool {
        let waker = {
            let mut state = self.state.lock();
            if state.is_duty {
                return true;
            }
            state.end = End::Lost;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        false
    }

    /// Step w.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let Poll::Ready(answer) = self.take() {
            return Poll::Ready(answer);
        }
        let waker = cx.waker().clone();
        let mut state = self.state.lock();
        if matches!(state.end, End::Open) {
            let old = state.waker.replace(waker);
            drop(state);
            drop(old);
            return Poll::Pending;
        }
        drop(state);
        self.take()
    }

    fn take(&self) -> Poll<Option<T>> {
        let mut state = self.state.lock();
        match mem::replace(&mut state.end, End::Taken) {
            End::Open => {
                state.end = End::Open;
                Poll::Pending
            }
            End::Answered(answer) => Poll::Ready(Some(answer)),
            End::Taken | End::Lost => Poll::Ready(None),
        }
    }
}

/// Ends a job as lost unless it was ended before.
struct Promise<T>(Arc<Desk<T>>);

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.0.end(End::Lost);
    }
}

/// The work itself, on its way to a thread.
pub(crate) struct Errand<T, F: FnOnce() -> T> {
    work: Option<F>,
    promise: Promise<T>,
}

impl<T, F: FnOnce() -> T> Errand<T, F> {
    pub(crate) fn run(mut self) {
        self.work_off();
    }

    /// Step a. What the work owns is dropped before its answer is seen.
    fn work_off(&mut self) {
        if let Some(work) = self.work.take() {
            let answer = work();
            self.promise.0.end(End::Answered(answer));
        }
    }
}

impl<T, F: FnOnce() -> T> Drop for Errand<T, F> {
    fn drop(&mut self) {
        if self.work.is_some() && self.promise.0.give_up() {
            self.work_off();
        }
    }
}

/// The two sides of a job that no pool has yet.
pub(crate) fn pair<T, F: FnOnce() -> T>(work: F) -> (Errand<T, F>, Job<T>) {
    let desk = Arc::new(Desk {
        state: Mutex::new(State {
            end: End::Open,
            is_duty: false,
            waker: None,
        }),
    });
    let errand = Errand {
        work: Some(work),
        promise: Promise(Arc::clone(&desk)),
    };
    (errand, Job { desk })
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
