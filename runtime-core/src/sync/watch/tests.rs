use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::{Receiver, Sender, channel};
use crate::sync::test_support::{Woken, poll_once};

fn is_changed<T>(receiver: &mut Receiver<T>) -> Poll<bool> {
    poll_once(pin!(receiver.changed())).map(|changed| changed.is_ok())
}

#[test]
fn the_first_value_counts_as_seen() {
    let (sender, mut receiver) = channel(1);
    assert!(!receiver.has_changed().unwrap());
    assert!(!receiver.borrow().has_changed());
    assert_eq!(is_changed(&mut receiver), Poll::Pending);
    sender.send(2).unwrap();
    let mut later = sender.subscribe();
    assert_eq!(is_changed(&mut later), Poll::Pending);
    assert!(receiver.borrow().has_changed());
    assert!(receiver.borrow_and_update().has_changed());
    assert!(!receiver.borrow_and_update().has_changed());
    assert_eq!((*later.borrow(), *sender.borrow()), (2, 2));
}

#[test]
fn a_send_wakes_each_that_waits_once() {
    let (sender, receiver) = channel(0);
    let mut receivers: Vec<_> = (0..100).map(|_| receiver.clone()).collect();
    let woken: Vec<Woken> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = receivers
        .iter_mut()
        .map(|it| Box::pin(it.changed()))
        .collect();
    for (future, woken) in waiting.iter_mut().zip(&woken) {
        assert!(woken.poll(future.as_mut()).is_pending());
    }
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    for (future, woken) in waiting.iter_mut().zip(&woken) {
        assert_eq!((woken.times(), woken.kept()), (1, 0));
        assert!(matches!(woken.poll(future.as_mut()), Poll::Ready(Ok(()))));
    }
    drop(waiting);
    assert!(
        receivers.iter_mut().all(|it| is_changed(it).is_pending()),
        "2 was seen"
    );
}

#[test]
fn a_value_not_seen_comes_before_the_end() {
    let (sender, mut receiver) = channel(0);
    let other = sender.clone();
    let woken = Woken::new();
    {
        let mut waiting = pin!(receiver.changed());
        assert!(woken.poll(waiting.as_mut()).is_pending());
        drop(other);
        assert_eq!(woken.times(), 0);
        sender.send(1).unwrap();
        drop(sender);
        assert_eq!(woken.times(), 1);
        assert!(matches!(woken.poll(waiting), Poll::Ready(Ok(()))));
    }
    assert!(receiver.has_changed().is_err() && receiver.is_closed());
    assert_eq!(is_changed(&mut receiver), Poll::Ready(false));
    assert_eq!(*receiver.borrow(), 1);
    receiver.mark_changed();
    assert_eq!(is_changed(&mut receiver), Poll::Ready(true));
    assert_eq!(is_changed(&mut receiver), Poll::Ready(false));
}

#[test]
fn marks_are_for_one_receiver() {
    let (sender, mut receiver) = channel(0);
    let mut other = receiver.clone();
    receiver.mark_changed();
    receiver.mark_changed();
    assert!(receiver.has_changed().unwrap() && !other.has_changed().unwrap());
    assert!(
        receiver.clone().has_changed().unwrap(),
        "a clone has seen as much"
    );
    sender.send(1).unwrap();
    other.mark_unchanged();
    assert_eq!(is_changed(&mut other), Poll::Pending);
    assert_eq!(is_changed(&mut receiver), Poll::Ready(true));
    assert_eq!(is_changed(&mut receiver), Poll::Pending);
}

#[test]
fn wait_for_asks_about_the_present_value_then_about_each_change() {
    let (sender, mut receiver) = channel(0);
    assert!(poll_once(pin!(receiver.wait_for(|it| *it == 0))).is_ready());
    let mut asked = Vec::new();
    let woken = Woken::new();
    {
        let mut waiting = pin!(receiver.wait_for(|it| {
            asked.push(*it);
            *it == 3
        }));
        assert!(woken.poll(waiting.as_mut()).is_pending());
        sender.send(1).unwrap();
        assert!(woken.poll(waiting.as_mut()).is_pending());
        sender.send(2).unwrap();
        sender.send(3).unwrap();
        assert_eq!(woken.times(), 2);
        let Poll::Ready(Ok(value)) = woken.poll(waiting) else {
            panic!("the answer was yes")
        };
        assert!(*value == 3 && value.has_changed());
    }
    assert_eq!(asked, [0, 1, 3]);
    drop(sender);
    let Poll::Ready(Ok(last)) = poll_once(pin!(receiver.wait_for(|it| *it == 3))) else {
        panic!("the last value is asked about after the end")
    };
    assert!(!last.has_changed());
    drop(last);
    let mut times = 0;
    assert!(matches!(
        poll_once(pin!(receiver.wait_for(|_| {
            times += 1;
            false
        }))),
        Poll::Ready(Err(_))
    ));
    assert_eq!(times, 1);
}

