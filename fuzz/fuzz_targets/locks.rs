//! The semaphore, on which the locks stand, against a line of who asked for how much: with waiters
//! that give up at any time, permits that are cut and joined, and a close.
//!
//! Faults 79, 80, 82.
#![no_main]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError};
use runtime_fuzz::Wakes;

#[derive(Arbitrary, Debug)]
enum Op {
    Try(u8),
    Ask(u8),
    Poll(u8),
    GiveUp(u8),
    Release(u8),
    Forget(u8),
    Split(u8, u8),
    Merge(u8, u8),
    Add(u8),
    ForgetPermits(u8),
    Close,
}

#[derive(Arbitrary, Debug)]
struct Input {
    permits: u8,
    ops: Vec<Op>,
}

type Acquire = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>>>>;

struct Asks {
    id: usize,
    future: Acquire,
    wakes: Arc<Wakes>,
    wants: usize,
    is_polled: bool,
}

struct Pair {
    semaphore: Arc<Semaphore>,
    asking: Vec<Asks>,
    held: Vec<OwnedSemaphorePermit>,
    // The model: what is free, and who waits, in order, for how much more.
    free: usize,
    line: VecDeque<(usize, usize)>,
    closed: bool,
    next: usize,
}

impl Pair {
    /// The first in line get what is free, in part or whole, before anybody else.
    fn give(&mut self, count: usize) {
        self.free += count;
        while let Some((id, wants)) = self.line.front_mut() {
            let part = self.free.min(*wants);
            self.free -= part;
            *wants -= part;
            if *wants > 0 {
                return;
            }
            let of = self.asking.iter().find(|asks| asks.id == *id);
            assert_eq!(of.expect("it asks").wakes.take(), 1, "who has all is told");
            self.line.pop_front();
        }
    }

    fn act(&mut self, op: &Op) {
        match *op {
            Op::Try(count) => self.try_acquire(usize::from(count % 8)),
            Op::Ask(count) => self.ask(usize::from(count % 8)),
            Op::Poll(which) => self.poll(which),
            Op::GiveUp(which) => self.give_up(which),
            Op::Release(which) => {
                if let Some(at) = pick(&self.held, which) {
                    let permit = self.held.swap_remove(at);
                    let count = permit.num_permits();
                    drop(permit);
                    self.give(count);
                }
            }
            Op::Forget(which) => {
                if let Some(at) = pick(&self.held, which) {
                    self.held.swap_remove(at).forget();
                }
            }
            Op::Split(which, count) => {
                let Some(at) = pick(&self.held, which) else {
                    return;
                };
                let (before, count) = (self.held[at].num_permits(), usize::from(count % 8));
                let part = self.held[at].split(count);
                assert_eq!(part.is_some(), count <= before);
                assert_eq!(
                    part.as_ref().map_or(count, |part| part.num_permits()),
                    count
                );
                self.held.extend(part);
            }
            Op::Merge(one, other) => {
                let Some(at) = pick(&self.held, one) else {
                    return;
                };
                let permit = self.held.swap_remove(at);
                match pick(&self.held, other) {
                    Some(at) => self.held[at].merge(permit),
                    None => self.held.push(permit),
                }
            }
            Op::Add(count) => {
                self.semaphore.add_permits(usize::from(count % 8));
                self.give(usize::from(count % 8));
            }
            Op::ForgetPermits(count) => {
                let count = usize::from(count % 8);
                let forgot = self.semaphore.forget_permits(count);
                // After a close, what waiters had in part comes back as each learns of it.
                assert!(self.closed || forgot == count.min(self.free));
                self.free = self.free.saturating_sub(forgot);
            }
            Op::Close => self.close(),
        }
    }

    fn close(&mut self) {
        self.semaphore.close();
        self.closed = true;
        // Who had a part gives it back as it learns of the end.
        for (id, _) in std::mem::take(&mut self.line) {
            let of = self.asking.iter().find(|asks| asks.id == id);
            assert_eq!(of.expect("it asks").wakes.take(), 1, "who waits is told");
        }
    }

    fn try_acquire(&mut self, count: usize) {
        let acquired = Arc::clone(&self.semaphore).try_acquire_many_owned(count as u32);
        match acquired {
            Ok(permit) => {
                assert!(!self.closed && self.free >= count);
                self.free -= count;
                self.held.push(permit);
            }
            Err(TryAcquireError::Closed) => assert!(self.closed),
            Err(TryAcquireError::NoPermits) => assert!(!self.closed && self.free < count),
        }
    }

    fn ask(&mut self, wants: usize) {
        if self.asking.len() < 8 {
            self.next += 1;
            let future = Arc::clone(&self.semaphore).acquire_many_owned(wants as u32);
            self.asking.push(Asks {
                id: self.next,
                future: Box::pin(future),
                wakes: Wakes::new(),
                wants,
                is_polled: false,
            });
        }
    }

    fn poll(&mut self, which: u8) {
        let Some(at) = pick(&self.asking, which) else {
            return;
        };
        let asks = &mut self.asking[at];
        let (id, is_first) = (asks.id, !std::mem::replace(&mut asks.is_polled, true));
        let waker = Waker::from(Arc::clone(&asks.wakes));
        let polled = asks.future.as_mut().poll(&mut Context::from_waker(&waker));
        let waits = self.line.iter().any(|(other, _)| *other == id);
        match polled {
            Poll::Pending => {
                assert!(!self.closed);
                if is_first {
                    assert!(self.free < asks.wants);
                    // What there is, is kept for it.
                    self.line.push_back((id, asks.wants - self.free));
                    self.free = 0;
                } else {
                    assert!(waits, "it has all");
                }
            }
            Poll::Ready(Ok(permit)) => {
                assert_eq!(permit.num_permits(), asks.wants);
                assert!(!waits);
                if is_first {
                    assert!(!self.closed && self.free >= asks.wants);
                    self.free -= asks.wants;
                }
                self.held.push(permit);
                self.asking.swap_remove(at);
            }
            Poll::Ready(Err(_)) => {
                assert!(self.closed);
                self.asking.swap_remove(at);
            }
        }
    }

    fn give_up(&mut self, which: u8) {
        let Some(at) = pick(&self.asking, which) else {
            return;
        };
        let asks = self.asking.swap_remove(at);
        let place = self.line.iter().position(|(id, _)| *id == asks.id);
        let lacks = place
            .and_then(|place| self.line.remove(place))
            .map(|(_, lacks)| lacks);
        let (has, is_polled) = (asks.wants - lacks.unwrap_or(0), asks.is_polled);
        drop(asks);
        if is_polled && !self.closed {
            self.give(has);
        }
    }

    fn check(&self) {
        if !self.closed {
            assert_eq!(self.semaphore.available_permits(), self.free);
        }
        assert_eq!(self.semaphore.is_closed(), self.closed);
        for asks in &self.asking {
            assert_eq!(asks.wakes.count(), 0, "nobody is told for nothing");
        }
    }
}

fn pick<T>(of: &[T], which: u8) -> Option<usize> {
    (!of.is_empty()).then(|| usize::from(which) % of.len())
}

fuzz_target!(|input: Input| {
    let free = usize::from(input.permits % 8);
    let mut pair = Pair {
        semaphore: Arc::new(Semaphore::new(free)),
        asking: Vec::new(),
        held: Vec::new(),
        free,
        line: VecDeque::new(),
        closed: false,
        next: 0,
    };
    for op in &input.ops {
        pair.act(op);
        pair.check();
    }
});
