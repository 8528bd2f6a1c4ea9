use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use proptest::prelude::*;

use super::{OnceCell, SetError};
use crate::sync::Notify;
use crate::sync::test_support::{Woken, poll_once};

static CELL: OnceCell<u32> = OnceCell::const_new();
static FULL: OnceCell<u32> = OnceCell::const_new_with(7);

#[test]
fn a_static_cell_works() {
    assert_eq!((CELL.get(), FULL.get()), (None, Some(&7)));
    assert_eq!(CELL.set(3), Ok(()));
    assert_eq!((CELL.get(), CELL.initialized()), (Some(&3), true));
}

#[test]
fn a_second_value_comes_back() {
    let cell = OnceCell::new();
    assert_eq!(cell.set("one"), Ok(()));
    let error = cell.set("two").unwrap_err();
    assert!(error.is_already_init_err() && !error.is_initializing_err());
    assert_eq!(error.to_string(), "AlreadyInitializedError");
    assert_eq!(error, SetError::AlreadyInitializedError("two"));
}

#[test]
fn the_others_wait_for_the_first_and_get_its_value() {
    let cell = OnceCell::new();
    let go = Notify::new();
    let woken = [Woken::new(), Woken::new()];
    let mut first = pin!(cell.get_or_init(|| async {
        go.notified().await;
        1
    }));
    let mut second = pin!(cell.get_or_init(|| async { 2 }));
    assert!(woken[0].poll(first.as_mut()).is_pending());
    assert!(woken[1].poll(second.as_mut()).is_pending());
    let error = cell.set(3).unwrap_err();
    assert!(error.is_initializing_err() && !error.is_already_init_err());
    assert_eq!(error.to_string(), "InitializingError");
    go.notify_one();
    assert_eq!(woken[0].poll(first), Poll::Ready(&1));
    assert_eq!(woken.each_ref().map(Woken::times), [1, 1]);
    assert_eq!(woken[1].poll(second), Poll::Ready(&1));
}

#[test]
fn fault_080_a_cancelled_initialiser_hands_over() {
    let cell = OnceCell::new();
    let woken = Woken::new();
    let mut second = pin!(cell.get_or_init(|| async { 2 }));
    {
        let mut first = pin!(cell.get_or_init(std::future::pending::<u32>));
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(woken.poll(second.as_mut()).is_pending());
    }
    assert_eq!(woken.times(), 1);
    assert_eq!(woken.poll(second), Poll::Ready(&2));
}

#[test]
fn a_failed_and_a_panicking_initialiser_leave_it_empty() {
    let cell = OnceCell::new();
    let failed = poll_once(pin!(
        cell.get_or_try_init(|| async { Err::<u32, &str>("no") })
    ));
    assert_eq!(failed, Poll::Ready(Err("no")));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = poll_once(pin!(cell.get_or_init(|| async { panic!("while making") })));
    }));
    assert!(panicked.is_err());
    assert!(!cell.initialized());
    let made = poll_once(pin!(cell.get_or_try_init(|| async { Ok::<u32, ()>(5) })));
    assert_eq!(made, Poll::Ready(Ok(&5)));
}

#[test]
fn the_value_is_dropped_once_or_comes_out() {
    let value = Rc::new(());
    let count = || Rc::strong_count(&value) - 1;
    let mut cell = OnceCell::new_with(Some(Rc::clone(&value)));
    assert!(cell.set(Rc::clone(&value)).is_err());
    assert_eq!(count(), 1);
    let taken = cell.take();
    assert_eq!(
        (taken.is_some(), cell.initialized(), count()),
        (true, false, 1)
    );
    assert!(cell.set(Rc::clone(&value)).is_ok(), "empty again");
    assert!(cell.get_mut().is_some());
    assert!(cell.clone().into_inner().is_some());
    drop(taken);
    assert_eq!(count(), 1);
    drop(cell);
    assert_eq!(count(), 0);
    let mut empty = OnceCell::<Rc<()>>::default();
    assert!(empty.get_mut().is_none() && empty.take().is_none() && empty.into_inner().is_none());
}

#[test]
fn cells_compare_and_show_their_values() {
    assert_eq!(OnceCell::from(1), OnceCell::new_with(Some(1)));
    assert_ne!(OnceCell::from(1), OnceCell::new_with(None));
    assert_eq!(
        format!("{:?}", OnceCell::from(1)),
        "OnceCell { value: Some(1) }"
    );
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Begin,
    Poll(usize),
    Cancel(usize),
    /// The running initialiser ends at its next poll: with a value, or an error.
    Finish(bool),
    Set,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Begin),
        6 => (0..6_usize).prop_map(Op::Poll),
        2 => (0..6_usize).prop_map(Op::Cancel),
        2 => any::<bool>().prop_map(Op::Finish),
        1 => Just(Op::Set),
    ]
}

type Getting<'a> = Pin<Box<dyn Future<Output = Result<&'a usize, ()>> + 'a>>;

proptest! {
    /// The model is a queue of those who began; its front initialises.
    #[test]
    fn fault_079_once_cell_agrees_with_a_sequential_model(
        ops in prop::collection::vec(op(), 0..60),
    ) {
        let cell = OnceCell::new();
        let finish = Cell::new(None);
        let mut futures: Vec<Option<Getting<'_>>> = Vec::new();
        let mut queue: Vec<usize> = Vec::new();
        let mut value = None;
        for op in ops {
            match op {
                Op::Begin => {
                    let (index, finish) = (futures.len(), &finish);
                    let make = move || std::future::poll_fn(move |_| match finish.take() {
                        None => Poll::Pending,
                        Some(true) => Poll::Ready(Ok(index)),
                        Some(false) => Poll::Ready(Err(())),
                    });
                    futures.push(Some(Box::pin(cell.get_or_try_init(make))));
                }
                Op::Poll(index) => if let Some(slot @ Some(_)) = futures.get_mut(index) {
                    let told = finish.get();
                    let polled = poll_once(slot.as_mut().unwrap().as_mut());
                    if value.is_none() && !queue.contains(&index) {
                        queue.push(index);
                    }
                    let runs = value.is_none() && queue[0] == index;
                    let expected = match (value, told) {
                        (Some(_), _) => Poll::Ready(Ok(())),
                        (None, Some(true)) if runs => Poll::Ready(Ok(())),
                        (None, Some(false)) if runs => Poll::Ready(Err(())),
                        _ => Poll::Pending,
                    };
                    prop_assert_eq!(polled.map(|it| it.map(drop)), expected);
                    if runs && told == Some(true) {
                        value = Some(index);
                    }
                    if polled.is_ready() {
                        *slot = None;
                        queue.retain(|it| *it != index);
                    }
                },
                Op::Cancel(index) => if let Some(slot) = futures.get_mut(index) {
                    *slot = None;
                    queue.retain(|it| *it != index);
                },
                Op::Finish(well) => finish.set(Some(well)),
                Op::Set => {
                    let expected = if value.is_some() {
                        Err(SetError::AlreadyInitializedError(99))
                    } else if queue.is_empty() {
                        value = Some(99);
                        Ok(())
                    } else {
                        Err(SetError::InitializingError(99))
                    };
                    prop_assert_eq!(cell.set(99), expected);
                }
            }
            prop_assert_eq!(cell.get().copied(), value);
        }
    }
}
