//! The broadcast channel against one list of all that was sent: what each receiver gets, how much it
//! is told that it missed, and that it is woken.
//!
//! Faults 79, 83.
#![no_main]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::sync::broadcast::error::{RecvError, TryRecvError};
use runtime::sync::broadcast::{self, Receiver, Sender};
use runtime_fuzz::Wakes;

#[derive(Arbitrary, Debug)]
enum Op {
    Send,
    TryRecv(u8),
    Recv(u8),
    CancelledRecv(u8),
    Subscribe,
    Resubscribe(u8),
    DropReceiver(u8),
    CloneSender,
    DropSender,
}

#[derive(Arbitrary, Debug)]
struct Input {
    capacity: u8,
    ops: Vec<Op>,
}

type Received = (Receiver<u32>, Result<u32, RecvError>);

/// A receiver rests, or is lent to a future that waits.
enum State {
    Rests(Receiver<u32>),
    Waits(Pin<Box<dyn Future<Output = Received>>>),
}

struct Listener {
    state: Option<State>,
    wakes: Arc<Wakes>,
    /// The number of the next value that it has not seen.
    next: usize,
}

struct Pair {
    capacity: usize,
    senders: Vec<Sender<u32>>,
    listeners: Vec<Listener>,
    sent: usize,
}

impl Pair {
    fn listen(&mut self, receiver: Receiver<u32>) {
        self.listeners.push(Listener {
            state: Some(State::Rests(receiver)),
            wakes: Wakes::new(),
            next: self.sent,
        });
    }

    fn act(&mut self, op: &Op) {
        match *op {
            Op::Send => self.send(),
            Op::TryRecv(which) => self.try_recv(which),
            Op::Recv(which) => self.recv(which, false),
            Op::CancelledRecv(which) => self.recv(which, true),
            Op::Subscribe => {
                let receiver = self.senders.first().filter(|_| self.listeners.len() < 8);
                if let Some(receiver) = receiver.map(Sender::subscribe) {
                    self.listen(receiver);
                }
            }
            Op::Resubscribe(which) => {
                let Some(at) = pick(&self.listeners, which) else {
                    return;
                };
                if let (Some(State::Rests(receiver)), true) =
                    (&self.listeners[at].state, self.listeners.len() < 8)
                {
                    let receiver = receiver.resubscribe();
                    self.listen(receiver);
                }
            }
            Op::DropReceiver(which) => {
                if let Some(at) = pick(&self.listeners, which) {
                    self.listeners.remove(at);
                }
            }
            Op::CloneSender => {
                let clone = self
                    .senders
                    .first()
                    .filter(|_| self.senders.len() < 4)
                    .cloned();
                self.senders.extend(clone);
            }
            Op::DropSender => {
                if self.senders.pop().is_some() && self.senders.is_empty() {
                    self.tell_all();
                }
            }
        }
    }

    fn tell_all(&mut self) {
        for listener in &self.listeners {
            let waits = usize::from(matches!(listener.state, Some(State::Waits(_))));
            // Woken before and not polled since, it is not told again.
            assert!(listener.wakes.count() >= waits.min(1), "who waits is told");
        }
    }

    fn send(&mut self) {
        let Some(sender) = self.senders.first() else {
            return;
        };
        match sender.send(self.sent as u32) {
            Ok(count) => {
                assert_eq!(count, self.listeners.len());
                self.sent += 1;
                self.tell_all();
            }
            Err(_) => assert!(self.listeners.is_empty()),
        }
    }

    /// What the listener gets next: a value, how many it missed, nothing yet, or the end.
    fn expected(&self, at: usize) -> Result<u32, TryRecvError> {
        let next = self.listeners[at].next;
        let oldest = self.sent.saturating_sub(self.capacity);
        if next < oldest {
            Err(TryRecvError::Lagged((oldest - next) as u64))
        } else if next < self.sent {
            Ok(next as u32)
        } else if self.senders.is_empty() {
            Err(TryRecvError::Closed)
        } else {
            Err(TryRecvError::Empty)
        }
    }

    fn got(&mut self, at: usize, got: Result<u32, TryRecvError>) {
        assert_eq!(got, self.expected(at));
        match got {
            Ok(_) => self.listeners[at].next += 1,
            Err(TryRecvError::Lagged(missed)) => self.listeners[at].next += missed as usize,
            Err(TryRecvError::Empty | TryRecvError::Closed) => {}
        }
    }

    fn try_recv(&mut self, which: u8) {
        let Some(at) = pick(&self.listeners, which) else {
            return;
        };
        if let Some(State::Rests(receiver)) = &mut self.listeners[at].state {
            let got = receiver.try_recv();
            self.got(at, got);
        }
    }

    fn recv(&mut self, which: u8, gives_up: bool) {
        let Some(at) = pick(&self.listeners, which) else {
            return;
        };
        let state = self.listeners[at].state.take();
        let wakes = Arc::clone(&self.listeners[at].wakes);
        wakes.take();
        let waker = Waker::from(wakes);
        let mut cx = Context::from_waker(&waker);
        let (state, got) = match state.expect("it is put back") {
            State::Rests(mut receiver) if gives_up => {
                let polled = Box::pin(receiver.recv()).as_mut().poll(&mut cx);
                (State::Rests(receiver), polled)
            }
            state => {
                let mut future = match state {
                    State::Waits(future) => future,
                    State::Rests(mut receiver) => Box::pin(async move {
                        let got = receiver.recv().await;
                        (receiver, got)
                    })
                        as Pin<Box<dyn Future<Output = Received>>>,
                };
                match future.as_mut().poll(&mut cx) {
                    Poll::Ready((receiver, got)) => (State::Rests(receiver), Poll::Ready(got)),
                    Poll::Pending => (State::Waits(future), Poll::Pending),
                }
            }
        };
        self.listeners[at].state = Some(state);
        self.got(
            at,
            match got {
                Poll::Pending => Err(TryRecvError::Empty),
                Poll::Ready(Ok(value)) => Ok(value),
                Poll::Ready(Err(RecvError::Closed)) => Err(TryRecvError::Closed),
                Poll::Ready(Err(RecvError::Lagged(missed))) => Err(TryRecvError::Lagged(missed)),
            },
        );
    }
}

fn pick<T>(of: &[T], which: u8) -> Option<usize> {
    (!of.is_empty()).then(|| usize::from(which) % of.len())
}

fuzz_target!(|input: Input| {
    let (sender, receiver) = broadcast::channel(usize::from(input.capacity % 9) + 1);
    let mut pair = Pair {
        capacity: (usize::from(input.capacity % 9) + 1).next_power_of_two(),
        senders: vec![sender],
        listeners: Vec::new(),
        sent: 0,
    };
    pair.listen(receiver);
    for op in &input.ops {
        pair.act(op);
    }
});
