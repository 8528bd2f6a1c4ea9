//! Futures that run side by side in one task until all are done, or one has failed.
//!
//! A [`Branch`] is a future and, from its end on, its output: the future is dropped when it ends,
//! not when the last one does. [`Join`] and [`TryJoin`] poll each branch that is not done once a
//! poll.
//!
//! **Fairness.** The first branch of a poll may use up the task's budget, and then none of the
//! others gets anything done. So each poll begins with the branch after the one that the last poll
//! began with ([`InTurn`]), unless the user has asked for the written order ([`InOrder`]).

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

pin_project! {
    /// A future, or the output that it left.
    // The output is a parameter of its own, so that a type that is no future has one error only.
    pub struct Branch<F, T> {
        #[pin]
        state: State<F, T>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, T> {
        Running { #[pin] future: F },
        // The output, until it is taken.
        Done { output: Option<T> },
    }
}

/// A branch that starts with what can be awaited.
#[inline]
pub fn branch<F: IntoFuture>(future: F) -> Branch<F::IntoFuture, F::Output> {
    let future = future.into_future();
    Branch {
        state: State::Running { future },
    }
}

impl<F: Future> JoinFutures for Branch<F, F::Output> {
    type Outputs = F::Output;

    const COUNT: u32 = 1;

    /// Polls the future if it has not ended.
    #[inline]
    fn poll_branch(self: Pin<&mut Self>, _index: u32, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.project().state;
        if let StateProjection::Running { future } = state.as_mut().project() {
            let output = Some(ready!(future.poll(cx)));
            state.set(State::Done { output });
        }
        Poll::Ready(())
    }

    #[inline]
    fn take(self: Pin<&mut Self>) -> F::Output {
        match self.project().state.project() {
            StateProjection::Done { output } => output.take().expect("an output is taken once"),
            StateProjection::Running { .. } => unreachable!("all branches are done"),
        }
    }
}

impl<F, T> fmt::Debug for Branch<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_done = matches!(self.state, State::Done { .. });
        f.debug_struct("Branch").field("is_done", &is_done).finish()
    }
}

/// A future whose output is a `Result`.
pub trait Fallible: Future<Output = Result<Self::Success, Self::Error>> {
    /// What it gives if it succeeds.
    type Success;
    /// What it gives if it fails.
    type Error;
}

impl<F, T, E> Fallible for F
where
    F: Future<Output = Result<T, E>>,
{
    type Success = T;
    type Error = E;
}

impl<F: Fallible> TryJoinFutures for Branch<F, F::Output> {
    type Outputs = F::Success;
    type Error = F::Error;

    const COUNT: u32 = 1;

    /// Polls the future if it has not ended; hands out its error at once.
    #[inline]
    fn poll_branch(
        self: Pin<&mut Self>,
        _index: u32,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), F::Error>> {
        let mut state = self.project().state;
        let StateProjection::Running { future } = state.as_mut().project() else {
            return Poll::Ready(Ok(()));
        };
        match ready!(future.poll(cx)) {
            Ok(success) => {
                let output = Some(Ok(success));
                state.set(State::Done { output });
                Poll::Ready(Ok(()))
            }
            Err(error) => {
                state.set(State::Done { output: None });
                Poll::Ready(Err(error))
            }
        }
    }

    #[inline]
    fn take(self: Pin<&mut Self>) -> F::Success {
        match JoinFutures::take(self) {
            Ok(success) => success,
            Err(_) => unreachable!("an error is handed out at once"),
        }
    }
}

/// A branch, or a tuple of branches or of such tuples, as [`Join`] sees it.
#[diagnostic::on_unimplemented(
    message = "`join!` takes at most 64 futures",
    note = "`join!(join!(…), join!(…))` takes more, `task::JoinSet` any number"
)]
pub trait JoinFutures {
    /// The outputs, in the same places.
    type Outputs;

    /// How many they are.
    const COUNT: u32;

