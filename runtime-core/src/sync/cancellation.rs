//! Tokens that tell tasks to end, in a tree.
//!
//! **State.** A token is a node of a tree. A node has a *gate*, a semaphore without permits that is
//! closed when the node is cancelled (who waits for the end waits for a permit), a link to its
//! parent that owns it, and under a lock its children, which it does not own.
//!
//! **Invariants.** C1: a gate is closed once and never opens. C2: a live child is among its parent's
//! children from the moment it was made, unless the parent's gate was closed by then; a child that
//! goes takes itself out. C3: when `cancel` returns, the gates of all that were below the node when
//! it began, and are still there, are closed.
//!
//! **Steps.** Cancel, for each node of the subtree: (1) close the gate; (2) under the lock take the
//! children out; (3) the same for each of them. New child: under the parent's lock, (a) is the gate
//! closed, close the child's; (b) else enter it among the children.
//!
//! **No child is missed**: (2) and (a), (b) are under one lock. Is (b) first, (2) finds the child.
//! Is (2) first, (1) came before it, and (a) sees the gate closed. That a closed gate ends every wait
//! is the semaphore's proof.
//!
//! No foreign code runs under the lock; a waker that panics keeps nobody else from being cancelled,
//! and its panic is passed on at the end. Neither a deep tree's end nor its cancelling recurses.
//!
//! Rejected: children that are owned (a token that is made for each request would never go); a flag
//! and a queue of its own (the semaphore has both, with their models).

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::{Hash, Hasher};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::raw_semaphore::{Acquire, RawSemaphore};
use crate::loom::Mutex;
use crate::util::foreign;

/// Tells any number of tasks to end; its children are told with it.
///
/// A clone is the same token, and equal to it. [`child_token`](CancellationToken::child_token) makes
/// one that ends with this one, and can be cancelled by itself. Tokens need no runtime. Dropping a
/// token cancels nothing: see [`drop_guard`](CancellationToken::drop_guard).
///
/// ```
/// use runtime::sync::CancellationToken;
/// use runtime::time::{Duration, sleep};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let token = CancellationToken::new();
/// let of_request = token.child_token();
/// let request = runtime::spawn(async move {
///     runtime::select! {
///         () = sleep(Duration::from_secs(60)) => "done",
///         () = of_request.cancelled() => "cancelled",
///     }
/// });
/// token.cancel();
/// assert_eq!(request.await.unwrap(), "cancelled");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct CancellationToken {
    node: Arc<Node>,
}

struct Node {
    gate: RawSemaphore,
    children: Mutex<Children>,
    /// And this node's number among the parent's children.
    parent: Option<(Arc<Node>, u64)>,
}

#[derive(Default)]
struct Children {
    next: u64,
    live: BTreeMap<u64, Weak<Node>>,
}

impl CancellationToken {
    /// A token without a parent.
    pub fn new() -> CancellationToken {
        CancellationToken {
            node: Arc::new(Node::new(None)),
        }
    }

    /// A token that is cancelled with this one, at once if this one is.
    ///
    /// It keeps this one's place in memory as long as it lives: who derives each token from the last,
    /// for ever, keeps them all. One from which all are derived keeps only those that are held.
    pub fn child_token(&self) -> CancellationToken {
        let mut children = self.node.children.lock();
        let number = children.next;
        let node = Arc::new(Node::new(Some((Arc::clone(&self.node), number))));
        // Step (a). Nobody waits for the child yet: closing it runs no foreign code.
        if self.is_cancelled() {
            node.gate.close();
        } else {
            children.next += 1;
            children.live.insert(number, Arc::downgrade(&node));
        }
        drop(children);
        CancellationToken { node }
    }

    /// Cancels this token and all below it. Again is the same as once.
    ///
    /// # Panics
    /// If a waker of somebody who waits panics: then at the end, after all were told.
    pub fn cancel(&self) {
        let mut outcome = Ok(());
        let mut rest = vec![Arc::clone(&self.node)];
        while let Some(node) = rest.pop() {
            outcome = outcome.and(foreign::call(|| node.gate.close()));
            let children = mem::take(&mut node.children.lock().live);
            rest.extend(children.into_values().filter_map(|child| child.upgrade()));
        }
        if let Err(panic) = outcome {
            panic.resume();
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.node.gate.is_closed()
    }

    /// Waits until it is cancelled.
    ///
    /// # Cancel safety
    /// Lossless: it only waits.
    ///
    /// ```
    /// use runtime::sync::CancellationToken;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let token = CancellationToken::new();
    /// token.cancel();
    /// token.cancelled().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        WaitForCancellationFuture {
            gate: self.node.gate.acquire(1),
            is_over: false,
        }
    }

    /// As [`cancelled`](CancellationToken::cancelled), for a future that has to own the token.
    ///
    /// # Cancel safety
    /// Lossless: it only waits.
    ///
    /// ```
    /// use runtime::sync::CancellationToken;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let token = CancellationToken::new();
    /// let ended = runtime::spawn(token.clone().cancelled_owned());
    /// token.cancel();
    /// ended.await.unwrap();
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cancelled_owned(self) -> WaitForCancellationFutureOwned {
        WaitForCancellationFutureOwned {
            cancelled: Some(Box::pin(async move { self.cancelled().await })),
        }
    }

    /// Runs a future until it is ready, or `None` when the token is cancelled before; then the
    /// future is dropped where it stands, and not polled at all if the token was cancelled already.
    ///
    /// A future that is ready when the token is cancelled too has come first: nothing that it was given
    /// is lost.
    ///
    /// # Cancel safety
    /// Lossless: a drop loses what the future's own drop does.
    ///
    /// ```
    /// use runtime::sync::CancellationToken;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let token = CancellationToken::new();
    /// assert_eq!(token.run_until_cancelled(async { 7 }).await, Some(7));
    /// token.cancel();
    /// assert_eq!(token.run_until_cancelled(async { 7 }).await, None);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut cancelled = pin!(self.cancelled());
        if self.is_cancelled() {
            return None;
        }
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            // A future that uses the whole budget up, each time, leaves none for the second look.
            if self.is_cancelled() || cancelled.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }

    /// As [`run_until_cancelled`](CancellationToken::run_until_cancelled), for a future that has to
    /// own the token.
    ///
    /// # Cancel safety
    /// Lossless: a drop loses what the future's own drop does.
    ///
    /// ```
    /// use runtime::sync::CancellationToken;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let token = CancellationToken::new();
    /// let waits = token.clone().run_until_cancelled_owned(std::future::pending::<()>());
    /// let waits = runtime::spawn(waits);
    /// token.cancel();
    /// assert_eq!(waits.await.unwrap(), None);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn run_until_cancelled_owned<F: Future>(self, future: F) -> Option<F::Output> {
        self.run_until_cancelled(future).await
    }

    /// Cancels the token when the guard is dropped, however its scope is left.
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: Some(self) }
    }

    /// As [`drop_guard`](CancellationToken::drop_guard), with the token borrowed.
    pub fn drop_guard_ref(&self) -> DropGuardRef<'_> {
        DropGuardRef { token: Some(self) }
    }
}

