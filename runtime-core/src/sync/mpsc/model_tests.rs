//! The bounded channel against a sequential model, with operations cancelled at random points.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::Poll;

use proptest::prelude::*;

use super::error::{SendError, TryRecvError, TrySendError};
use super::{OwnedPermit, Receiver, Sender, channel};
use crate::sync::test_support::{Woken, poll_once};

const CAPACITY: usize = 2;

#[derive(Debug, Clone, Copy)]
enum Op {
    TrySend,
    Reserve,
    PollReserve(usize),
    Cancel(usize),
    SendPermit,
    DropPermit,
    Recv,
    TryRecv,
    RecvMany(usize),
    Close,
    DropSenders,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::TrySend),
        3 => Just(Op::Reserve),
        6 => (0..6_usize).prop_map(Op::PollReserve),
        2 => (0..6_usize).prop_map(Op::Cancel),
        3 => Just(Op::SendPermit),
        1 => Just(Op::DropPermit),
        3 => Just(Op::Recv),
        2 => Just(Op::TryRecv),
        2 => (0..4_usize).prop_map(Op::RecvMany),
        1 => Just(Op::Close),
        1 => Just(Op::DropSenders),
    ]
}

type Reserving = Pin<Box<dyn Future<Output = Result<OwnedPermit<u32>, SendError<()>>>>>;

/// The channel beside its model.
struct Pair {
    tx: Option<Sender<u32>>,
    rx: Receiver<u32>,
    reserving: Vec<Option<Reserving>>,
    permits: Vec<OwnedPermit<u32>>,
    /// The model: values in the channel, who waits in which order, whether it was closed.
    values: VecDeque<u32>,
    queue: Vec<usize>,
    closed: bool,
    next: u32,
    woken: Woken,
}

impl Pair {
    fn new() -> Pair {
        let (tx, rx) = channel(CAPACITY);
        Pair {
            tx: Some(tx),
            rx,
            reserving: Vec::new(),
            permits: Vec::new(),
            values: VecDeque::new(),
            queue: Vec::new(),
            closed: false,
            next: 0,
            woken: Woken::new(),
        }
    }

    fn free(&self) -> usize {
        CAPACITY - self.values.len() - self.permits.len()
    }

    fn has_sender(&self) -> bool {
        self.tx.is_some() || !self.permits.is_empty() || self.reserving.iter().any(Option::is_some)
    }

    /// Whether the next receive gives `None`, when no value is there.
    fn is_over(&self) -> bool {
        !self.has_sender() || (self.closed && self.permits.is_empty())
    }

    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn poll_reserve(&mut self, index: usize) -> Result<(), TestCaseError> {
        let Some(Some(future)) = self.reserving.get_mut(index) else {
            return Ok(());
        };
        let polled = self.woken.poll(future.as_mut());
        if polled.is_pending() {
            prop_assert!(!self.closed);
            if !self.queue.contains(&index) {
                self.queue.push(index);
            }
            let place = self.queue.iter().position(|it| *it == index);
            prop_assert!(place >= Some(self.free()), "its turn has come");
            return Ok(());
        }
        let place = self
            .queue
            .iter()
            .position(|it| *it == index)
            .unwrap_or(self.queue.len());
        let free = self.free();
        self.queue.retain(|it| *it != index);
        self.reserving[index] = None;
        match polled {
            // Granted before the close counts, as long as it stood within the room there was.
            Poll::Ready(Ok(permit)) => {
                prop_assert!(place < free, "overtook");
                self.permits.push(permit);
            }
            _ => prop_assert!(self.closed),
        }
        Ok(())
    }

    fn received(&mut self, got: Option<u32>) -> Result<(), TestCaseError> {
        prop_assert_eq!(got, self.values.pop_front());
        Ok(())
    }

    fn run(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::TrySend => {
                let value = self.fresh();
                let Some(tx) = &self.tx else { return Ok(()) };
                let expected = if self.closed {
                    Err(TrySendError::Closed(value))
                } else if self.free() <= self.queue.len() {
                    Err(TrySendError::Full(value))
                } else {
                    Ok(())
                };
                prop_assert_eq!(tx.try_send(value), expected);
                if expected.is_ok() {
                    self.values.push_back(value);
                }
            }
            Op::Reserve => {
                if let Some(tx) = &self.tx {
                    self.reserving
                        .push(Some(Box::pin(tx.clone().reserve_owned())));
                }
            }
            Op::PollReserve(index) => self.poll_reserve(index)?,
            Op::Cancel(index) => {
                if let Some(future) = self.reserving.get_mut(index) {
                    *future = None;
                    self.queue.retain(|it| *it != index);
                }
            }
            Op::SendPermit => {
                if let Some(permit) = self.permits.pop() {
                    let value = self.fresh();
                    drop(permit.send(value));
                    self.values.push_back(value);
                }
            }
            Op::DropPermit => drop(self.permits.pop()),
            Op::Close => {
                // What was granted and not yet polled stays out, which this model does not
                // follow: settle it first.
                for index in 0..self.reserving.len() {
                    self.reserving[index] = None;
                }
                self.queue.clear();
                self.rx.close();
                self.closed = true;
            }
            Op::DropSenders => self.tx = None,
            Op::Recv | Op::TryRecv | Op::RecvMany(_) => self.receive(op)?,
        }
        prop_assert_eq!(self.rx.len(), self.values.len());
        prop_assert_eq!(
            self.rx.capacity(),
            self.free().saturating_sub(self.queue.len())
        );
        prop_assert_eq!(self.rx.is_closed(), self.closed || !self.has_sender());
        Ok(())
    }

    fn receive(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Recv => {
                let polled = poll_once(pin!(self.rx.recv()));
                match polled {
                    Poll::Ready(got) => {
                        prop_assert!(got.is_some() || self.is_over());
                        self.received(got)
                    }
                    Poll::Pending => {
                        prop_assert!(self.values.is_empty() && !self.is_over());
                        Ok(())
                    }
                }
            }
            Op::TryRecv => match self.rx.try_recv() {
                Ok(got) => self.received(Some(got)),
                Err(error) => {
                    prop_assert_eq!(error == TryRecvError::Disconnected, self.is_over());
                    self.received(None)
                }
            },
            Op::RecvMany(limit) => {
                let mut got = Vec::new();
                let polled = poll_once(pin!(self.rx.recv_many(&mut got, limit)));
                let expected = limit.min(self.values.len());
                match polled {
                    Poll::Ready(count) => prop_assert_eq!(count, expected),
                    Poll::Pending => prop_assert!(expected == 0 && !self.is_over()),
                }
                prop_assert!(got.into_iter().eq(self.values.drain(..expected)));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

proptest! {
    #[test]
    fn fault_079_mpsc_agrees_with_a_sequential_model(ops in prop::collection::vec(op(), 0..60)) {
        let mut pair = Pair::new();
        for op in ops {
            pair.run(op)?;
        }
    }
}
