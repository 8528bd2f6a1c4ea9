//! A set of tasks that is joined in the order of their completion.
//!
//! Each task has a *place* in the set, which holds its join handle, and a *doorbell*: the waker that
//! the task's end wakes. It rings once, after the output was stored, and enters the place into the
//! list of the finished (`finished.rs`, with the proof). Joining takes a place from that list and
//! the output from its handle: whatever the set's size, a task costs one ring and one look, and no
//! handle of a task that still runs is ever polled.
//!
//! **Invariants.** (1) A place that holds a handle is either watched by a doorbell that has yet to
//! ring, or on the list of the finished. (2) A place is used anew only after its handle was taken
//! out. (3) Doorbells of tasks that were let go ring in a list that nobody reads any more.
//!
//! By (1) a task that is complete is found; by (2) and (3) a ring names no other task than its own.
//! A list entry whose place is empty, or whose task still runs, is skipped all the same: neither
//! would lose anything.
//!
//! Rejected: an entry of its own with two lists for each task, moved between them under a lock (two
//! more moves a task); a list without a lock (its push is a few nanoseconds, under a lock that a
//! joiner holds as shortly).

mod finished;

#[cfg(all(test, not(loom)))]
mod model_tests;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use self::finished::Finished;
use crate::coop;
use crate::handle::Handle;
use crate::local_set::{self, LocalSet};
use crate::spawn;
use crate::task::{AbortHandle, Id, JoinError, JoinHandle};

/// Tasks that are joined in the order in which they end.
///
/// All tasks give the same type. Dropped, the set aborts those that still run. It takes time and
/// memory for a task when it is spawned and when it is joined, and none in between.
///
/// ```
/// use runtime::task::JoinSet;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut set = JoinSet::new();
/// for number in 1..=3 {
///     set.spawn(async move { number * number });
/// }
/// let mut sum = 0;
/// while let Some(square) = set.join_next().await {
///     sum += square.unwrap();
/// }
/// assert_eq!(sum, 14);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a set that is dropped aborts its tasks"]
pub struct JoinSet<T> {
    places: Vec<Option<JoinHandle<T>>>,
    /// The places without a handle.
    free: Vec<usize>,
    finished: Arc<Finished>,
}

impl<T> JoinSet<T> {
    /// An empty set.
    pub fn new() -> JoinSet<T> {
        JoinSet {
            places: Vec::new(),
            free: Vec::new(),
            finished: Arc::new(Finished::new()),
        }
    }

    /// How many tasks are in the set: those that run and those that were not joined yet.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Whether no task is in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets all tasks go: they run on by themselves, and the set is empty.
    pub fn detach_all(&mut self) {
        // Invariant 3.
        self.finished = Arc::new(Finished::new());
        self.free.clear();
        // Outputs that nobody wants any more are dropped here, with the set in order.
        drop(mem::take(&mut self.places));
    }

    /// Asks all tasks of the set to end; they stay in it until they were joined.
    pub fn abort_all(&mut self) {
        self.abort_each();
    }

    fn abort_each(&self) {
        self.places.iter().flatten().for_each(JoinHandle::abort);
    }

    fn insert(&mut self, mut handle: JoinHandle<T>) -> AbortHandle {
        let abort = handle.abort_handle();
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        if !handle.watch(Finished::doorbell(&self.finished, place)) {
            self.finished.ring(place);
        }
        self.places[place] = Some(handle);
        abort
    }

    /// Takes the task at a place that the list named, if it is complete.
    fn take(&mut self, place: usize) -> Option<(Id, Result<T, JoinError>)> {
        let handle = self.places.get_mut(place)?.as_mut()?;
        let output = handle.take_output()?;
        let id = handle.id();
        self.places[place] = None;
        self.free.push(place);
        if self.is_empty() {
            // So that a set that was large once is not walked for ever.
            self.places.clear();
            self.free.clear();
        }
        Some((id, output))
    }

