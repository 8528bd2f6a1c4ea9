//! Orders of events, and the one future that is driven through them.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use runtime::runtime::{Builder, Runtime};
use runtime::task::yield_now;
use runtime::time::{sleep, timeout};

/// So many polls stand in each order among what the peer does.
const POLLS: usize = 3;

/// So many there are at most when the peer has done everything: whoever is not ready by then waits for
/// something that no poll brings.
const POLLS_MAX: usize = 16;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Poll,
    /// The peer's next step.
    Step,
}

/// What the peer does, in this order.
pub(crate) type Steps<'a, P> = &'a [fn(&mut P)];

/// One thread for tasks, and one for blocking closures, so that those run in turn.
pub(crate) fn one_of_each() -> Runtime {
    let mut builder = Builder::new_current_thread();
    let builder = builder.max_blocking_threads(1);
    builder.build().expect("a runtime")
}

/// Every sequence of up to [`POLLS`] polls and up to `steps` steps. The drop comes at its end.
pub(crate) fn orders(steps: usize) -> Vec<Vec<Event>> {
    let mut all = vec![Vec::new()];
    let mut at = 0;
    while at < all.len() {
        let before: Vec<Event> = all[at].clone();
        let count = |event| before.iter().filter(|it| **it == event).count();
        let next = [(Event::Poll, POLLS), (Event::Step, steps)];
        for (event, most) in next {
            if count(event) < most {
                let mut longer = before.clone();
                longer.push(event);
                all.push(longer);
            }
        }
        at += 1;
    }
    all
}

/// All steps, then more polls than in any of [`orders`].
fn longer_orders(steps: usize) -> impl Iterator<Item = Vec<Event>> {
    (POLLS + 1..=POLLS_MAX).map(move |polls| {
        let polls = std::iter::repeat_n(Event::Poll, polls);
        std::iter::repeat_n(Event::Step, steps)
            .chain(polls)
            .collect()
    })
}

pub(crate) async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|cx| {
        Poll::Ready(match future.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// The system's events and the threads' results have their chance to arrive. Nothing relies on it:
/// if they come later, another order is tried.
pub(crate) async fn settle() {
    yield_now().await;
    sleep(Duration::from_micros(100)).await;
}

/// Ends, or the test fails.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("it goes on")
}

/// What came of a future that was driven through one order and dropped.
#[derive(Debug)]
pub(crate) struct Dropped<R> {
    /// It ended before the drop.
    pub(crate) output: Option<R>,
    /// How often it was polled.
    pub(crate) polls: usize,
}

/// For each order: makes the subject of `op` and its peer, drives a future of `op` through it, drops
/// that, lets the peer do the rest of its steps, and leaves the verdict to `judge`. Longer orders are
/// tried until one comes to the future's end before its own.
pub(crate) fn case<S, P, R>(
    make: impl AsyncFn() -> (S, P),
    steps: Steps<'_, P>,
    op: impl AsyncFn(&mut S) -> R,
    judge: impl AsyncFn(&mut S, &mut P, Dropped<R>),
) {
    let runtime = one_of_each();
    let polls = |order: &[Event]| order.iter().filter(|it| **it == Event::Poll).count();
    let run = |order: &[Event]| {
        let told = Told(order);
        let ended = runtime.block_on(async {
            let (mut subject, mut peer) = within(make()).await;
            let dropped = drive(order, &mut subject, &mut peer, steps, &op).await;
            let ended = dropped.output.is_some() && dropped.polls < polls(order);
            within(judge(&mut subject, &mut peer, dropped)).await;
            ended
        });
        std::mem::forget(told);
        ended
    };
    for order in orders(steps.len()) {
        run(&order);
    }
    let _ = longer_orders(steps.len()).find(|order| run(order));
}

/// Says which order failed.
struct Told<'a>(&'a [Event]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        eprintln!("in the order {:?}", self.0);
    }
}

async fn drive<S, P, R>(
    order: &[Event],
    subject: &mut S,
    peer: &mut P,
    steps: Steps<'_, P>,
    op: &impl AsyncFn(&mut S) -> R,
) -> Dropped<R> {
    let mut dropped = Dropped {
        output: None,
        polls: 0,
    };
    let mut rest = steps.iter();
    {
        let mut future = pin!(op(subject));
        for event in order {
            match event {
                Event::Poll if dropped.output.is_none() => {
                    dropped.polls += 1;
                    dropped.output = poll_once(future.as_mut()).await;
                }
                Event::Poll => (),
                Event::Step => rest.next().expect("as many as in the order")(peer),
            }
            settle().await;
        }
    }
    rest.for_each(|step| step(peer));
    settle().await;
    dropped
}

/// Lossless: dropped anywhere and done anew, it gives what it gives undisturbed; `left` looks at
/// what is left behind.
pub(crate) fn lossless<S, P, R: Debug + PartialEq>(
    make: impl AsyncFn() -> (S, P),
    steps: Steps<'_, P>,
    op: impl AsyncFn(&mut S) -> R,
    expected: R,
    left: impl Fn(&mut S, &mut P),
) {
    let judge = async |subject: &mut S, peer: &mut P, dropped: Dropped<R>| {
        let output = match dropped.output {
            Some(output) => output,
            None => op(subject).await,
        };
        assert_eq!(output, expected);
        left(subject, peer);
    };
    case(make, steps, &op, judge);
}

/// Nothing is left that could have been doubled.
pub(crate) fn nothing<S, P>(_: &mut S, _: &mut P) {}

#[test]
fn orders_are_all_there_are() {
    // One poll more each, at every place of one step.
    assert_eq!(orders(0).len(), POLLS + 1);
    // With the step nowhere, or behind 0 … k of k polls.
    assert_eq!(orders(1).len(), POLLS + 1 + (1..=POLLS + 1).sum::<usize>());
    let longer: Vec<usize> = longer_orders(2).map(|order| order.len()).collect();
    assert_eq!((longer[0], longer.len()), (POLLS + 3, POLLS_MAX - POLLS));
}