    /// Polls one of them; ready when it is done.
    fn poll_branch(self: Pin<&mut Self>, index: u32, cx: &mut Context<'_>) -> Poll<()>;

    /// The outputs, when all are done.
    fn take(self: Pin<&mut Self>) -> Self::Outputs;
}

/// The same of branches that may fail, as [`TryJoin`] sees it.
#[diagnostic::on_unimplemented(
    message = "`try_join!` takes at most 64 futures, each of a `Result` with the same error type"
)]
pub trait TryJoinFutures {
    /// What they give if all succeed, in the same places.
    type Outputs;
    /// What the first to fail gives.
    type Error;

    /// How many they are.
    const COUNT: u32;

    /// Polls one of them; ready when it is done.
    fn poll_branch(
        self: Pin<&mut Self>,
        index: u32,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Self::Error>>;

    /// The outputs, when all have succeeded.
    fn take(self: Pin<&mut Self>) -> Self::Outputs;
}

/// Which branch a poll begins with.
pub trait Turn: Unpin {
    /// The index for this poll, of `count` branches.
    fn next(&mut self, count: u32) -> u32;
}

/// Each branch is the first in turn.
#[derive(Debug)]
pub struct InTurn {
    next: u32,
}

impl Turn for InTurn {
    #[inline]
    fn next(&mut self, count: u32) -> u32 {
        let first = self.next;
        self.next = successor(first, count);
        first
    }
}

/// The branch that is written first is always the first.
#[derive(Debug)]
pub struct InOrder;

impl Turn for InOrder {
    #[inline]
    fn next(&mut self, _count: u32) -> u32 {
        0
    }
}

#[inline]
fn successor(index: u32, count: u32) -> u32 {
    if index + 1 == count { 0 } else { index + 1 }
}

/// All outputs.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Join<'a, B, T> {
    branches: Pin<&'a mut B>,
    turn: T,
}

/// The branches begin in turn.
#[inline]
pub fn join<B: JoinFutures>(branches: Pin<&mut B>) -> Join<'_, B, InTurn> {
    let turn = InTurn { next: 0 };
    Join { branches, turn }
}

/// The branches are polled in the order in which they are written.
#[inline]
pub fn join_in_order<B: JoinFutures>(branches: Pin<&mut B>) -> Join<'_, B, InOrder> {
    let turn = InOrder;
    Join { branches, turn }
}

impl<B: JoinFutures, T: Turn> Future for Join<'_, B, T> {
    type Output = B::Outputs;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<B::Outputs> {
        let this = &mut *self;
        let mut index = this.turn.next(B::COUNT);
        let mut all_done = true;
        for _ in 0..B::COUNT {
            all_done &= this.branches.as_mut().poll_branch(index, cx).is_ready();
            index = successor(index, B::COUNT);
        }
        if all_done {
            Poll::Ready(this.branches.as_mut().take())
        } else {
            Poll::Pending
        }
    }
}

/// All outputs, or the first error.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct TryJoin<'a, B, T> {
    branches: Pin<&'a mut B>,
    turn: T,
}

/// The branches begin in turn.
#[inline]
pub fn try_join<B: TryJoinFutures>(branches: Pin<&mut B>) -> TryJoin<'_, B, InTurn> {
    let turn = InTurn { next: 0 };
    TryJoin { branches, turn }
}

/// The branches are polled in the order in which they are written.
#[inline]
pub fn try_join_in_order<B: TryJoinFutures>(branches: Pin<&mut B>) -> TryJoin<'_, B, InOrder> {
    let turn = InOrder;
    TryJoin { branches, turn }
}

impl<B: TryJoinFutures, T: Turn> Future for TryJoin<'_, B, T> {
    type Output = Result<B::Outputs, B::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut index = this.turn.next(B::COUNT);
        let mut all_done = true;
        for _ in 0..B::COUNT {
            match this.branches.as_mut().poll_branch(index, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => all_done = false,
            }
            index = successor(index, B::COUNT);
        }
        if all_done {
            Poll::Ready(Ok(this.branches.as_mut().take()))
        } else {
            Poll::Pending
        }
    }
}