    fn try_take(&mut self) -> Option<(Id, Result<T, JoinError>)> {
        loop {
            let place = self.finished.pop()?;
            if let Some(joined) = self.take(place) {
                return Some(joined);
            }
        }
    }

    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Id, Result<T, JoinError>)>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        let progress = ready!(coop::poll_proceed(cx));
        loop {
            let place = ready!(self.finished.poll_pop(cx));
            if let Some(joined) = self.take(place) {
                progress.made();
                return Poll::Ready(Some(joined));
            }
        }
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task on the current runtime, into the set.
    ///
    /// # Panics
    /// Outside of any runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(spawn::spawn(task))
    }

    /// Spawns a task on the runtime of `handle`, into the set.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn(task))
    }

    /// Spawns a task on the current [`LocalSet`] or local runtime, into this set.
    ///
    /// # Panics
    /// Outside of any.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(local_set::spawn_local(task))
    }

    /// Spawns a task on `local_set`, into this set. It runs when the local set is next polled.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(local_set.spawn_local(task))
    }

    /// Runs a closure that blocks on the pool of the current runtime, as a member of the set.
    ///
    /// # Panics
    /// Outside of any runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, closure: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(spawn::spawn_blocking(closure))
    }

    /// Runs a closure that blocks on the pool of the runtime of `handle`, as a member of the set.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, closure: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn_blocking(closure))
    }

    /// Waits until a task of the set has ended, and gives its output; `None` if the set is empty.
    ///
    /// # Cancel safety
    /// Lossless: dropped before it is ready, it has taken no task out of the set.
    ///
    /// # Fairness
    /// Tasks are joined in the order in which they ended.
    ///
    /// ```
    /// use runtime::task::JoinSet;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async { 7 });
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 7);
    /// assert!(set.join_next().await.is_none());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// As [`JoinSet::join_next`], with the id of the task; that of a task that failed is in its
    /// error.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// use runtime::task::JoinSet;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// let task = set.spawn(async { 7 });
    /// let (id, output) = set.join_next_with_id().await.unwrap().unwrap();
    /// assert_eq!((id, output), (task.id(), 7));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// The output of a task that has ended; `None` if all still run, or the set is empty.
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.try_take().map(|(_, output)| output)
    }

    /// As [`JoinSet::try_join_next`], with the id of the task.
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.try_take().map(with_id)
    }

    /// The poll of [`JoinSet::join_next`]. Pending: `cx`'s task is woken when a task has ended, or
    /// at once if the budget of the poll is spent.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_take(cx)
            .map(|joined| joined.map(|(_, output)| output))
    }

    /// The poll of [`JoinSet::join_next_with_id`].
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        self.poll_take(cx).map(|joined| joined.map(with_id))
    }

    /// Aborts all tasks, and waits until each has ended.
    ///
    /// # Cancel safety
    /// Resumable: the first poll aborts all tasks; those that have not ended are still in the set.
    ///
    /// ```
    /// use runtime::task::JoinSet;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.shutdown().await;
    /// assert!(set.is_empty());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Waits for all tasks, and gives their outputs in the order in which they ended.
    ///
    /// # Panics
    /// With the panic of the first task that panics, and if one was aborted. The other tasks are
    /// then aborted.
    ///
    /// # Cancel safety
    /// Lossy: all tasks are aborted, and the outputs so far are lost.
    ///
    /// ```
    /// use runtime::task::JoinSet;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let set: JoinSet<u32> = (0..4).map(|number| async move { number }).collect();
    /// let mut outputs = set.join_all().await;
    /// outputs.sort_unstable();
    /// assert_eq!(outputs, [0, 1, 2, 3]);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(joined) = self.join_next().await {
            match joined.map_err(JoinError::try_into_panic) {
                Ok(output) => outputs.push(output),
                Err(Ok(payload)) => panic::resume_unwind(payload),
                Err(Err(error)) => panic!("{error}"),
            }
        }
        outputs
    }
}

fn with_id<T>((id, output): (Id, Result<T, JoinError>)) -> Result<(Id, T), JoinError> {
    output.map(|output| (id, output))
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.abort_each();
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> JoinSet<T> {
        JoinSet::new()
    }
}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    /// Spawns each future on the current runtime.
    ///
    /// # Panics
    /// Outside of any runtime, if there is a future.
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> JoinSet<T> {
        let mut set = JoinSet::new();
        set.extend(futures);
        set
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    /// Spawns each future on the current runtime.
    ///
    /// # Panics
    /// Outside of any runtime, if there is a future.
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        for future in futures {
            self.spawn(future);
        }
    }
}
