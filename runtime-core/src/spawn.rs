//! Starting work: tasks, blocking closures, blocking in place, and giving way.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::context;
use crate::handle::BOX_FUTURES_ABOVE;
use crate::scheduler;
use crate::task::JoinHandle;

/// Starts a task on the current runtime; it runs whether or not the handle is awaited.
///
/// The task is never polled inside this call. When its handle is dropped it goes on by itself; when
/// the runtime ends it is dropped.
///
/// # Panics
/// Outside of any runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let spawned_at = Location::caller();
    let spawned = if size_of::<F>() > BOX_FUTURES_ABOVE {
        scheduler::spawn_here(Box::pin(future), spawned_at)
    } else {
        scheduler::spawn_here(future, spawned_at)
    };
    match spawned {
        Some(handle) => handle,
        None => context::no_runtime("spawn"),
    }
}

/// Runs a closure that blocks on a thread of the blocking pool of the current runtime.
///
/// # Panics
/// Outside of any runtime.
#[track_caller]
pub fn spawn_blocking<F, R>(closure: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    context::current_or_panic("spawn_blocking").spawn_blocking(closure)
}

/// Runs a closure that blocks right here, after handing this thread's slot and its queue to another
/// thread.
///
/// The other branches of the same task (of a `join!` or `select!`) wait meanwhile. Outside of a
/// runtime it just calls the closure.
///
/// # Panics
/// On a current-thread runtime, where nobody could take over: in its tasks and in its `block_on`, but
/// not in that of a [`Handle`](crate::handle::Handle::block_on).
#[track_caller]
pub fn block_in_place<F, R>(closure: F) -> R
where
    F: FnOnce() -> R,
{
    scheduler::block_in_place(closure)
}

/// Lets the other tasks run: the calling task goes to the back of its queue.
///
/// # Cancel safety
/// Lossless: dropping it does nothing.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// runtime::spawn(async { println!("has its turn") });
/// runtime::task::yield_now().await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn yield_now() {
    YieldNow { yielded: false }.await;
}

struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
