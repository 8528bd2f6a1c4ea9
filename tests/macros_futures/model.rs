//! `select!` and `join!` against a sequential model: futures that are ready at random polls,
//! patterns and guards that disable at random, and a cancellation at a random poll.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use proptest::prelude::*;

use crate::poll;

/// One branch: at which of its polls it is ready, whether its pattern then matches, its guard.
#[derive(Debug, Clone, Copy)]
struct Plan {
    ready_at: u32,
    matches: bool,
    enabled: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    (1_u32..6, any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(ready_at, matches, enabled)| {
        Plan {
            ready_at,
            matches,
            enabled,
        }
    })
}

/// Counts its polls and drops.
struct Planned<'a> {
    plan: Plan,
    polls: &'a Cell<u32>,
    drops: &'a Cell<u32>,
}

impl Future for Planned<'_> {
    type Output = Option<u32>;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<u32>> {
        self.polls.set(self.polls.get() + 1);
        assert!(
            self.polls.get() <= self.plan.ready_at,
            "polled after its end"
        );
        if self.polls.get() < self.plan.ready_at {
            return Poll::Pending;
        }
        Poll::Ready(self.plan.matches.then_some(self.plan.ready_at))
    }
}

impl Drop for Planned<'_> {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
    }
}

/// How a `select!` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Branch(usize, u32),
    Otherwise,
    Cancelled,
}

/// What the counters say afterwards.
type Counts = [(u32, u32); 4];

#[derive(Default)]
struct Counters {
    polls: [Cell<u32>; 4],
    drops: [Cell<u32>; 4],
}

impl Counters {
    fn future(&self, index: usize, plan: Plan) -> Planned<'_> {
        let (polls, drops) = (&self.polls[index], &self.drops[index]);
        Planned { plan, polls, drops }
    }

    fn read(&self) -> Counts {
        std::array::from_fn(|index| (self.polls[index].get(), self.drops[index].get()))
    }
}

/// Polls a future at most so often, then drops it.
fn drive<F: Future<Output = End>>(future: F, polls: u32) -> End {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(end) = poll(future.as_mut()) {
            return end;
        }
    }
    End::Cancelled
}

fn biased(plans: [Plan; 4], polls: u32) -> (End, Counts) {
    let counters = Counters::default();
    let end = drive(
        async {
            runtime::select! {
                biased;
                Some(at) = counters.future(0, plans[0]), if plans[0].enabled => End::Branch(0, at),
                Some(at) = counters.future(1, plans[1]), if plans[1].enabled => End::Branch(1, at),
                Some(at) = counters.future(2, plans[2]), if plans[2].enabled => End::Branch(2, at),
                Some(at) = counters.future(3, plans[3]), if plans[3].enabled => End::Branch(3, at),
                else => End::Otherwise,
            }
        },
        polls,
    );
    (end, counters.read())
}

fn fair(plans: [Plan; 4], polls: u32) -> (End, Counts) {
    let counters = Counters::default();
    let end = drive(
        async {
            runtime::select! {
                Some(at) = counters.future(0, plans[0]), if plans[0].enabled => End::Branch(0, at),
                Some(at) = counters.future(1, plans[1]), if plans[1].enabled => End::Branch(1, at),
                Some(at) = counters.future(2, plans[2]), if plans[2].enabled => End::Branch(2, at),
                Some(at) = counters.future(3, plans[3]), if plans[3].enabled => End::Branch(3, at),
                else => End::Otherwise,
            }
        },
        polls,
    );
    (end, counters.read())
}

/// What must come out of [`biased`].
fn biased_model(plans: [Plan; 4], polls: u32) -> (End, Counts) {
    let mut counts = [(0, 1); 4];
    let mut live = plans.map(|plan| plan.enabled);
    for _ in 0..polls {
        for (index, plan) in plans
            .into_iter()
            .enumerate()
            .filter(|(index, _)| live[*index])
            .collect::<Vec<_>>()
        {
            counts[index].0 += 1;
            if counts[index].0 == plan.ready_at {
                if plan.matches {
                    return (End::Branch(index, plan.ready_at), counts);
                }
                live[index] = false;
            }
        }
        if live == [false; 4] {
            return (End::Otherwise, counts);
        }
    }
    // A future that was never polled has made nothing.
    let drops = u32::from(polls > 0);
    (End::Cancelled, counts.map(|(polls, _)| (polls, drops)))
}

