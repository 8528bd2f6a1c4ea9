//! The bounded channel of one receiver against a queue: with senders who wait and may give up at any
//! time, reserved places, weak senders, a close, and the wakes of those in line.
//!
//! Faults 79, 81.
#![no_main]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::sync::mpsc::error::{TryRecvError, TrySendError};
use runtime::sync::mpsc::{self, OwnedPermit, Receiver, Sender, WeakSender};
use runtime_fuzz::Wakes;

#[derive(Arbitrary, Debug)]
enum Op {
    TrySend,
    Send,
    Reserve,
    TryReserve,
    ReserveInVain,
    PollSend(u8),
    GiveUp(u8),
    UsePermit(u8),
    ReleasePermit(u8),
    DropPermit(u8),
    ReserveMany { count: u8, uses: u8 },
    TryRecv,
    Recv,
    RecvMany(u8),
    CloneSender,
    DropSender,
    Downgrade,
    Upgrade,
    Close,
    DropReceiver,
}

#[derive(Arbitrary, Debug)]
struct Input {
    capacity: u8,
    ops: Vec<Op>,
}

/// What waits for a place: with a value to send, or for the place itself.
struct Waiting {
    future: Pin<Box<dyn Future<Output = Result<Option<OwnedPermit<u32>>, ()>>>>,
    value: Option<u32>,
    wakes: Arc<Wakes>,
    /// Whether a place is its own already.
    is_served: bool,
    is_polled: bool,
}

struct Pair {
    senders: Vec<Sender<u32>>,
    weak: Option<WeakSender<u32>>,
    receiver: Option<Receiver<u32>>,
    receiver_wakes: Arc<Wakes>,
    receiver_waits: bool,
    permits: Vec<OwnedPermit<u32>>,
    waiting: Vec<Waiting>,
    // The model: what is queued, how many places are free, and who waits for one, in order.
    queue: VecDeque<u32>,
    free: usize,
    line: VecDeque<*const Wakes>,
    closed: bool,
    next: u32,
    capacity: usize,
}

impl Pair {
    fn new(capacity: usize) -> Pair {
        let (sender, receiver) = mpsc::channel(capacity);
        Pair {
            senders: vec![sender],
            weak: None,
            receiver: Some(receiver),
            receiver_wakes: Wakes::new(),
            receiver_waits: false,
            permits: Vec::new(),
            waiting: Vec::new(),
            queue: VecDeque::new(),
            free: capacity,
            line: VecDeque::new(),
            closed: false,
            next: 0,
            capacity,
        }
    }

    fn value(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// A place is free again: the first in line has it.
    fn place_freed(&mut self) {
        match self.line.pop_front() {
            Some(first) => {
                let waiting = self.waiting.iter_mut();
                let mut of = waiting.filter(|waiting| Arc::as_ptr(&waiting.wakes) == first);
                let served = of.next().expect("who is in line waits");
                served.is_served = true;
                assert_eq!(served.wakes.take(), 1, "the first in line is told");
            }
            None => self.free += 1,
        }
    }

    fn act(&mut self, op: &Op) {
        match *op {
            Op::TrySend => self.try_send(),
            Op::Send => self.begin(true),
            Op::Reserve => self.begin(false),
            Op::TryReserve => self.try_reserve(),
            Op::ReserveInVain => {
                let reserved = self.senders.last().map(Sender::try_reserve);
                let is_there = reserved.is_some_and(|permit| permit.is_ok());
                assert!(!is_there || !self.closed && self.free > 0);
            }
            Op::PollSend(which) => self.poll_send(which),
            Op::GiveUp(which) => self.give_up(which),
            Op::UsePermit(which) => {
                if let Some(at) = pick(&self.permits, which) {
                    let value = self.value();
                    let permit = self.permits.swap_remove(at);
                    self.senders.push(permit.send(value));
                    self.sent(value);
                }
            }
            Op::ReserveMany { count, uses } => self.reserve_many(count.into(), uses.into()),
            Op::DropPermit(which) => {
                if let Some(at) = pick(&self.permits, which) {
                    drop(self.permits.swap_remove(at));
                    self.place_freed();
                }
            }
            Op::ReleasePermit(which) => {
                if let Some(at) = pick(&self.permits, which) {
                    let permit = self.permits.swap_remove(at);
                    self.senders.push(permit.release());
                    self.place_freed();
                }
            }
            Op::TryRecv => self.try_recv(),
            Op::Recv => self.recv(),
            Op::RecvMany(limit) => self.recv_many(usize::from(limit % 8)),
            Op::CloneSender => {
                if let Some(sender) = self.senders.last().filter(|_| self.senders.len() < 8) {
                    self.senders.push(sender.clone());
                }
            }
            Op::DropSender => drop(self.senders.pop()),
            Op::Downgrade => self.weak = self.senders.last().map(Sender::downgrade),
            Op::Upgrade => {
                let strong = self.strong();
                if let Some(weak) = &self.weak {
                    let upgraded = weak.upgrade();
                    assert_eq!(upgraded.is_some(), strong != 0);
                    self.senders.extend(upgraded);
                }
            }
            Op::Close => {
                if let Some(receiver) = &mut self.receiver {
                    receiver.close();
                    self.closes();
                }
            }
            Op::DropReceiver => {
                if self.receiver.take().is_some() {
                    self.closes();
                    self.queue.clear();
                }
            }
        }
    }

    fn strong(&self) -> usize {
        self.senders.len() + self.permits.len() + self.waiting.len()
    }

    fn closes(&mut self) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        for waiting in self.waiting.iter().filter(|waiting| waiting.is_polled) {
            let told = waiting.wakes.take();
            assert!(waiting.is_served || told == 1, "who is in line is told");
        }
        self.line.clear();
    }

