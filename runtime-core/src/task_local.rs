//! Values that belong to a task as a thread-local belongs to a thread.
//!
//! The value lives in the future that [`LocalKey::scope`] makes. While that future is polled, or
//! dropped, value and thread-local have changed places: so `with` costs what a thread-local costs,
//! and the task may move between threads from one poll to the next.
//!
//! **Invariants.** L1: whoever enters leaves again, also by a panic (`Entered`), so that scopes
//! nest: each one puts back what it found. L2: the cell is borrowed mutably only for the exchange,
//! in which no code of the user runs. L3: what `with` lends is borrowed: a scope of the same key
//! cannot be entered meanwhile, it panics.
//!
//! **Rejected**: a map from key to value in the task's header (an allocation a value, and a key
//! would be looked up at each access; here it is an address).

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

/// The key of a task-local value, declared by `task_local!`.
///
/// Unlike a thread-local it has no initial value: it has one inside of [`scope`](Self::scope) or
/// [`sync_scope`](Self::sync_scope) only. A task that is spawned there does not inherit it.
///
/// ```
/// runtime::task_local! {
///     static REQUEST: u32;
/// }
///
/// # runtime::Runtime::new()?.block_on(async {
/// async fn answer() -> String {
///     format!("answer to {}", REQUEST.get())
/// }
///
/// let first = runtime::spawn(REQUEST.scope(1, answer()));
/// let second = runtime::spawn(REQUEST.scope(2, answer()));
/// assert_eq!(first.await.unwrap(), "answer to 1");
/// assert_eq!(second.await.unwrap(), "answer to 2");
/// assert!(REQUEST.try_get().is_err());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct LocalKey<T: 'static> {
    cell: thread::LocalKey<RefCell<Option<T>>>,
}

impl<T: 'static> LocalKey<T> {
    /// For the expansion of `task_local!`.
    #[doc(hidden)]
    pub const fn new(cell: thread::LocalKey<RefCell<Option<T>>>) -> LocalKey<T> {
        LocalKey { cell }
    }

    /// A future that runs `future` with this key set to `value`.
    ///
    /// Also the destructor of `future` sees the value. An inner scope of the same key hides it.
    ///
    /// # Panics
    /// When it is polled inside of a [`with`](Self::with) of the same key.
    ///
    /// # Cancel safety
    /// Lossless: a drop loses what the future's own drop does; the value is dropped after it.
    ///
    /// ```
    /// runtime::task_local! {
    ///     static NUMBER: u32;
    /// }
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let sum = NUMBER.scope(1, async {
    ///     let inner = NUMBER.scope(2, async { NUMBER.get() }).await;
    ///     inner + NUMBER.get()
    /// });
    /// assert_eq!(sum.await, 3);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scope<F>(&'static self, value: T, future: F) -> TaskLocalFuture<T, F>
    where
        F: Future,
    {
        TaskLocalFuture {
            key: self,
            value: Some(value),
            future: Some(future),
            _pinned: PhantomPinned,
        }
    }

    /// Calls a closure with this key set to `value`.
    ///
    /// # Panics
    /// Inside of a [`with`](Self::with) of the same key, and in a thread whose locals are gone.
    #[track_caller]
    pub fn sync_scope<F, R>(&'static self, value: T, closure: F) -> R
    where
        F: FnOnce() -> R,
    {
        let mut value = Some(value);
        let _entered = match self.enter(&mut value) {
            Ok(entered) => entered,
            Err(refusal) => refusal.panic(),
        };
        closure()
    }

    /// Lends the value to a closure.
    ///
    /// # Panics
    /// Where the key is not set.
    #[track_caller]
    pub fn with<F, R>(&'static self, closure: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        match self.try_with(closure) {
            Ok(result) => result,
            Err(_) => panic!("cannot access a task-local storage value without setting it first"),
        }
    }

    /// Lends the value to a closure, where there is one.
    ///
    /// # Errors
    /// Where the key is not set; the closure is then not called.
    pub fn try_with<F, R>(&'static self, closure: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        let result = self
            .cell
            .try_with(|cell| cell.borrow().as_ref().map(closure));
        // A thread whose locals are gone is outside of all scopes.
        result.ok().flatten().ok_or(AccessError { _private: () })
    }

    /// Puts the value into the thread-local until the guard is dropped.
    fn enter<'a>(&'static self, value: &'a mut Option<T>) -> Result<Entered<'a, T>, Refusal> {
        self.exchange(value)?;
        Ok(Entered { key: self, value })
    }

    fn exchange(&'static self, value: &mut Option<T>) -> Result<(), Refusal> {
        let exchanged = self.cell.try_with(|cell| match cell.try_borrow_mut() {
            Ok(mut current) => {
                mem::swap(&mut *current, value);
                Ok(())
            }
            Err(_) => Err(Refusal::Borrowed),
        });
        exchanged.unwrap_or(Err(Refusal::Gone))
    }
}

impl<T: Clone + 'static> LocalKey<T> {
    /// A clone of the value.
    ///
    /// # Panics
    /// Where the key is not set.
    #[track_caller]
    pub fn get(&'static self) -> T {
        self.with(T::clone)
    }

    /// A clone of the value, where there is one.
    ///
    /// # Errors
    /// Where the key is not set.
    pub fn try_get(&'static self) -> Result<T, AccessError> {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("LocalKey { .. }")
    }
}

