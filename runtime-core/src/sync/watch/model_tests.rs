//! The channel against a sequential model, with waits cancelled at random points.

use std::pin::{Pin, pin};
use std::task::Poll;

use proptest::prelude::*;

use super::error::RecvError;
use super::{Receiver, Sender, channel};
use crate::sync::test_support::{Woken, poll_once};

#[derive(Debug, Clone, Copy)]
enum Op {
    Send,
    SendIf(bool),
    Replace,
    Subscribe,
    Clone(usize),
    Drop(usize),
    Update(usize),
    Mark(usize, bool),
    Changed(usize),
    WaitForEven(usize),
    Wait(usize),
    PollWait(usize),
    Cancel(usize),
    DropSender,
}

fn op() -> impl Strategy<Value = Op> {
    let which = || 0..5_usize;
    prop_oneof![
        5 => Just(Op::Send),
        2 => any::<bool>().prop_map(Op::SendIf),
        1 => Just(Op::Replace),
        2 => Just(Op::Subscribe),
        2 => which().prop_map(Op::Clone),
        1 => which().prop_map(Op::Drop),
        2 => which().prop_map(Op::Update),
        2 => (which(), any::<bool>()).prop_map(|(which, changed)| Op::Mark(which, changed)),
        4 => which().prop_map(Op::Changed),
        2 => which().prop_map(Op::WaitForEven),
        3 => which().prop_map(Op::Wait),
        5 => which().prop_map(Op::PollWait),
        2 => which().prop_map(Op::Cancel),
        1 => Just(Op::DropSender),
    ]
}

/// A receiver beside what the model knows: whether it has seen the value.
struct Watcher {
    receiver: Receiver<u32>,
    seen: bool,
}

type Waiting = Pin<Box<dyn Future<Output = (Receiver<u32>, Result<(), RecvError>)>>>;

/// A receiver that waits, with its waker, and how often that was woken.
struct Wait {
    future: Waiting,
    woken: Woken,
    seen: bool,
    polled: bool,
    times: usize,
}

struct Pair {
    sender: Option<Sender<u32>>,
    watchers: Vec<Watcher>,
    waits: Vec<Wait>,
    value: u32,
}

impl Pair {
    fn receivers(&self) -> usize {
        self.watchers.len() + self.waits.len()
    }

    /// The value has changed for all, or there will be no other.
    fn tell(&mut self, changed: bool) {
        for watcher in self.watchers.iter_mut().filter(|_| changed) {
            watcher.seen = false;
        }
        for wait in &mut self.waits {
            wait.times += usize::from(wait.polled && wait.times == 0);
            wait.seen &= !changed;
        }
    }

    fn send(&mut self, op: Op) -> Result<(), TestCaseError> {
        let Some(sender) = &self.sender else {
            return Ok(());
        };
        let next = self.value + 1;
        let changed = match op {
            Op::Send => {
                let sent = sender.send(next).is_ok();
                prop_assert_eq!(sent, self.receivers() > 0);
                sent
            }
            Op::SendIf(changes) => {
                let sent = sender.send_if_modified(|value| {
                    *value = next;
                    changes
                });
                prop_assert_eq!(sent, changes);
                self.value = next;
                sent
            }
            _ => {
                prop_assert_eq!(sender.send_replace(next), self.value);
                true
            }
        };
        if changed {
            self.value = next;
            self.tell(true);
        }
        Ok(())
    }

    fn look(&mut self, op: Op, which: usize) -> Result<(), TestCaseError> {
        let (is_open, value) = (self.sender.is_some(), self.value);
        let Some(watcher) = self.watchers.get_mut(which) else {
            return Ok(());
        };
        match op {
            Op::Update(_) => {
                let got = watcher.receiver.borrow_and_update();
                prop_assert_eq!((*got, got.has_changed()), (value, !watcher.seen));
                watcher.seen = true;
            }
            Op::Mark(_, true) => {
                watcher.receiver.mark_changed();
                watcher.seen = false;
            }
            Op::Mark(_, false) => {
                watcher.receiver.mark_unchanged();
                watcher.seen = true;
            }
            Op::Changed(_) => {
                let expected = match (watcher.seen, is_open) {
                    (false, _) => Poll::Ready(true),
                    (true, true) => Poll::Pending,
                    (true, false) => Poll::Ready(false),
                };
                let got = poll_once(pin!(watcher.receiver.changed())).map(|it| it.is_ok());
                prop_assert_eq!(got, expected);
                watcher.seen = true;
            }
            _ => {
                let polled = poll_once(pin!(watcher.receiver.wait_for(|it| it % 2 == 0)));
                match polled {
                    Poll::Ready(Ok(got)) => prop_assert_eq!((*got, value % 2), (value, 0)),
                    Poll::Ready(Err(_)) => prop_assert!(!is_open && value % 2 == 1),
                    Poll::Pending => prop_assert!(is_open && value % 2 == 1),
                }
                watcher.seen = true;
            }
        }
        Ok(())
    }