    fn sent(&mut self, value: u32) {
        if self.receiver.is_some() {
            self.queue.push_back(value);
            if std::mem::take(&mut self.receiver_waits) {
                assert_eq!(self.receiver_wakes.take(), 1, "who receives is told");
            }
        }
    }

    fn try_send(&mut self) {
        let value = self.value();
        let Some(sender) = self.senders.last() else {
            return;
        };
        match sender.try_send(value) {
            Ok(()) => {
                assert!(!self.closed && self.free > 0);
                self.free -= 1;
                self.sent(value);
            }
            Err(TrySendError::Full(back)) => {
                assert_eq!((back, self.free, self.closed), (value, 0, false));
            }
            Err(TrySendError::Closed(back)) => assert_eq!((back, self.closed), (value, true)),
        }
    }

    fn try_reserve(&mut self) {
        let Some(sender) = self.senders.pop() else {
            return;
        };
        match sender.try_reserve_owned() {
            Ok(permit) => {
                assert!(!self.closed && self.free > 0);
                self.free -= 1;
                self.permits.push(permit);
            }
            Err(TrySendError::Full(sender)) => {
                assert_eq!((self.free, self.closed), (0, false));
                self.senders.push(sender);
            }
            Err(TrySendError::Closed(sender)) => {
                assert!(self.closed);
                self.senders.push(sender);
            }
        }
    }

    /// Takes `count` places at once, uses some of them, and gives the others back.
    fn reserve_many(&mut self, count: usize, uses: usize) {
        let Some(sender) = self.senders.pop() else {
            return;
        };
        let mut sent = Vec::new();
        match sender.try_reserve_many(count) {
            Ok(permits) => {
                assert!(!self.closed && self.free >= count);
                for permit in permits.take(uses) {
                    self.next += 1;
                    permit.send(self.next);
                    sent.push(self.next);
                }
                self.free -= sent.len();
            }
            // More than there can ever be: whether it is closed is not asked.
            Err(TrySendError::Full(())) if count > self.capacity => {}
            Err(TrySendError::Full(())) => assert!(!self.closed && self.free < count),
            Err(TrySendError::Closed(())) => assert!(self.closed),
        }
        self.senders.push(sender);
        for value in sent {
            self.queue.push_back(value);
        }
        if !self.queue.is_empty() {
            self.receiver_waits = false;
            self.receiver_wakes.take();
        }
    }

    fn begin(&mut self, with_value: bool) {
        let value = with_value.then(|| self.value());
        let Some(sender) = self
            .senders
            .last()
            .filter(|_| self.waiting.len() < 8)
            .cloned()
        else {
            return;
        };
        let future: Pin<Box<dyn Future<Output = _>>> = match value {
            Some(value) => {
                Box::pin(async move { sender.send(value).await.map(|()| None).map_err(|_| ()) })
            }
            None => Box::pin(async move { sender.reserve_owned().await.map(Some).map_err(|_| ()) }),
        };
        self.waiting.push(Waiting {
            future,
            value,
            wakes: Wakes::new(),
            is_served: false,
            is_polled: false,
        });
    }