#[test]
fn fault_086_a_panic_with_the_value_in_hand_leaves_the_channel_usable() {
    let (sender, mut receiver) = channel(0);
    let woken = Woken::new();
    let mut other = receiver.clone();
    let mut waiting = pin!(other.changed());
    assert!(woken.poll(waiting.as_mut()).is_pending());
    let modified = catch_unwind(AssertUnwindSafe(|| {
        sender.send_modify(|value| {
            *value = 1;
            panic!("a user's panic");
        })
    }));
    assert!(modified.is_err());
    let asked = catch_unwind(AssertUnwindSafe(|| {
        let _ = poll_once(pin!(receiver.wait_for(|_| panic!("a user's panic"))));
    }));
    assert!(asked.is_err());
    assert_eq!(woken.times(), 0, "nobody is told");
    assert_eq!(
        (*receiver.borrow(), receiver.has_changed().unwrap()),
        (1, false)
    );
    assert!(!sender.send_if_modified(|value| {
        *value = 2;
        false
    }));
    assert_eq!((woken.times(), receiver.has_changed().unwrap()), (0, false));
    assert!(sender.send_if_modified(|value| {
        *value = 3;
        true
    }));
    assert_eq!(woken.times(), 1);
    assert!(woken.poll(waiting).is_ready());
    assert_eq!(*receiver.borrow_and_update(), 3);
}

#[test]
fn closed_waits_for_all_receivers() {
    let (sender, first) = channel(0);
    let second = sender.subscribe();
    assert_eq!((sender.receiver_count(), sender.sender_count()), (2, 1));
    let woken = Woken::new();
    let mut closed = pin!(sender.closed());
    assert!(woken.poll(closed.as_mut()).is_pending());
    drop(first);
    assert_eq!(woken.times(), 0);
    drop(second);
    assert_eq!(woken.times(), 1);
    let third = sender.subscribe();
    assert!(woken.poll(closed.as_mut()).is_pending(), "open again");
    drop(third);
    assert_eq!(woken.times(), 2);
    assert!(woken.poll(closed).is_ready());
    assert!(sender.is_closed());
    assert_eq!(sender.send(1).unwrap_err().0, 1);
    assert_eq!(sender.send_replace(2), 0);
    assert_eq!(*sender.borrow(), 2);
}

#[test]
fn replaced_values_are_dropped_once_and_outside_of_the_lock() {
    struct Looks {
        sender: Option<Arc<Sender<Looks>>>,
        _token: Arc<()>,
    }
    impl Drop for Looks {
        fn drop(&mut self) {
            if let Some(sender) = self.sender.take() {
                sender.send_if_modified(|_| false);
            }
        }
    }
    let token = Arc::new(());
    let looks = |sender| Looks {
        sender,
        _token: Arc::clone(&token),
    };
    let sender = Arc::new(Sender::new(looks(None)));
    let receiver = sender.subscribe();
    for _ in 0..3 {
        let value = looks(Some(Arc::clone(&sender)));
        assert!(sender.send(value).is_ok());
        assert_eq!(Arc::strong_count(&token), 2);
    }
    drop(sender.send_replace(looks(None)));
    drop((sender, receiver));
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn ends_know_their_channel() {
    let (sender, receiver) = channel(1);
    let (other, stranger) = channel(1);
    assert!(sender.same_channel(&sender.clone()) && !sender.same_channel(&other));
    assert!(receiver.same_channel(&receiver.clone()) && !receiver.same_channel(&stranger));
    assert_eq!(
        format!("{:?}", receiver.borrow()),
        "Ref { value: 1, has_changed: false }"
    );
    assert!(format!("{receiver:?}").contains("value: 1"));
    sender.send_modify(|_| assert!(format!("{sender:?}").contains("<locked>")));
    assert_eq!(*Sender::<u8>::default().borrow(), 0);
}

#[test]
fn errors_say_what_happened() {
    let (sender, mut receiver) = channel(1);
    drop(sender.clone());
    drop(sender);
    let Poll::Ready(Err(error)) = poll_once(pin!(receiver.changed())) else {
        panic!("closed")
    };
    assert_eq!(
        (format!("{error}"), format!("{error:?}")),
        ("channel closed".into(), "RecvError(())".into())
    );
    let error = Sender::new(1).send(2).unwrap_err();
    assert_eq!(
        (format!("{error}"), format!("{error:?}")),
        ("channel closed".into(), "SendError { .. }".into())
    );
}
