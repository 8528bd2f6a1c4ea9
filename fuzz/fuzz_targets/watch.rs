//! The watch channel against a version and a value: who is told of what, and what it then sees.
//!
//! Fault 79.
#![no_main]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::sync::watch::{self, Receiver, Sender};
use runtime_fuzz::Wakes;

#[derive(Arbitrary, Debug)]
enum Op {
    Send,
    SendModify,
    SendIfModified(bool),
    SendReplace,
    Update(u8),
    MarkChanged(u8),
    MarkUnchanged(u8),
    Changed(u8),
    WaitFor(u8, u8),
    GiveUp(u8),
    Clone(u8),
    Subscribe,
    DropReceiver(u8),
    DropSender,
}

/// What a wait gives back: its receiver, and whether the sender was there.
type Waiting = Pin<Box<dyn Future<Output = (Receiver<u32>, Option<u32>)>>>;

struct Viewer {
    rests: Option<Receiver<u32>>,
    waits: Option<(Waiting, Option<u32>)>,
    wakes: Arc<Wakes>,
    seen: u32,
    marked: bool,
}

struct Pair {
    sender: Option<Sender<u32>>,
    viewers: Vec<Viewer>,
    version: u32,
    value: u32,
}

impl Pair {
    fn view(&mut self, receiver: Receiver<u32>, seen: u32, marked: bool) {
        if self.viewers.len() < 8 {
            self.viewers.push(Viewer {
                rests: Some(receiver),
                waits: None,
                wakes: Wakes::new(),
                seen,
                marked,
            });
        }
    }

    fn act(&mut self, op: &Op) {
        let next = self.value + 1;
        match *op {
            Op::Send => {
                let Some(sender) = &self.sender else { return };
                let sent = sender.send(next);
                assert_eq!(sent.is_ok(), !self.viewers.is_empty());
                if sent.is_ok() {
                    self.changed();
                }
            }
            Op::SendModify => {
                let Some(sender) = &self.sender else { return };
                sender.send_modify(|value| *value = next);
                self.changed();
            }
            Op::SendIfModified(modifies) => {
                let Some(sender) = &self.sender else { return };
                let told = sender.send_if_modified(|value| {
                    *value = if modifies { next } else { *value };
                    modifies
                });
                assert_eq!(told, modifies);
                if modifies {
                    self.changed();
                }
            }
            Op::SendReplace => {
                let Some(sender) = &self.sender else { return };
                assert_eq!(sender.send_replace(next), self.value);
                self.changed();
            }
            Op::Subscribe => {
                if let Some(receiver) = self.sender.as_ref().map(Sender::subscribe) {
                    self.view(receiver, self.version, false);
                }
            }
            Op::DropSender => {
                if self.sender.take().is_some() {
                    self.tell_all();
                }
            }
            _ => self.act_on_viewer(op),
        }
    }

    fn changed(&mut self) {
        self.version += 1;
        self.value += 1;
        self.tell_all();
    }

    fn tell_all(&self) {
        let waits = self.viewers.iter().filter(|viewer| viewer.waits.is_some());
        waits.for_each(|viewer| assert_ne!(viewer.wakes.count(), 0, "who waits is told"));
    }

    fn act_on_viewer(&mut self, op: &Op) {
        let (Op::Update(which)
        | Op::MarkChanged(which)
        | Op::MarkUnchanged(which)
        | Op::Changed(which)
        | Op::WaitFor(which, _)
        | Op::GiveUp(which)
        | Op::Clone(which)
        | Op::DropReceiver(which)) = *op
        else {
            unreachable!("the others are the sender's");
        };
        if self.viewers.is_empty() {
            return;
        }
        let at = usize::from(which) % self.viewers.len();
        let (version, value) = (self.version, self.value);
        let viewer = &mut self.viewers[at];
        match *op {
            Op::Changed(_) => return self.wait(at, None),
            Op::WaitFor(_, target) => return self.wait(at, Some(u32::from(target))),
            Op::DropReceiver(_) => {
                self.viewers.swap_remove(at);
                return;
            }
            _ => {}
        }
        let Some(receiver) = &mut viewer.rests else {
            if matches!(op, Op::GiveUp(_)) {
                self.viewers.swap_remove(at);
            }
            return;
        };
        match *op {
            Op::Update(_) => {
                let told = receiver.borrow_and_update();
                assert_eq!(*told, value);
                assert_eq!(told.has_changed(), viewer.marked || viewer.seen != version);
                (viewer.seen, viewer.marked) = (version, false);
            }
            Op::MarkChanged(_) => {
                receiver.mark_changed();
                viewer.marked = true;
            }
            Op::MarkUnchanged(_) => {
                receiver.mark_unchanged();
                (viewer.seen, viewer.marked) = (version, false);
            }
            Op::Clone(_) => {
                let (clone, seen, marked) = (receiver.clone(), viewer.seen, viewer.marked);
                self.view(clone, seen, marked);
            }
            _ => {}
        }
    }

    fn wait(&mut self, at: usize, target: Option<u32>) {
        let viewer = &mut self.viewers[at];
        let (mut future, target) = match (viewer.waits.take(), viewer.rests.take()) {
            (Some(waits), _) => waits,
            (None, Some(mut receiver)) => {
                let future: Waiting = Box::pin(async move {
                    let outcome = match target {
                        Some(target) => {
                            let found = receiver.wait_for(|value| *value >= target).await;
                            found.map(|found| *found).ok()
                        }
                        None => receiver.changed().await.ok().map(|()| 0),
                    };
                    (receiver, outcome)
                });
                (future, target)
            }
            (None, None) => unreachable!("it rests or waits"),
        };
        viewer.wakes.take();
        let waker = Waker::from(Arc::clone(&viewer.wakes));
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        let is_new = viewer.marked || viewer.seen != self.version;
        let is_there = target.map_or(is_new, |target| self.value >= target);
        match polled {
            Poll::Pending => {
                assert!(
                    !is_there && self.sender.is_some(),
                    "there is something to tell"
                );
                if target.is_some() {
                    (viewer.seen, viewer.marked) = (self.version, false);
                }
                viewer.waits = Some((future, target));
            }
            Poll::Ready((receiver, Some(found))) => {
                assert!(is_there);
                assert!(target.is_none() || found == self.value);
                (viewer.seen, viewer.marked) = (self.version, false);
                viewer.rests = Some(receiver);
            }
            Poll::Ready((receiver, None)) => {
                assert!(
                    self.sender.is_none() && !is_there,
                    "a value comes before the end"
                );
                viewer.rests = Some(receiver);
                if target.is_some() {
                    (viewer.seen, viewer.marked) = (self.version, false);
                }
            }
        }
    }

    fn check(&mut self) {
        if let Some(sender) = &self.sender {
            assert_eq!(sender.receiver_count(), self.viewers.len());
            assert_eq!(*sender.borrow(), self.value);
        }
        for viewer in &self.viewers {
            let Some(receiver) = &viewer.rests else {
                continue;
            };
            assert_eq!(*receiver.borrow(), self.value);
            match receiver.has_changed() {
                Ok(told) => {
                    assert_eq!(told, viewer.marked || viewer.seen != self.version);
                    assert!(self.sender.is_some());
                }
                Err(_) => assert!(self.sender.is_none()),
            }
        }
    }
}

fuzz_target!(|ops: Vec<Op>| {
    let (sender, receiver) = watch::channel(0);
    let mut pair = Pair {
        sender: Some(sender),
        viewers: Vec::new(),
        version: 0,
        value: 0,
    };
    pair.view(receiver, 0, false);
    for op in &ops {
        pair.act(op);
        pair.check();
    }
});
