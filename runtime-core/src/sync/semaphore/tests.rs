use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use proptest::prelude::*;

use super::{AcquireError, OwnedSemaphorePermit, Semaphore};
use crate::sync::TryAcquireError;
use crate::sync::test_support::{Woken, poll_once};

proptest! {
    /// The count stays exact up to the most there can be; what goes beyond is refused loudly, and
    /// forgetting stops at nothing.
    #[test]
    fn fault_082_counts_are_exact_at_their_ends(
        start in 0..4_usize,
        steps in proptest::collection::vec((any::<bool>(), 0..6_usize), 0..40),
        near_the_end in any::<bool>(),
        closed in any::<bool>(),
    ) {
        let mut count = if near_the_end { Semaphore::MAX_PERMITS - start } else { start };
        let semaphore = Semaphore::new(count);
        if closed {
            semaphore.close();
        }
        for (adds, n) in steps {
            if adds {
                let fits = count + n <= Semaphore::MAX_PERMITS;
                let added = catch_unwind(AssertUnwindSafe(|| semaphore.add_permits(n)));
                prop_assert_eq!(added.is_ok(), fits);
                count += if fits { n } else { 0 };
            } else {
                prop_assert_eq!(semaphore.forget_permits(n), n.min(count));
                count -= n.min(count);
            }
            prop_assert_eq!(semaphore.available_permits(), count);
            prop_assert_eq!(semaphore.is_closed(), closed);
        }
    }
}

static SEMAPHORE: Semaphore = Semaphore::const_new(1);

#[test]
fn a_static_semaphore_works() {
    let permit = SEMAPHORE.blocking_acquire().unwrap();
    assert_eq!(
        SEMAPHORE.try_acquire().unwrap_err(),
        TryAcquireError::NoPermits
    );
    drop(permit);
    assert_eq!(SEMAPHORE.available_permits(), 1);
}

#[test]
fn a_dropped_permit_goes_to_the_next() {
    let semaphore = Semaphore::new(1);
    let woken = Woken::new();
    let held = semaphore.try_acquire().unwrap();
    let mut waiting = pin!(semaphore.acquire());
    assert!(woken.poll(waiting.as_mut()).is_pending());
    drop(held);
    assert_eq!((woken.times(), semaphore.available_permits()), (1, 0));
    let Poll::Ready(Ok(permit)) = woken.poll(waiting) else {
        panic!("handed over")
    };
    assert_eq!(permit.num_permits(), 1);
}

#[test]
fn a_forgotten_permit_is_gone() {
    let semaphore = Arc::new(Semaphore::new(3));
    semaphore.try_acquire().unwrap().forget();
    Arc::clone(&semaphore).try_acquire_owned().unwrap().forget();
    assert_eq!(semaphore.available_permits(), 1);
    assert_eq!(Arc::strong_count(&semaphore), 1);
}

#[test]
fn merging_and_splitting_keep_the_sum() {
    let semaphore = Arc::new(Semaphore::new(10));
    let mut all = semaphore.try_acquire_many(7).unwrap();
    let part = all.split(3).unwrap();
    assert!(all.split(5).is_none());
    assert_eq!((all.num_permits(), part.num_permits()), (4, 3));
    all.merge(part);
    assert!(std::ptr::eq(all.semaphore(), &*semaphore));
    assert_eq!((all.num_permits(), semaphore.available_permits()), (7, 3));
    drop(all);
    let mut owned = Arc::clone(&semaphore).try_acquire_many_owned(7).unwrap();
    let part = owned.split(7).unwrap();
    assert_eq!(owned.num_permits(), 0);
    owned.merge(part);
    assert!(Arc::ptr_eq(owned.semaphore(), &semaphore));
    drop(owned);
    assert_eq!(semaphore.available_permits(), 10);
}

#[test]
fn a_refused_merge_gives_all_permits_back() {
    let (one, other) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(1)));
    let merged = catch_unwind(AssertUnwindSafe(|| {
        let mut first = Arc::clone(&one).try_acquire_owned().unwrap();
        first.merge(Arc::clone(&other).try_acquire_owned().unwrap());
    }));
    assert!(merged.is_err());
    assert_eq!((one.available_permits(), other.available_permits()), (1, 1));
}