/// Equal are tokens that are one: clones of each other. A child is another token.
impl PartialEq for CancellationToken {
    fn eq(&self, other: &CancellationToken) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }
}

impl Eq for CancellationToken {}

impl Hash for CancellationToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.node).hash(state);
    }
}

impl Default for CancellationToken {
    fn default() -> CancellationToken {
        CancellationToken::new()
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken")
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

impl Node {
    fn new(parent: Option<(Arc<Node>, u64)>) -> Node {
        Node {
            gate: RawSemaphore::new(0),
            children: Mutex::new(Children::default()),
            parent,
        }
    }
}

impl Drop for Node {
    /// Takes itself out of its parent, and so on upwards while it was the last to own it.
    fn drop(&mut self) {
        let mut above = self.parent.take();
        while let Some((parent, number)) = above {
            parent.children.lock().live.remove(&number);
            above = Arc::into_inner(parent).and_then(|mut parent| parent.parent.take());
        }
    }
}

pin_project! {
    /// The future of [`CancellationToken::cancelled`]. Once it is ready it stays so.
    ///
    /// ```
    /// use std::pin::pin;
    /// use runtime::sync::CancellationToken;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let token = CancellationToken::new();
    /// let mut cancelled = pin!(token.cancelled());
    /// token.cancel();
    /// cancelled.as_mut().await;
    /// cancelled.await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitForCancellationFuture<'a> {
        #[pin]
        gate: Acquire<'a>,
        is_over: bool,
    }
}

impl Future for WaitForCancellationFuture<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if !*this.is_over {
            let closed = ready!(this.gate.poll(cx));
            debug_assert!(closed.is_err(), "a gate has no permits");
            *this.is_over = true;
        }
        Poll::Ready(())
    }
}

/// The future of [`CancellationToken::cancelled_owned`]. Once it is ready it stays so.
///
/// ```
/// use runtime::sync::{CancellationToken, WaitForCancellationFutureOwned};
///
/// struct Connection {
///     end: WaitForCancellationFutureOwned,
/// }
///
/// # runtime::Runtime::new()?.block_on(async {
/// let token = CancellationToken::new();
/// let connection = Connection { end: token.clone().cancelled_owned() };
/// token.cancel();
/// connection.end.await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct WaitForCancellationFutureOwned {
    /// In a box, since it borrows what it owns.
    cancelled: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
}

impl Future for WaitForCancellationFutureOwned {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(cancelled) = &mut self.cancelled {
            ready!(cancelled.as_mut().poll(cx));
            self.cancelled = None;
        }
        Poll::Ready(())
    }
}

impl fmt::Debug for WaitForCancellationFutureOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCancellationFutureOwned")
            .field("is_over", &self.cancelled.is_none())
            .finish_non_exhaustive()
    }
}

const TAKEN_AT_THE_END: &str = "it is taken once, by the guard's end";

/// Cancels its token when it is dropped.
///
/// ```
/// use runtime::sync::CancellationToken;
///
/// let token = CancellationToken::new();
/// {
///     let _guard = token.clone().drop_guard();
/// }
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it cancels at once"]
pub struct DropGuard {
    token: Option<CancellationToken>,
}

impl DropGuard {
    /// The token that it guards.
    pub fn token(&self) -> &CancellationToken {
        self.token.as_ref().expect(TAKEN_AT_THE_END)
    }

    /// Gives the token back, which is then not cancelled by this guard.
    pub fn disarm(mut self) -> CancellationToken {
        self.token.take().expect(TAKEN_AT_THE_END)
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel();
        }
    }
}

/// Cancels the token that it borrows when it is dropped.
///
/// ```
/// use runtime::sync::CancellationToken;
///
/// let token = CancellationToken::new();
/// {
///     let _guard = token.drop_guard_ref();
/// }
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it cancels at once"]
pub struct DropGuardRef<'a> {
    token: Option<&'a CancellationToken>,
}

impl<'a> DropGuardRef<'a> {
    /// The token that it guards.
    pub fn token(&self) -> &CancellationToken {
        self.token.expect(TAKEN_AT_THE_END)
    }

    /// Gives the token back, which is then not cancelled by this guard.
    pub fn disarm(mut self) -> &'a CancellationToken {
        self.token.take().expect(TAKEN_AT_THE_END)
    }
}

impl Drop for DropGuardRef<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            token.cancel();
        }
    }
}