/// Which branches may win a [`select!`](runtime::select) that begins anywhere, and when.
fn first_wins(plans: [Plan; 4]) -> Option<u32> {
    let wins = plans.iter().filter(|plan| plan.enabled && plan.matches);
    wins.map(|plan| plan.ready_at).min()
}

fn join(plans: [Plan; 4], polls: u32) -> (Option<[Option<u32>; 4]>, Counts) {
    let counters = Counters::default();
    let output = {
        let mut join = pin!(async {
            let (a, b, c, d) = runtime::join!(
                counters.future(0, plans[0]),
                counters.future(1, plans[1]),
                counters.future(2, plans[2]),
                counters.future(3, plans[3]),
            );
            [a, b, c, d]
        });
        (0..polls).find_map(|_| match poll(join.as_mut()) {
            Poll::Ready(outputs) => Some(outputs),
            Poll::Pending => None,
        })
    };
    (output, counters.read())
}

fn try_join(plans: [Plan; 4], polls: u32) -> (Option<Result<[u32; 4], usize>>, Counts) {
    let counters = Counters::default();
    let output = {
        let branch = async |index| counters.future(index, plans[index]).await.ok_or(index);
        let mut join =
            pin!(async { runtime::try_join!(biased; branch(0), branch(1), branch(2), branch(3)) });
        (0..polls).find_map(|_| match poll(join.as_mut()) {
            Poll::Ready(result) => Some(result.map(|(a, b, c, d)| [a, b, c, d])),
            Poll::Pending => None,
        })
    };
    (output, counters.read())
}

proptest! {
    #[test]
    fn fault_087_a_biased_select_does_what_its_model_does(
        plans in [plan(), plan(), plan(), plan()],
        polls in 0_u32..8,
    ) {
        prop_assert_eq!(biased(plans, polls), biased_model(plans, polls));
    }

    #[test]
    fn fault_087_a_fair_select_ends_when_its_model_does(
        plans in [plan(), plan(), plan(), plan()],
        polls in 1_u32..8,
    ) {
        let (end, counts) = fair(plans, polls);
        let last = plans.iter().filter(|plan| plan.enabled).map(|plan| plan.ready_at).max();
        match (end, first_wins(plans)) {
            (End::Branch(index, at), first) => {
                prop_assert!(plans[index].enabled && plans[index].matches);
                prop_assert_eq!(Some(at), first);
                prop_assert!(at <= polls);
            }
            (End::Otherwise, first) => {
                prop_assert_eq!(first, None);
                prop_assert!(last.is_none_or(|last| last <= polls));
            }
            (End::Cancelled, first) => prop_assert!(first.or(last).is_some_and(|at| at > polls)),
        }
        for (plan, (polled, dropped)) in plans.into_iter().zip(counts) {
            prop_assert_eq!(dropped, 1);
            prop_assert!(plan.enabled || polled == 0);
        }
    }

    #[test]
    fn fault_088_a_join_polls_each_future_to_its_end_and_drops_it_once(
        plans in [plan(), plan(), plan(), plan()],
        polls in 1_u32..8,
    ) {
        let (output, counts) = join(plans, polls);
        let last = plans.iter().map(|plan| plan.ready_at).max();
        prop_assert_eq!(output.is_some(), last.is_some_and(|last| last <= polls));
        if let Some(outputs) = output {
            prop_assert_eq!(outputs, plans.map(|plan| plan.matches.then_some(plan.ready_at)));
        }
        prop_assert_eq!(counts, plans.map(|plan| (plan.ready_at.min(polls), 1)));
    }

    #[test]
    fn fault_088_a_try_join_ends_with_its_first_error(
        plans in [plan(), plan(), plan(), plan()],
        polls in 1_u32..8,
    ) {
        let (output, counts) = try_join(plans, polls);
        let fails = (0..4).filter(|index| !plans[*index].matches);
        let first = fails.min_by_key(|index| plans[*index].ready_at);
        let last = plans.iter().map(|plan| plan.ready_at).max();
        match output {
            Some(Err(index)) => prop_assert_eq!(Some(index), first),
            Some(Ok(values)) => {
                prop_assert_eq!(first, None);
                prop_assert_eq!(values, plans.map(|plan| plan.ready_at));
            }
            None => {
                let end = first.map(|index| plans[index].ready_at).or(last);
                prop_assert!(end.is_some_and(|end| end > polls));
            }
        }
        for (index, (polled, dropped)) in counts.into_iter().enumerate() {
            prop_assert!(polled <= polls);
            prop_assert_eq!(dropped, u32::from(polled > 0), "branch {}", index);
        }
    }
}
