use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;

use super::{Barrier, BarrierWaitResult};
use crate::sync::test_support::{Woken, poll_once};

fn leads(polled: Poll<BarrierWaitResult>) -> Option<bool> {
    match polled {
        Poll::Ready(result) => Some(result.is_leader()),
        Poll::Pending => None,
    }
}

#[test]
fn the_last_leads_and_wakes_all_others_once() {
    let barrier = Barrier::new(101);
    for _ in 0..3 {
        let woken: Vec<_> = (0..100).map(|_| Woken::new()).collect();
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(barrier.wait())).collect();
        for (woken, waiting) in woken.iter().zip(&mut waiting) {
            assert_eq!(leads(woken.poll(waiting.as_mut())), None);
            assert_eq!(leads(woken.poll(waiting.as_mut())), None);
        }
        assert_eq!(leads(poll_once(pin!(barrier.wait()))), Some(true));
        for (woken, waiting) in woken.iter().zip(&mut waiting) {
            assert_eq!((woken.times(), woken.kept()), (1, 0));
            assert_eq!(leads(woken.poll(waiting.as_mut())), Some(false));
        }
    }
}

#[test]
fn a_barrier_for_one_or_none_lets_each_through() {
    for size in [0, 1] {
        let barrier = Barrier::new(size);
        assert_eq!(leads(poll_once(pin!(barrier.wait()))), Some(true));
        assert_eq!(leads(poll_once(pin!(barrier.wait()))), Some(true));
    }
}

#[test]
fn a_dropped_waiter_has_arrived() {
    let barrier = Barrier::new(2);
    let woken = Woken::new();
    {
        let mut gone = pin!(barrier.wait());
        assert!(woken.poll(gone.as_mut()).is_pending());
        assert_eq!(
            format!("{barrier:?}"),
            "Barrier { size: 2, arrived: 1, .. }"
        );
    }
    assert_eq!((woken.times(), woken.kept()), (0, 0));
    drop(barrier.wait());
    assert_eq!(leads(poll_once(pin!(barrier.wait()))), Some(true));
}

#[test]
fn a_generation_that_is_through_does_not_wait_for_the_next() {
    let barrier = Barrier::new(2);
    let woken = Woken::new();
    let mut slow = pin!(barrier.wait());
    let mut next = pin!(barrier.wait());
    assert!(woken.poll(slow.as_mut()).is_pending());
    assert_eq!(leads(poll_once(pin!(barrier.wait()))), Some(true));
    assert!(poll_once(next.as_mut()).is_pending());
    assert_eq!(leads(woken.poll(slow)), Some(false));
    assert!(poll_once(next.as_mut()).is_pending());
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker's panic");
    }
}

#[test]
fn fault_011_a_panicking_waker_keeps_nobody_asleep() {
    let barrier = Barrier::new(101);
    let bomb = Waker::from(Arc::new(Bomb));
    let woken: Vec<_> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(barrier.wait())).collect();
    for (index, waiting) in waiting.iter_mut().enumerate() {
        let waker = if index % 40 == 5 {
            &bomb
        } else {
            &woken[index].waker
        };
        let polled = waiting.as_mut().poll(&mut Context::from_waker(waker));
        assert!(polled.is_pending());
    }
    let last = catch_unwind(AssertUnwindSafe(|| leads(poll_once(pin!(barrier.wait())))));
    assert!(last.is_err());
    for (index, (woken, waiting)) in woken.iter().zip(&mut waiting).enumerate() {
        assert_eq!(
            woken.times(),
            usize::from(index % 40 != 5),
            "waiter {index}"
        );
        assert_eq!(leads(poll_once(waiting.as_mut())), Some(false));
    }
}

#[test]
fn a_leader_without_budget_lets_the_others_through_and_yields() {
    let barrier = Barrier::new(2);
    let (first, last) = (Woken::new(), Woken::new());
    let mut waiting = pin!(barrier.wait());
    let mut leading = pin!(barrier.wait());
    assert!(first.poll(waiting.as_mut()).is_pending());
    {
        let _budget = crate::coop::budget();
        let alone = Barrier::new(1);
        while crate::coop::has_budget_remaining() {
            assert!(poll_once(pin!(alone.wait())).is_ready());
        }
        assert!(last.poll(leading.as_mut()).is_pending());
    }
    assert_eq!((first.times(), last.times()), (1, 1));
    assert_eq!(leads(last.poll(leading)), Some(true));
    assert_eq!(leads(first.poll(waiting)), Some(false));
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Begin,
    Poll(usize),
    Cancel(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Begin),
        8 => (0..12_usize).prop_map(Op::Poll),
        1 => (0..12_usize).prop_map(Op::Cancel),
    ]
}

type Waiting<'a> = Pin<Box<dyn Future<Output = BarrierWaitResult> + 'a>>;

proptest! {
    /// The model gives each arrival its number; its generation is through when that many came.
    #[test]
    fn fault_079_barrier_agrees_with_a_sequential_model(
        size in 1..4_usize,
        ops in prop::collection::vec(op(), 0..60),
    ) {
        let barrier = Barrier::new(size);
        let woken = Woken::new();
        let mut futures: Vec<Option<(Option<usize>, Waiting<'_>)>> = Vec::new();
        let mut arrived = 0;
        for op in ops {
            match op {
                Op::Begin => futures.push(Some((None, Box::pin(barrier.wait())))),
                Op::Poll(index) => if let Some(slot @ Some(_)) = futures.get_mut(index) {
                    let (number, future) = slot.as_mut().unwrap();
                    let polled = leads(woken.poll(future.as_mut()));
                    let number = *number.get_or_insert_with(|| {
                        arrived += 1;
                        arrived - 1
                    });
                    let through = arrived / size > number / size;
                    prop_assert_eq!(polled, through.then_some(number % size == size - 1));
                    if through {
                        *slot = None;
                    }
                },
                Op::Cancel(index) => if let Some(slot) = futures.get_mut(index) {
                    *slot = None;
                },
            }
            let queued = futures.iter().flatten().filter(|(number, _)| {
                number.is_some_and(|number| arrived / size == number / size)
            });
            prop_assert_eq!(woken.kept(), queued.count());
        }
    }
}