#[test]
fn close_refuses_and_leaves_permits_valid() {
    let semaphore = Arc::new(Semaphore::new(2));
    let held = semaphore.try_acquire().unwrap();
    let woken = Woken::new();
    let mut waiting = pin!(semaphore.acquire_many(2));
    assert!(woken.poll(waiting.as_mut()).is_pending());
    semaphore.close();
    assert!(semaphore.is_closed());
    assert_eq!(woken.times(), 1);
    assert!(matches!(woken.poll(waiting), Poll::Ready(Err(_))));
    drop(held);
    assert_eq!(semaphore.available_permits(), 2);
    assert_eq!(
        Arc::clone(&semaphore).try_acquire_owned().unwrap_err(),
        TryAcquireError::Closed
    );
    assert!(semaphore.blocking_acquire_many(2).is_err());
    assert_eq!(
        format!("{semaphore:?}"),
        "Semaphore { available_permits: 2, closed: true }"
    );
}

#[test]
fn a_request_beyond_the_most_there_can_be_is_refused_loudly() {
    let raw = super::RawSemaphore::new(0);
    for waits in [false, true] {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if waits {
                let _ = poll_once(pin!(raw.take(Semaphore::MAX_PERMITS + 1)));
            } else {
                let _ = raw.try_acquire(Semaphore::MAX_PERMITS + 1);
            }
        }));
        assert!(outcome.is_err());
    }
    assert_eq!(raw.available(), 0);
}

#[test]
fn a_thread_waits_for_a_permit_of_another() {
    let semaphore = Arc::new(Semaphore::new(0));
    let waiting = std::thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || semaphore.blocking_acquire_many_owned(2).unwrap().forget()
    });
    semaphore.add_permits(1);
    semaphore.add_permits(1);
    waiting.join().unwrap();
    assert_eq!(semaphore.available_permits(), 0);
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Begin(u32),
    Poll(usize),
    Cancel(usize),
    Release(usize),
    ForgetPermit(usize),
    Split(usize),
    Add(usize),
    Forget(usize),
    Try(u32),
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..4_u32).prop_map(Op::Begin),
        8 => (0..8_usize).prop_map(Op::Poll),
        3 => (0..8_usize).prop_map(Op::Cancel),
        5 => (0..4_usize).prop_map(Op::Release),
        1 => (0..4_usize).prop_map(Op::ForgetPermit),
        2 => (0..4_usize).prop_map(Op::Split),
        2 => (0..3_usize).prop_map(Op::Add),
        1 => (0..3_usize).prop_map(Op::Forget),
        3 => (0..4_u32).prop_map(Op::Try),
        1 => Just(Op::Close),
    ]
}

type Acquiring = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>>>>;

/// Where a waiter stands, in the model: how many permits it asked for and has.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    index: usize,
    wants: usize,
    has: usize,
}

/// The semaphore beside its model.
struct Pair {
    semaphore: Arc<Semaphore>,
    futures: Vec<Option<(usize, Acquiring)>>,
    permits: Vec<OwnedSemaphorePermit>,
    woken: Woken,
    free: usize,
    queue: Vec<Waiting>,
    closed: bool,
}

impl Pair {
    fn new(free: usize) -> Pair {
        Pair {
            semaphore: Arc::new(Semaphore::new(free)),
            futures: Vec::new(),
            permits: Vec::new(),
            woken: Woken::new(),
            free,
            queue: Vec::new(),
            closed: false,
        }
    }

    /// Permits come free, in the model: the oldest who lacks some takes what it can.
    fn model_release(&mut self, permits: usize) {
        self.free += permits;
        if self.closed {
            return;
        }
        for waiting in &mut self.queue {
            let given = self.free.min(waiting.wants - waiting.has);
            waiting.has += given;
            self.free -= given;
        }
    }

    fn is_queue_waiting(&self) -> bool {
        self.queue.iter().any(|it| it.has < it.wants)
    }

