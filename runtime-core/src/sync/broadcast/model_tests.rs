//! The channel against a sequential model, with receives cancelled at random points.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use proptest::prelude::*;

use super::error::{RecvError, TryRecvError};
use super::{Receiver, Sender, channel};
use crate::sync::test_support::{Woken, poll_once};

const CAPACITY: usize = 4;

#[derive(Debug, Clone, Copy)]
enum Op {
    Send,
    Subscribe,
    Resubscribe(usize),
    Drop(usize),
    TryRecv(usize),
    Recv(usize),
    Wait(usize),
    PollWait(usize),
    Cancel(usize),
    DropSender,
}

fn op() -> impl Strategy<Value = Op> {
    let which = || 0..4_usize;
    prop_oneof![
        8 => Just(Op::Send),
        1 => Just(Op::Subscribe),
        1 => which().prop_map(Op::Resubscribe),
        1 => which().prop_map(Op::Drop),
        5 => which().prop_map(Op::TryRecv),
        3 => which().prop_map(Op::Recv),
        2 => which().prop_map(Op::Wait),
        5 => which().prop_map(Op::PollWait),
        1 => which().prop_map(Op::Cancel),
        1 => Just(Op::DropSender),
    ]
}

/// A value that counts how many of it are alive.
#[derive(Clone)]
struct Value {
    number: usize,
    _token: Arc<()>,
}

/// A receiver beside the model's place of it.
struct Reader {
    receiver: Receiver<Value>,
    next: usize,
}

type Waiting = Pin<Box<dyn Future<Output = (Receiver<Value>, Result<Value, RecvError>)>>>;

struct Wait {
    future: Waiting,
    woken: Woken,
    next: usize,
    polled: bool,
    times: usize,
}

struct Pair {
    sender: Option<Sender<Value>>,
    readers: Vec<Reader>,
    waits: Vec<Wait>,
    /// How many were sent; each value is its number.
    sent: usize,
    token: Arc<()>,
}

impl Pair {
    /// What who reads `next` gets, and where it goes on.
    fn expected(&self, next: usize) -> (Result<usize, TryRecvError>, usize) {
        let oldest = self.sent.saturating_sub(CAPACITY);
        if next < oldest {
            let missed = (oldest - next) as u64;
            return (Err(TryRecvError::Lagged(missed)), oldest);
        }
        match (next < self.sent, self.sender.is_some()) {
            (true, _) => (Ok(next), next + 1),
            (false, true) => (Err(TryRecvError::Empty), next),
            (false, false) => (Err(TryRecvError::Closed), next),
        }
    }

    /// How many values are kept: those that somebody has yet to pass.
    fn kept(&self) -> usize {
        let places = self.readers.iter().map(|it| it.next);
        let places = places.chain(self.waits.iter().map(|it| it.next));
        let behind = places.map(|next| self.sent - next).max();
        behind.unwrap_or(0).min(CAPACITY)
    }

    fn wake_all(&mut self) {
        for wait in &mut self.waits {
            wait.times += usize::from(wait.polled && wait.times == 0);
        }
    }

    fn receive(&mut self, op: Op, which: usize) -> Result<(), TestCaseError> {
        let Some(next) = self.readers.get(which).map(|it| it.next) else {
            return Ok(());
        };
        let (expected, then) = self.expected(next);
        let reader = &mut self.readers[which];
        let got = match op {
            Op::TryRecv(_) => reader.receiver.try_recv(),
            _ => match poll_once(pin!(reader.receiver.recv())) {
                Poll::Pending => Err(TryRecvError::Empty),
                Poll::Ready(outcome) => outcome.map_err(flat),
            },
        };
        prop_assert_eq!(got.map(|it| it.number), expected);
        reader.next = then;
        Ok(())
    }

    fn wait(&mut self, op: Op, which: usize) -> Result<(), TestCaseError> {
        match op {
            Op::Wait(_) if which < self.readers.len() => {
                let Reader { mut receiver, next } = self.readers.swap_remove(which);
                let future = Box::pin(async move {
                    let received = receiver.recv().await;
                    (receiver, received)
                });
                self.waits.push(Wait {
                    future,
                    woken: Woken::new(),
                    next,
                    polled: false,
                    times: 0,
                });
            }
            Op::PollWait(_) if which < self.waits.len() => {
                let (expected, next) = self.expected(self.waits[which].next);
                let wait = &mut self.waits[which];
                wait.polled = true;
                let Poll::Ready((receiver, got)) = wait.woken.poll(wait.future.as_mut()) else {
                    prop_assert_eq!(expected, Err(TryRecvError::Empty));
                    return Ok(());
                };
                prop_assert_eq!(got.map(|it| it.number).map_err(flat), expected);
                self.waits.swap_remove(which);
                self.readers.push(Reader { receiver, next });
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
            Op::Send => {
                let receivers = self.readers.len() + self.waits.len();
                let Some(sender) = &self.sender else {
                    return Ok(());
                };
                let sent = sender.send(Value {
                    number: self.sent,
                    _token: Arc::clone(&self.token),
                });
                prop_assert_eq!(sent.ok(), (receivers > 0).then_some(receivers));
                if receivers > 0 {
                    self.sent += 1;
                    self.wake_all();
                }
            }
            Op::Subscribe => {
                if let Some(sender) = &self.sender {
                    let (receiver, next) = (sender.subscribe(), self.sent);
                    self.readers.push(Reader { receiver, next });
                }
            }
            Op::Resubscribe(which) => {
                if let Some(reader) = self.readers.get(which) {
                    let (receiver, next) = (reader.receiver.resubscribe(), self.sent);
                    self.readers.push(Reader { receiver, next });
                }
            }
            Op::Drop(which) => {
                if which < self.readers.len() {
                    drop(self.readers.swap_remove(which));
                }
            }
            Op::TryRecv(which) | Op::Recv(which) => self.receive(op, which)?,
            Op::Wait(which) | Op::PollWait(which) | Op::Cancel(which) => self.wait(op, which)?,
            Op::DropSender => {
                if self.sender.take().is_some() {
                    self.wake_all();
                }
            }
        }
        self.check()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for reader in &self.readers {
            prop_assert_eq!(reader.receiver.len(), self.sent - reader.next);
        }
        for wait in &self.waits {
            prop_assert_eq!(wait.woken.times(), wait.times);
        }
        prop_assert_eq!(Arc::strong_count(&self.token) - 1, self.kept());
        if let Some(sender) = &self.sender {
            prop_assert_eq!(sender.len(), self.kept());
            prop_assert_eq!(
                sender.receiver_count(),
                self.readers.len() + self.waits.len()
            );
        }
        Ok(())
    }
}

fn flat(error: RecvError) -> TryRecvError {
    match error {
        RecvError::Closed => TryRecvError::Closed,
        RecvError::Lagged(missed) => TryRecvError::Lagged(missed),
    }
}

proptest! {
    #[test]
    fn fault_079_broadcast_agrees_with_a_sequential_model(
        ops in prop::collection::vec(op(), 0..80)
    ) {
        let (sender, receiver) = channel(CAPACITY);
        let mut pair = Pair {
            sender: Some(sender),
            readers: vec![Reader { receiver, next: 0 }],
            waits: Vec::new(),
            sent: 0,
            token: Arc::new(()),
        };
        for op in ops {
            pair.run(op)?;
        }
    }
}
