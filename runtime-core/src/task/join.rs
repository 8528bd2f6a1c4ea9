//! The spawner's ends: wait for the output, or ask for an early end.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker, ready};

use super::error::JoinError;
use super::id::Id;
use super::raw::RawTask;
use crate::coop;

/// Waits for a task and gives its output; dropped, it lets the task run on by itself.
///
/// The output is the future's, or a [`JoinError`] if the task was cancelled or panicked.
///
/// # Cancel safety
/// Lossless: awaiting `&mut handle` in a select loses nothing.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let handle = runtime::spawn(async { 4 });
/// assert_eq!(handle.await.unwrap(), 4);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct JoinHandle<T> {
    raw: RawTask,
    /// As a lock around the output: `Send` and `Sync` if the output may be sent.
    _output: PhantomData<Mutex<T>>,
}

/// Asks a task to end early, without waiting for it; made by [`JoinHandle::abort_handle`].
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let handle = runtime::spawn(std::future::pending::<()>());
/// handle.abort_handle().abort();
/// assert!(handle.await.unwrap_err().is_cancelled());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct AbortHandle {
    raw: RawTask,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(raw: RawTask) -> JoinHandle<T> {
        JoinHandle {
            raw,
            _output: PhantomData,
        }
    }

    /// Asks the task to end: its future is dropped at its next `await`, by the thread that runs it.
    ///
    /// The handle then gives a [`JoinError`] with `is_cancelled`, unless the task was complete
    /// already. A blocking closure that has started runs to its end.
    pub fn abort(&self) {
        self.raw.abort();
    }

    /// Whether the task has ended, in whatever way. After `abort` that takes until the task has
    /// been dropped.
    pub fn is_finished(&self) -> bool {
        self.raw.state().is_complete()
    }

    /// A handle that can abort the task but not wait for it.
    pub fn abort_handle(&self) -> AbortHandle {
        self.raw.state().reference();
        AbortHandle { raw: self.raw }
    }

    /// The task's id, unique among all tasks of the process that are alive.
    pub fn id(&self) -> Id {
        self.raw.header().id
    }

    /// Has `waker` woken once when the task is complete, instead of any before; false, and it is
    /// not, if it is complete.
    #[must_use = "nobody is woken for a task that is complete"]
    pub(crate) fn watch(&mut self, waker: Waker) -> bool {
        self.raw.watch(waker)
    }

    /// The output of a task that is complete, whatever the budget; taken once.
    pub(crate) fn take_output(&mut self) -> Option<Result<T, JoinError>> {
        let mut output = Poll::Pending;
        if self.is_finished() {
            self.raw.poll_join(&mut output, Waker::noop());
        }
        match output {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let progress = ready!(coop::poll_proceed(cx));
        let mut output = Poll::Pending;
        self.raw.poll_join(&mut output, cx.waker());
        if output.is_ready() {
            progress.made();
        }
        output
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> UnwindSafe for JoinHandle<T> {}

impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        self.raw.drop_join();
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id())
            .finish()
    }
}

impl AbortHandle {
    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        self.raw.abort();
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.raw.state().is_complete()
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        self.raw.header().id
    }
}

impl UnwindSafe for AbortHandle {}

impl RefUnwindSafe for AbortHandle {}

impl Clone for AbortHandle {
    fn clone(&self) -> AbortHandle {
        self.raw.state().reference();
        AbortHandle { raw: self.raw }
    }
}

impl Drop for AbortHandle {
    fn drop(&mut self) {
        self.raw.release();
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle")
            .field("id", &self.id())
            .finish()
    }
}