    /// What a poll should give: `None` to go on waiting.
    fn model_poll(&mut self, index: usize, wants: usize) -> Option<bool> {
        if let Some(at) = self.queue.iter().position(|it| it.index == index) {
            let waiting = self.queue[at];
            if self.closed {
                self.queue.remove(at);
                self.free += waiting.has;
                return Some(false);
            }
            return (waiting.has == wants).then(|| {
                self.queue.remove(at);
                true
            });
        }
        if self.closed {
            return Some(false);
        }
        if wants == 0 || (self.free >= wants && !self.is_queue_waiting()) {
            self.free -= wants;
            return Some(true);
        }
        let has = if self.is_queue_waiting() {
            0
        } else {
            self.free
        };
        self.free -= has;
        self.queue.push(Waiting { index, wants, has });
        None
    }

    fn poll(&mut self, index: usize) -> Result<(), TestCaseError> {
        let Some(Some((wants, future))) = self.futures.get_mut(index) else {
            return Ok(());
        };
        let wants = *wants;
        let polled = self.woken.poll(future.as_mut());
        let expected = self.model_poll(index, wants);
        let found = match &polled {
            Poll::Ready(outcome) => Some(outcome.is_ok()),
            Poll::Pending => None,
        };
        prop_assert_eq!(found, expected, "future {}", index);
        if let Poll::Ready(outcome) = polled {
            self.futures[index] = None;
            self.permits.extend(outcome.ok());
        }
        Ok(())
    }

    fn cancel(&mut self, index: usize) {
        if let Some(future) = self.futures.get_mut(index) {
            *future = None;
            if let Some(at) = self.queue.iter().position(|it| it.index == index) {
                let waiting = self.queue.remove(at);
                self.model_release(waiting.has);
            }
        }
    }

    fn take_permit(&mut self, index: usize) -> Option<OwnedSemaphorePermit> {
        (index < self.permits.len()).then(|| self.permits.swap_remove(index))
    }

    fn run(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Begin(wants) => {
                let future = Arc::clone(&self.semaphore).acquire_many_owned(wants);
                self.futures.push(Some((wants as usize, Box::pin(future))));
            }
            Op::Poll(index) => self.poll(index)?,
            Op::Cancel(index) => self.cancel(index),
            Op::Release(index) => {
                if let Some(permit) = self.take_permit(index) {
                    self.model_release(permit.num_permits());
                }
            }
            Op::ForgetPermit(index) => {
                if let Some(permit) = self.take_permit(index) {
                    permit.forget();
                }
            }
            Op::Split(index) => {
                let part = self.permits.get_mut(index).and_then(|it| it.split(1));
                self.permits.extend(part);
            }
            Op::Add(count) => {
                self.semaphore.add_permits(count);
                self.model_release(count);
            }
            Op::Forget(count) => {
                let forgotten = self.free.min(count);
                prop_assert_eq!(self.semaphore.forget_permits(count), forgotten);
                self.free -= forgotten;
            }
            Op::Try(wants) => self.try_acquire(wants)?,
            Op::Close => {
                self.semaphore.close();
                self.closed = true;
            }
        }
        Ok(())
    }

    fn try_acquire(&mut self, wants: u32) -> Result<(), TestCaseError> {
        let tried = Arc::clone(&self.semaphore).try_acquire_many_owned(wants);
        let wants = wants as usize;
        let expected = if self.closed {
            Some(TryAcquireError::Closed)
        } else if wants > 0 && (self.is_queue_waiting() || self.free < wants) {
            Some(TryAcquireError::NoPermits)
        } else {
            self.free -= wants;
            None
        };
        match tried {
            Ok(permit) => {
                prop_assert_eq!(None, expected);
                self.permits.push(permit);
            }
            Err(error) => prop_assert_eq!(Some(error), expected),
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn fault_079_semaphore_agrees_with_a_sequential_model(
        free in 0..4_usize,
        ops in prop::collection::vec(op(), 0..60),
    ) {
        let mut pair = Pair::new(free);
        for op in ops {
            pair.run(op)?;
            prop_assert_eq!(pair.semaphore.available_permits(), pair.free, "{:?}", op);
        }
        pair.futures.clear();
        for waiting in std::mem::take(&mut pair.queue) {
            pair.free += waiting.has;
        }
        prop_assert_eq!(pair.semaphore.available_permits(), pair.free);
        prop_assert_eq!(pair.woken.kept(), 0);
    }
}
