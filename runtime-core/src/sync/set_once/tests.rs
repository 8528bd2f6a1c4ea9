use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;

use super::{SetOnce, SetOnceError};
use crate::sync::test_support::{Woken, poll_once};

static CELL: SetOnce<u32> = SetOnce::const_new();
static FULL: SetOnce<u32> = SetOnce::const_new_with(7);

#[test]
fn a_static_cell_works() {
    assert_eq!((CELL.get(), FULL.get()), (None, Some(&7)));
    assert_eq!(CELL.set(3), Ok(()));
    assert_eq!((CELL.get(), CELL.initialized()), (Some(&3), true));
    let error = CELL.set(4).unwrap_err();
    assert_eq!(error.to_string(), "SetOnceError");
    assert_eq!(error, SetOnceError(4));
}

#[test]
fn all_who_wait_are_woken_once() {
    let cell = SetOnce::new();
    let woken: Vec<_> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(cell.wait())).collect();
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert!(woken.poll(waiting.as_mut()).is_pending());
    }
    waiting[40] = Box::pin(cell.wait());
    cell.set(5).unwrap();
    for (index, (woken, waiting)) in woken.iter().zip(&mut waiting).enumerate() {
        assert_eq!((woken.times(), woken.kept()), (usize::from(index != 40), 0));
        assert_eq!(woken.poll(waiting.as_mut()), Poll::Ready(&5));
    }
}

#[test]
fn a_changed_waker_replaces_the_old_one() {
    let cell = SetOnce::new();
    let (old, new) = (Woken::new(), Woken::new());
    let mut waiting = pin!(cell.wait());
    assert!(old.poll(waiting.as_mut()).is_pending());
    assert!(new.poll(waiting.as_mut()).is_pending());
    cell.set(()).unwrap();
    assert_eq!((old.times(), old.kept(), new.times()), (0, 0, 1));
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker's panic");
    }
}

#[test]
fn fault_011_a_panicking_waker_keeps_nobody_asleep() {
    let cell = SetOnce::new();
    let bomb = Waker::from(Arc::new(Bomb));
    let woken: Vec<_> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(cell.wait())).collect();
    for (index, waiting) in waiting.iter_mut().enumerate() {
        let waker = if index % 40 == 5 {
            &bomb
        } else {
            &woken[index].waker
        };
        let polled = waiting.as_mut().poll(&mut Context::from_waker(waker));
        assert!(polled.is_pending());
    }
    assert!(catch_unwind(AssertUnwindSafe(|| cell.set(1))).is_err());
    for (index, woken) in woken.iter().enumerate() {
        assert_eq!(
            woken.times(),
            usize::from(index % 40 != 5),
            "waiter {index}"
        );
    }
    assert_eq!(cell.get(), Some(&1));
}

#[test]
fn the_value_is_dropped_once_or_comes_out() {
    let value = Rc::new(());
    let count = || Rc::strong_count(&value) - 1;
    let cell = SetOnce::new_with(Some(Rc::clone(&value)));
    assert!(cell.set(Rc::clone(&value)).is_err());
    assert_eq!(count(), 1);
    drop(cell.clone());
    let inner = cell.into_inner();
    assert_eq!((inner.is_some(), count()), (true, 1));
    drop(inner);
    assert_eq!(count(), 0);
    assert!(SetOnce::<Rc<()>>::default().into_inner().is_none());
}

#[test]
fn cells_compare_and_show_their_values() {
    assert_eq!(SetOnce::from(1), SetOnce::new_with(Some(1)));
    assert_ne!(SetOnce::from(1), SetOnce::new_with(None));
    assert_eq!(
        format!("{:?}", SetOnce::from(1)),
        "SetOnce { value: Some(1) }"
    );
}

#[test]
fn a_waiter_without_budget_says_so_later() {
    let cell = SetOnce::new();
    let woken = Woken::new();
    let mut waiting = pin!(cell.wait());
    assert!(woken.poll(waiting.as_mut()).is_pending());
    cell.set(1).unwrap();
    {
        let _budget = crate::coop::budget();
        while crate::coop::has_budget_remaining() {
            let semaphore = crate::sync::Semaphore::new(1);
            assert!(poll_once(pin!(semaphore.acquire())).is_ready());
        }
        assert!(woken.poll(waiting.as_mut()).is_pending());
    }
    assert_eq!(woken.times(), 2);
    assert_eq!(woken.poll(waiting), Poll::Ready(&1));
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Begin,
    Poll(usize),
    Cancel(usize),
    Set(u8),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Begin),
        8 => (0..6_usize).prop_map(Op::Poll),
        3 => (0..6_usize).prop_map(Op::Cancel),
        1 => any::<u8>().prop_map(Op::Set),
    ]
}

type Waiting<'a> = Pin<Box<dyn Future<Output = &'a u8> + 'a>>;

proptest! {
    #[test]
    fn fault_079_set_once_agrees_with_a_sequential_model(
        ops in prop::collection::vec(op(), 0..40),
    ) {
        let cell = SetOnce::new();
        let woken = Woken::new();
        let mut futures: Vec<Option<Waiting<'_>>> = Vec::new();
        let mut queued: Vec<usize> = Vec::new();
        let (mut value, mut wakes) = (None, 0);
        for op in ops {
            match op {
                Op::Begin => futures.push(Some(Box::pin(cell.wait()))),
                Op::Poll(index) => if let Some(slot @ Some(_)) = futures.get_mut(index) {
                    let polled = woken.poll(slot.as_mut().unwrap().as_mut());
                    match (polled, value) {
                        (Poll::Ready(found), Some(value)) => {
                            prop_assert_eq!(*found, value);
                            *slot = None;
                        }
                        (Poll::Pending, None) => if !queued.contains(&index) {
                            queued.push(index);
                        },
                        _ => prop_assert!(false, "future {}: {:?}", index, polled),
                    }
                },
                Op::Cancel(index) => if let Some(slot) = futures.get_mut(index) {
                    *slot = None;
                    queued.retain(|it| *it != index);
                },
                Op::Set(to) => {
                    let expected = if value.is_some() { Err(SetOnceError(to)) } else { Ok(()) };
                    prop_assert_eq!(cell.set(to), expected);
                    wakes += std::mem::take(&mut queued).len();
                    value = value.or(Some(to));
                }
            }
            prop_assert_eq!((woken.times(), woken.kept()), (wakes, queued.len()));
        }
    }
}
