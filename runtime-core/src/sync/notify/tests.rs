use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use proptest::prelude::*;

use super::{Notified, Notify, OwnedNotified};
use crate::sync::test_support::{Woken, poll_once};

#[test]
fn a_notification_without_a_waiter_is_stored_once() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    assert!(poll_once(pin!(notify.notified())).is_ready());
    assert!(poll_once(pin!(notify.notified())).is_pending());
}

#[test]
fn one_goes_to_the_first_last_to_the_last() {
    let notify = Notify::new();
    let woken = [Woken::new(), Woken::new(), Woken::new()];
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(notify.notified())).collect();
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert!(woken.poll(waiting.as_mut()).is_pending());
    }
    notify.notify_last();
    assert_eq!(woken.each_ref().map(Woken::times), [0, 0, 1]);
    notify.notify_one();
    assert_eq!(woken.each_ref().map(Woken::times), [1, 0, 1]);
    let ready: Vec<_> = waiting
        .iter_mut()
        .map(|it| poll_once(it.as_mut()).is_ready())
        .collect();
    assert_eq!(ready, [true, false, true]);
}

#[test]
fn fault_080_a_dropped_future_passes_its_notification_on_the_same_way() {
    for last in [false, true] {
        let notify = Notify::new();
        let woken = [Woken::new(), Woken::new(), Woken::new()];
        let mut waiting: Vec<_> = (0..3).map(|_| Some(Box::pin(notify.notified()))).collect();
        for (woken, waiting) in woken.iter().zip(waiting.iter_mut().flatten()) {
            assert!(woken.poll(waiting.as_mut()).is_pending());
        }
        if last {
            notify.notify_last()
        } else {
            notify.notify_one()
        }
        waiting[if last { 2 } else { 0 }] = None;
        let expected = if last { [0, 1, 1] } else { [1, 1, 0] };
        assert_eq!(woken.each_ref().map(Woken::times), expected);
    }
}

#[test]
fn notify_waiters_wakes_all_who_wait_and_stores_nothing() {
    let notify = Notify::new();
    let woken: Vec<_> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(notify.notified())).collect();
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert!(woken.poll(waiting.as_mut()).is_pending());
    }
    let unpolled = notify.notified();
    notify.notify_waiters();
    assert!(
        woken
            .iter()
            .all(|woken| woken.times() == 1 && woken.kept() == 0)
    );
    assert!(
        waiting
            .iter_mut()
            .all(|it| poll_once(it.as_mut()).is_ready())
    );
    assert!(poll_once(pin!(unpolled)).is_ready(), "made before the call");
    assert!(
        poll_once(pin!(notify.notified())).is_pending(),
        "made after the call"
    );
}

#[test]
fn an_enabled_future_is_reached_without_a_poll() {
    let notify = Arc::new(Notify::new());
    let mut enabled = pin!(Arc::clone(&notify).notified_owned());
    assert!(!enabled.as_mut().enable());
    notify.notify_one();
    assert!(enabled.as_mut().enable());
    assert!(poll_once(enabled.as_mut()).is_ready());
    notify.notify_one();
    assert!(
        poll_once(pin!(notify.notified())).is_ready(),
        "none was taken twice"
    );
}

#[test]
fn a_permit_is_not_taken_by_a_future_that_was_notified_with_all() {
    let notify = Notify::new();
    let first = notify.notified();
    notify.notify_waiters();
    notify.notify_one();
    assert!(poll_once(pin!(first)).is_ready());
    assert!(poll_once(pin!(notify.notified())).is_ready());
}

/// Notifies once more when it is woken.
struct Again {
    notify: Arc<Notify>,
    last: bool,
}

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        match self.last {
            true => self.notify.notify_last(),
            false => self.notify.notify_one(),
        }
    }
}

#[test]
fn fault_080_a_permit_that_comes_while_all_are_woken_is_for_who_comes_later() {
    for last in [false, true] {
        let notify = Arc::new(Notify::new());
        let again = Waker::from(Arc::new(Again {
            notify: Arc::clone(&notify),
            last,
        }));
        // More than one batch: the first one's waker runs while the last are queued.
        let mut all: Vec<_> = (0..100).map(|_| Box::pin(notify.notified())).collect();
        for (index, future) in all.iter_mut().enumerate() {
            let waker = if index == 0 { &again } else { Waker::noop() };
            let mut cx = Context::from_waker(waker);
            assert!(future.as_mut().poll(&mut cx).is_pending());
        }
        notify.notify_waiters();
        assert!(all.iter_mut().all(|it| poll_once(it.as_mut()).is_ready()));
        assert!(
            poll_once(pin!(notify.notified())).is_ready(),
            "it is stored"
        );
        assert!(poll_once(pin!(notify.notified())).is_pending());
    }
}

/// Drops futures that wait, queues another, and notifies once more.
struct Joins {
    notify: Arc<Notify>,
    leaving: Mutex<Vec<Pin<Box<OwnedNotified>>>>,
    later: Mutex<Option<Pin<Box<OwnedNotified>>>>,
}

impl Wake for Joins {
    fn wake(self: Arc<Self>) {
        self.leaving.lock().unwrap().clear();
        let mut later = Box::pin(Arc::clone(&self.notify).notified_owned());
        assert!(!later.as_mut().enable());
        *self.later.lock().unwrap() = Some(later);
        self.notify.notify_one();
    }
}