    fn wait(&mut self, op: Op, which: usize) -> Result<(), TestCaseError> {
        match op {
            Op::Wait(_) if which < self.watchers.len() => {
                let Watcher { mut receiver, seen } = self.watchers.swap_remove(which);
                let future = Box::pin(async move {
                    let changed = receiver.changed().await;
                    (receiver, changed)
                });
                self.waits.push(Wait {
                    future,
                    woken: Woken::new(),
                    seen,
                    polled: false,
                    times: 0,
                });
            }
            Op::PollWait(_) if which < self.waits.len() => {
                let wait = &mut self.waits[which];
                wait.polled = true;
                let Poll::Ready((receiver, changed)) = wait.woken.poll(wait.future.as_mut()) else {
                    prop_assert!(
                        wait.seen && self.sender.is_some(),
                        "there was a reason to wake"
                    );
                    return Ok(());
                };
                prop_assert_eq!(changed.is_ok(), !wait.seen);
                prop_assert!(!wait.seen || self.sender.is_none());
                self.waits.swap_remove(which);
                self.watchers.push(Watcher {
                    receiver,
                    seen: true,
                });
            }
            Op::Cancel(_) if which < self.waits.len() => {
                drop(self.waits.swap_remove(which));
            }
            _ => {}
        }
        Ok(())
    }

    fn run(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Send | Op::SendIf(_) | Op::Replace => self.send(op)?,
            Op::Subscribe => {
                if let Some(sender) = &self.sender {
                    let receiver = sender.subscribe();
                    self.watchers.push(Watcher {
                        receiver,
                        seen: true,
                    });
                }
            }
            Op::Clone(which) => {
                if let Some(Watcher { receiver, seen }) = self.watchers.get(which) {
                    let (receiver, seen) = (receiver.clone(), *seen);
                    self.watchers.push(Watcher { receiver, seen });
                }
            }
            Op::Drop(which) => {
                if which < self.watchers.len() {
                    drop(self.watchers.swap_remove(which));
                }
            }
            Op::Update(which) | Op::Mark(which, _) => self.look(op, which)?,
            Op::Changed(which) | Op::WaitForEven(which) => self.look(op, which)?,
            Op::Wait(which) | Op::PollWait(which) | Op::Cancel(which) => self.wait(op, which)?,
            Op::DropSender => {
                if self.sender.take().is_some() {
                    self.tell(false);
                }
            }
        }
        for watcher in &self.watchers {
            prop_assert_eq!(*watcher.receiver.borrow(), self.value);
            let has_changed = watcher.receiver.has_changed().ok();
            prop_assert_eq!(has_changed, self.sender.as_ref().map(|_| !watcher.seen));
        }
        for wait in &self.waits {
            prop_assert_eq!(wait.woken.times(), wait.times);
        }
        if let Some(sender) = &self.sender {
            prop_assert_eq!(sender.receiver_count(), self.receivers());
            prop_assert_eq!(
                poll_once(pin!(sender.closed())).is_ready(),
                self.receivers() == 0
            );
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn fault_079_watch_agrees_with_a_sequential_model(ops in prop::collection::vec(op(), 0..80)) {
        let (sender, receiver) = channel(0);
        let mut pair = Pair {
            sender: Some(sender),
            watchers: vec![Watcher { receiver, seen: true }],
            waits: Vec::new(),
            value: 0,
        };
        for op in ops {
            pair.run(op)?;
        }
    }
}
