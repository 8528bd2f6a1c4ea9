//! `task_local!`: who sees which value.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::{now, poll};

runtime::task_local! {
    /// With attributes, and seen from outside.
    #[allow(dead_code)]
    pub(crate) static NAME: String;
    static NUMBER: u32;
    static DROPS: RefCell<Vec<u32>>
}

/// Tells what it sees when it is dropped.
struct Witness<'a>(&'a RefCell<Vec<Option<u32>>>);

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(NUMBER.try_get().ok());
    }
}

#[test]
fn a_value_is_there_inside_of_its_scope_only() {
    assert!(NUMBER.try_get().is_err());
    let seen = now(NUMBER.scope(1, async { NUMBER.get() }));
    assert_eq!(seen, 1);
    assert!(NUMBER.try_with(|_| ()).is_err());
    assert_eq!(NUMBER.sync_scope(2, || NUMBER.with(|number| *number)), 2);
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn scopes_nest_and_interleave() {
    let task = |number| {
        NUMBER.scope(number, async move {
            let inner = NUMBER.scope(number + 10, async {
                runtime::task::yield_now().await;
                NUMBER.get()
            });
            let inner = inner.await;
            runtime::task::yield_now().await;
            (NUMBER.get(), inner)
        })
    };
    let mut first = pin!(task(1));
    let mut second = pin!(task(2));
    for _ in 0..2 {
        assert!(poll(first.as_mut()).is_pending());
        assert!(NUMBER.try_get().is_err());
        assert!(poll(second.as_mut()).is_pending());
    }
    assert_eq!(poll(second), Poll::Ready((2, 12)));
    assert_eq!(poll(first), Poll::Ready((1, 11)));
}

#[test]
fn a_spawned_task_does_not_inherit_and_a_moving_one_keeps_its_value() {
    runtime::Runtime::new().expect("a runtime").block_on(async {
        let task = runtime::spawn(NUMBER.scope(1, async {
            for _ in 0..100 {
                runtime::task::yield_now().await;
                assert_eq!(NUMBER.get(), 1);
            }
            let inner = runtime::spawn(async { NUMBER.try_get().is_err() });
            inner.await.expect("the task ends")
        }));
        assert!(task.await.expect("the task ends"));
    });
}

#[test]
fn the_future_is_dropped_inside_of_its_scope() {
    let seen = RefCell::new(Vec::new());
    let witness = Witness(&seen);
    now(NUMBER.scope(1, async move { drop(witness) }));
    {
        let witness = Witness(&seen);
        let mut pending = pin!(NUMBER.scope(3, async move {
            let _witness = witness;
            std::future::pending::<()>().await;
        }));
        assert!(poll(pending.as_mut()).is_pending());
    }
    let witness = Witness(&seen);
    drop(NUMBER.scope(4, async move { drop(witness) }));
    assert_eq!(*seen.borrow(), [Some(1), Some(3), Some(4)]);
}

#[test]
fn a_panic_leaves_the_scope() {
    let result = catch_unwind(|| NUMBER.sync_scope(1, || panic!("inside")));
    assert!(result.is_err());
    assert!(NUMBER.try_get().is_err());
    let future = NUMBER.scope(2, async { panic!("inside") });
    let result = catch_unwind(AssertUnwindSafe(|| now(future)));
    assert!(result.is_err());
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn a_value_can_be_taken_out() {
    let mut future = pin!(NUMBER.scope(1, async { NUMBER.try_get().is_err() }));
    assert_eq!(future.as_mut().take_value(), Some(1));
    assert_eq!(future.as_mut().take_value(), None);
    assert_eq!(poll(future), Poll::Ready(true));
}

#[track_caller]
fn message<R>(closure: impl FnOnce() -> R) -> String {
    let panic = catch_unwind(AssertUnwindSafe(closure)).map(drop);
    let panic = panic.expect_err("it panics");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().expect("a text").to_string(),
    }
}

#[test]
fn what_cannot_be_panics_with_its_reason() {
    assert!(message(|| NUMBER.get()).contains("without setting it first"));
    let nested = || NUMBER.sync_scope(1, || NUMBER.with(|_| NUMBER.sync_scope(2, || ())));
    assert!(message(nested).contains("while the task-local storage is borrowed"));
    assert!(NUMBER.try_get().is_err());
    let mut future = pin!(NUMBER.scope(1, async {}));
    assert!(poll(future.as_mut()).is_ready());
    assert!(message(|| poll(future.as_mut())).contains("after completion"));
}

#[test]
fn a_future_is_dropped_even_where_its_scope_cannot_be_entered() {
    let seen = RefCell::new(Vec::new());
    let witness = Witness(&seen);
    let future = NUMBER.scope(1, async move { drop(witness) });
    NUMBER.sync_scope(2, || NUMBER.with(|_| drop(future)));
    assert_eq!(*seen.borrow(), [Some(2)]);
}

#[test]
fn values_may_change_inside() {
    let drops = DROPS.sync_scope(RefCell::default(), || {
        DROPS.with(|drops| drops.borrow_mut().push(1));
        DROPS.with(|drops| drops.borrow().clone())
    });
    assert_eq!(drops, [1]);
}

#[test]
fn keys_futures_and_errors_describe_themselves() {
    assert_eq!(format!("{NUMBER:?}"), "LocalKey { .. }");
    let mut future = pin!(NUMBER.scope(1, async {}));
    assert_eq!(format!("{future:?}"), "TaskLocalFuture { value: 1 }");
    let _ = future.as_mut().take_value();
    assert_eq!(
        format!("{future:?}"),
        "TaskLocalFuture { value: <missing> }"
    );
    let error = NUMBER.try_get().expect_err("it is not set");
    assert_eq!(format!("{error:?}"), "AccessError");
    assert_eq!(error.to_string(), "task-local value not set");
    assert_eq!(NAME.sync_scope("n".into(), || NAME.get()), "n");
}