/// Puts back what the thread-local held before, and the value where it came from (L1).
struct Entered<'a, T: 'static> {
    key: &'static LocalKey<T>,
    value: &'a mut Option<T>,
}

impl<T: 'static> Drop for Entered<'_, T> {
    fn drop(&mut self) {
        // It went well on the way in, nobody can hold a borrow of the cell beyond a call of `with`,
        // and a thread's locals do not go while one of its calls is still below us.
        let exchanged = self.key.exchange(self.value);
        debug_assert!(exchanged.is_ok(), "a scope is left as it was entered");
    }
}

/// Why a scope cannot be entered.
enum Refusal {
    Borrowed,
    Gone,
}

impl Refusal {
    #[cold]
    #[track_caller]
    fn panic(self) -> ! {
        match self {
            Refusal::Borrowed => {
                panic!("cannot enter a task-local scope while the task-local storage is borrowed")
            }
            Refusal::Gone => panic!(
                "cannot enter a task-local scope during or after destruction of the underlying \
                 thread-local"
            ),
        }
    }
}

pin_project! {
    /// Runs a future with a [`LocalKey`] set; made by [`LocalKey::scope`].
    ///
    /// ```
    /// runtime::task_local! {
    ///     static NAME: String;
    /// }
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut length = Box::pin(NAME.scope("seat".into(), async { NAME.with(String::len) }));
    /// assert_eq!(length.as_mut().await, 4);
    /// assert_eq!(length.as_mut().take_value().unwrap(), "seat");
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct TaskLocalFuture<T, F>
    where
        T: 'static,
    {
        key: &'static LocalKey<T>,
        value: Option<T>,
        #[pin]
        future: Option<F>,
        // Open for a later form in which the key points at the value.
        #[pin]
        _pinned: PhantomPinned,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalFuture<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if mem::needs_drop::<F>() && this.future.is_some() {
                // Where the scope is refused the future is dropped all the same, as a field.
                if let Ok(_entered) = this.key.enter(this.value) {
                    this.future.set(None);
                }
            }
        }
    }
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// Takes the value out; a future that still runs does without it from then on.
    ///
    /// `None` if it was taken before.
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _entered = match this.key.enter(this.value) {
            Ok(entered) => entered,
            Err(refusal) => refusal.panic(),
        };
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("`TaskLocalFuture` polled after completion");
        };
        let output = future.poll(cx);
        if output.is_ready() {
            // Its destructor sees the value too.
            this.future.set(None);
        }
        output
    }
}

impl<T: 'static + fmt::Debug, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("TaskLocalFuture");
        match &self.value {
            Some(value) => debug.field("value", value),
            None => debug.field("value", &format_args!("<missing>")),
        };
        debug.finish()
    }
}

/// The key has no value here: the answer of [`LocalKey::try_with`] and [`LocalKey::try_get`].
///
/// ```
/// runtime::task_local! {
///     static KEY: u32;
/// }
///
/// let error = KEY.try_get().unwrap_err();
/// assert_eq!(error.to_string(), "task-local value not set");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessError {
    _private: (),
}

impl fmt::Debug for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessError").finish()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("task-local value not set")
    }
}

impl Error for AccessError {}
