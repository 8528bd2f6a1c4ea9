//! A runtime as small as can be: one shard, a paused clock, one task.

use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::context::{self, Entered};
use crate::timer::clock::Clock;
use crate::timer::timers::Shard;
use crate::util::wake_list::WakeList;

pub(super) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Counts how often it is woken.
#[derive(Default)]
pub(super) struct Count(AtomicUsize);

impl Count {
    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

pub(super) fn counter() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

pub(super) fn poll<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// Two sibling shards on one paused clock; the thread is in the context of the first.
pub(super) struct Rig {
    pub(super) shard: Arc<Shard>,
    pub(super) sibling: Arc<Shard>,
    pub(super) clock: Arc<Clock>,
    _entered: Entered,
}

impl Rig {
    pub(super) fn new() -> Rig {
        let clock = Arc::new(Clock::new());
        clock.pause().unwrap();
        Rig::on(clock)
    }

    pub(super) fn running() -> Rig {
        Rig::on(Arc::new(Clock::new()))
    }

    fn on(clock: Arc<Clock>) -> Rig {
        let shard = || Arc::new(Shard::new(Arc::clone(&clock), Box::new(|_| {})));
        let (shard, sibling) = (shard(), shard());
        Rig {
            _entered: context::enter(&shard),
            shard,
            sibling,
            clock,
        }
    }

    /// Moves the clock and fires what is due; returns how many were woken.
    pub(super) fn advance(&self, by: Duration) -> usize {
        self.clock.advance(by).unwrap();
        self.fire()
    }

    pub(super) fn fire(&self) -> usize {
        let now = self.clock.now_ns();
        let one = self.shard.fire(now, &mut WakeList::new());
        let two = self.sibling.fire(now, &mut WakeList::new());
        assert!(one.panic.is_none() && two.panic.is_none());
        one.count + two.count
    }

    /// Runs `future` to its end; time jumps to the next timer when nothing else is to be done.
    /// Returns the polls, too.
    pub(super) fn run<F: Future>(&self, future: F) -> (F::Output, usize) {
        let (count, waker) = counter();
        let mut future = pin!(future);
        let mut polls = 0;
        let mut wakes_seen = 0;
        loop {
            polls += 1;
            let _budget = crate::coop::budget();
            if let Poll::Ready(output) = poll(future.as_mut(), &waker) {
                return (output, polls);
            }
            while count.get() == wakes_seen {
                let next = self.shard.next_deadline().min(self.sibling.next_deadline());
                assert!(next < u64::MAX, "the task waits for ever");
                assert!(self.clock.advance_to(next));
                self.fire();
            }
            wakes_seen = count.get();
        }
    }
}

/// The text of the panic of `f`, and whether it was raised at a place in `file`.
pub(super) fn panic_of(file: &str, f: impl FnOnce()) -> (String, bool) {
    static HOOK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = HOOK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let place = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&place);
    let thread = std::thread::current().id();
    let before = Arc::new(std::panic::take_hook());
    let others = Arc::clone(&before);
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == thread {
            *seen.lock().unwrap() = info
                .location()
                .map(|at: &Location<'_>| at.file().to_owned());
        } else {
            others(info);
        }
    }));
    let outcome = catch_unwind(AssertUnwindSafe(f));
    std::panic::set_hook(Box::new(move |info| before(info)));
    let payload = outcome.expect_err("it panics");
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| {
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    });
    let at_caller = place.lock().unwrap().as_deref() == Some(file);
    (text.expect("a text"), at_caller)
}