    fn poll_send(&mut self, which: u8) {
        let Some(at) = pick(&self.waiting, which) else {
            return;
        };
        let waiting = &mut self.waiting[at];
        let waker = Waker::from(Arc::clone(&waiting.wakes));
        let polled = waiting
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&waker));
        let in_line = waiting.is_polled && self.line.contains(&Arc::as_ptr(&waiting.wakes));
        waiting.is_polled = true;
        match polled {
            Poll::Pending => {
                assert!(!self.closed && !waiting.is_served && (in_line || self.free == 0));
                if !in_line {
                    self.line.push_back(Arc::as_ptr(&waiting.wakes));
                }
            }
            Poll::Ready(Ok(permit)) => {
                assert!(waiting.is_served || !self.closed && self.free > 0);
                self.free -= usize::from(!waiting.is_served);
                let value = waiting.value;
                self.waiting.remove(at);
                self.permits.extend(permit);
                value.into_iter().for_each(|value| self.sent(value));
            }
            Poll::Ready(Err(())) => {
                assert!(self.closed);
                let waiting = self.waiting.remove(at);
                self.free += usize::from(waiting.is_served);
            }
        }
    }

    fn give_up(&mut self, which: u8) {
        let Some(at) = pick(&self.waiting, which) else {
            return;
        };
        let waiting = self.waiting.remove(at);
        let wakes = Arc::as_ptr(&waiting.wakes);
        self.line.retain(|other| *other != wakes);
        let is_served = waiting.is_served;
        drop(waiting);
        if is_served {
            self.place_freed();
        }
    }

    fn taken(&mut self, value: u32) {
        assert_eq!(self.queue.pop_front(), Some(value));
        self.place_freed();
    }

    fn has_ended(&self) -> bool {
        // A permit, and who was given a place before the close, may still send.
        let places = self.permits.len() + self.waiting.iter().filter(|w| w.is_served).count();
        self.queue.is_empty() && (self.strong() == 0 || self.closed && places == 0)
    }

    fn try_recv(&mut self) {
        let ended = self.has_ended();
        let Some(receiver) = &mut self.receiver else {
            return;
        };
        match receiver.try_recv() {
            Ok(value) => self.taken(value),
            Err(TryRecvError::Empty) => assert!(self.queue.is_empty() && !ended),
            Err(TryRecvError::Disconnected) => assert!(ended),
        }
    }

    fn recv(&mut self) {
        let ended = self.has_ended();
        let Some(receiver) = &mut self.receiver else {
            return;
        };
        let waker = Waker::from(Arc::clone(&self.receiver_wakes));
        match receiver.poll_recv(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(value)) => self.taken(value),
            Poll::Ready(None) => assert!(ended),
            Poll::Pending => {
                assert!(self.queue.is_empty() && !ended);
                self.receiver_wakes.take();
                self.receiver_waits = true;
            }
        }
    }

    fn recv_many(&mut self, limit: usize) {
        let ended = self.has_ended();
        let Some(receiver) = &mut self.receiver else {
            return;
        };
        let mut values = Vec::new();
        let waker = Waker::from(Arc::clone(&self.receiver_wakes));
        let mut cx = Context::from_waker(&waker);
        match receiver.poll_recv_many(&mut cx, &mut values, limit) {
            Poll::Ready(count) => {
                assert_eq!(count, values.len());
                assert_eq!(count, limit.min(self.queue.len()));
                assert!(count > 0 || limit == 0 || ended);
                values.into_iter().for_each(|value| self.taken(value));
            }
            Poll::Pending => {
                assert!(self.queue.is_empty() && !ended && limit > 0);
                self.receiver_wakes.take();
                self.receiver_waits = true;
            }
        }
    }

    fn check(&self) {
        if let Some(receiver) = &self.receiver {
            assert_eq!(receiver.len(), self.queue.len());
            assert_eq!(receiver.is_closed(), self.closed || self.strong() == 0);
            assert_eq!(receiver.sender_strong_count(), self.strong());
        }
        if let Some(sender) = self.senders.last() {
            assert_eq!(sender.is_closed(), self.closed);
            if !self.closed {
                assert_eq!(sender.capacity(), self.free);
            }
        }
    }
}

fn pick<T>(of: &[T], which: u8) -> Option<usize> {
    (!of.is_empty()).then(|| usize::from(which) % of.len())
}

fuzz_target!(|input: Input| {
    let mut pair = Pair::new(usize::from(input.capacity % 5) + 1);
    for op in &input.ops {
        pair.act(op);
        pair.check();
    }
});