#[test]
fn fault_080_who_queues_while_all_are_woken_gets_the_permit_that_comes_then() {
    let notify = Arc::new(Notify::new());
    let joins = Arc::new(Joins {
        notify: Arc::clone(&notify),
        leaving: Mutex::default(),
        later: Mutex::default(),
    });
    let waker = Waker::from(Arc::clone(&joins));
    let mut all: Vec<_> = (0..100).map(|_| Box::pin(notify.notified())).collect();
    for (index, future) in all.iter_mut().enumerate() {
        let waker = if index == 0 { &waker } else { Waker::noop() };
        let mut cx = Context::from_waker(waker);
        assert!(future.as_mut().poll(&mut cx).is_pending());
        let mut leaving = Box::pin(Arc::clone(&notify).notified_owned());
        assert!(!leaving.as_mut().enable());
        joins.leaving.lock().unwrap().push(leaving);
    }
    notify.notify_waiters();
    assert!(all.iter_mut().all(|it| poll_once(it.as_mut()).is_ready()));
    let later = joins.later.lock().unwrap().take();
    assert!(poll_once(later.expect("it was woken").as_mut()).is_ready());
    assert!(
        poll_once(pin!(notify.notified())).is_pending(),
        "nothing was stored"
    );
}

#[test]
fn a_changed_waker_replaces_the_old_one() {
    let notify = Notify::new();
    let (old, new) = (Woken::new(), Woken::new());
    let mut waiting = pin!(notify.notified());
    assert!(old.poll(waiting.as_mut()).is_pending());
    assert!(new.poll(waiting.as_mut()).is_pending());
    notify.notify_one();
    assert_eq!((old.times(), old.kept(), new.times()), (0, 0, 1));
}

static NOTIFY: Notify = Notify::const_new();

#[test]
fn a_static_notify_works() {
    NOTIFY.notify_one();
    assert!(poll_once(pin!(NOTIFY.notified())).is_ready());
}

#[derive(Debug, Clone, Copy)]
enum Op {
    One,
    Last,
    All,
    Make,
    Poll(usize),
    Enable(usize),
    Drop(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        Just(Op::One),
        Just(Op::Last),
        Just(Op::All),
        Just(Op::Make),
        (0..6_usize).prop_map(Op::Poll),
        (0..6_usize).prop_map(Op::Poll),
        (0..6_usize).prop_map(Op::Enable),
        (0..6_usize).prop_map(Op::Drop),
    ]
}

/// What a future is owed, in the model.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Owed {
    Unqueued,
    Queued,
    First,
    Last,
    All,
    Done,
}

#[derive(Default)]
struct Model {
    futures: Vec<Owed>,
    queue: Vec<usize>,
    stored: bool,
}

impl Model {
    fn one(&mut self, last: bool) {
        if self.queue.is_empty() {
            self.stored = true;
        } else if last {
            let index = self.queue.pop().unwrap();
            self.futures[index] = Owed::Last;
        } else {
            let index = self.queue.remove(0);
            self.futures[index] = Owed::First;
        }
    }

    fn all(&mut self) {
        self.queue.clear();
        for owed in &mut self.futures {
            if matches!(owed, Owed::Unqueued | Owed::Queued) {
                *owed = Owed::All;
            }
        }
    }

    fn poll(&mut self, index: usize) -> bool {
        let ready = match self.futures[index] {
            Owed::Queued => false,
            Owed::Unqueued if self.stored => {
                self.stored = false;
                true
            }
            Owed::Unqueued => {
                self.futures[index] = Owed::Queued;
                self.queue.push(index);
                false
            }
            _ => true,
        };
        if ready {
            self.futures[index] = Owed::Done;
        }
        ready
    }

    fn drop(&mut self, index: usize) {
        let owed = std::mem::replace(&mut self.futures[index], Owed::Done);
        self.queue.retain(|it| *it != index);
        match owed {
            Owed::First => self.one(false),
            Owed::Last => self.one(true),
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn fault_079_notify_agrees_with_a_sequential_model(ops in prop::collection::vec(op(), 0..40)) {
        let notify = Notify::new();
        let mut model = Model::default();
        let mut futures: Vec<Option<Pin<Box<Notified<'_>>>>> = Vec::new();
        let woken = Woken::new();
        for op in ops {
            match op {
                Op::One => { notify.notify_one(); model.one(false); }
                Op::Last => { notify.notify_last(); model.one(true); }
                Op::All => { notify.notify_waiters(); model.all(); }
                Op::Make => {
                    futures.push(Some(Box::pin(notify.notified())));
                    model.futures.push(Owed::Unqueued);
                }
                Op::Poll(index) | Op::Enable(index) => {
                    if let Some(Some(future)) = futures.get_mut(index) {
                        let ready = match op {
                            Op::Poll(_) => woken.poll(future.as_mut()).is_ready(),
                            _ => future.as_mut().enable(),
                        };
                        prop_assert_eq!(ready, model.poll(index), "future {}", index);
                    }
                }
                Op::Drop(index) => if let Some(future) = futures.get_mut(index) {
                    if future.take().is_some() {
                        model.drop(index);
                    }
                },
            }
        }
        for (index, future) in futures.iter_mut().enumerate() {
            if future.take().is_some() {
                model.drop(index);
            }
        }
        prop_assert_eq!(poll_once(pin!(notify.notified())).is_ready(), model.stored);
        prop_assert_eq!(woken.kept(), 0);
    }
}
