//! Sleeps, timeouts and intervals on a paused clock against a list of deadlines: ready not a
//! nanosecond early, woken once when due, and moved or dropped at any time.
//!
//! Faults 37, 40.
#![no_main]

use std::future::{Pending, pending};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime::runtime::Builder;
use runtime::time::{self, Instant, Interval, Sleep, Timeout};
use runtime_fuzz::{Waiter, Wakes};

#[derive(Arbitrary, Debug, Clone, Copy)]
struct Span {
    count: u16,
    unit: u8,
}

impl Span {
    fn length(self) -> Duration {
        let unit = [1, 1_000, 1_000_000, 1_000_000_000][usize::from(self.unit % 4)];
        Duration::from_nanos(u64::from(self.count) * unit)
    }
}

#[derive(Arbitrary, Debug)]
enum Op {
    Sleep(Span),
    Timeout(Span),
    Interval(Span),
    Poll(u8),
    Tick(u8),
    Reset(u8, Span),
    Drop(u8),
    Advance(Span),
}

enum Timer {
    Sleep(Waiter<Sleep>),
    Timeout(Waiter<Timeout<Pending<()>>>),
}

struct Entry {
    timer: Timer,
    deadline: Instant,
    waits: bool,
    is_done: bool,
}

struct Ticks {
    interval: Interval,
    wakes: Arc<Wakes>,
    next: Instant,
    waits: bool,
}

#[derive(Default)]
struct Pair {
    entries: Vec<Entry>,
    ticks: Vec<Ticks>,
}

impl Entry {
    fn wakes(&self) -> &Wakes {
        match &self.timer {
            Timer::Sleep(waiter) => &waiter.wakes,
            Timer::Timeout(waiter) => &waiter.wakes,
        }
    }

    fn poll(&mut self) {
        if self.is_done {
            return;
        }
        let is_ready = match &mut self.timer {
            Timer::Sleep(waiter) => waiter.poll().is_ready(),
            Timer::Timeout(waiter) => match waiter.poll() {
                Poll::Ready(outcome) => {
                    assert!(outcome.is_err());
                    true
                }
                Poll::Pending => false,
            },
        };
        assert_eq!(is_ready, self.deadline <= Instant::now());
        (self.waits, self.is_done) = (!is_ready, is_ready);
    }
}

impl Pair {
    async fn act(&mut self, op: &Op) {
        match *op {
            Op::Sleep(span) if self.entries.len() < 32 => {
                let sleep = time::sleep(span.length());
                let deadline = sleep.deadline();
                assert_eq!(deadline, Instant::now() + span.length());
                self.push(Timer::Sleep(Waiter::new(sleep)), deadline);
            }
            Op::Timeout(span) if self.entries.len() < 32 => {
                let timeout = time::timeout(span.length(), pending());
                let deadline = Instant::now() + span.length();
                self.push(Timer::Timeout(Waiter::new(timeout)), deadline);
            }
            Op::Interval(span) if self.ticks.len() < 8 && !span.length().is_zero() => {
                self.ticks.push(Ticks {
                    interval: time::interval(span.length()),
                    wakes: Wakes::new(),
                    next: Instant::now(),
                    waits: false,
                });
            }
            Op::Sleep(_) | Op::Timeout(_) | Op::Interval(_) => {}
            Op::Poll(which) => {
                if let Some(at) = pick(&self.entries, which) {
                    self.entries[at].poll();
                }
            }
            Op::Tick(which) => self.tick(which),
            Op::Reset(which, span) => self.reset(which, span),
            Op::Drop(which) => {
                if let Some(at) = pick(&self.entries, which) {
                    self.entries.swap_remove(at);
                }
            }
            Op::Advance(span) => self.advance(span.length()).await,
        }
    }

    fn push(&mut self, timer: Timer, deadline: Instant) {
        self.entries.push(Entry {
            timer,
            deadline,
            waits: false,
            is_done: false,
        });
    }

    fn reset(&mut self, which: u8, span: Span) {
        let Some(at) = pick(&self.entries, which) else {
            return;
        };
        let entry = &mut self.entries[at];
        let Timer::Sleep(waiter) = &mut entry.timer else {
            return;
        };
        let deadline = Instant::now() + span.length();
        waiter.future().reset(deadline);
        assert_eq!(waiter.future().deadline(), deadline);
        (entry.deadline, entry.is_done) = (deadline, false);
        // Whether it still waits after it has fired is asked at its next poll.
        waiter.wakes.take();
        entry.waits = false;
    }

    fn tick(&mut self, which: u8) {
        let Some(at) = pick(&self.ticks, which) else {
            return;
        };
        let ticks = &mut self.ticks[at];
        ticks.wakes.take();
        let waker = Waker::from(Arc::clone(&ticks.wakes));
        match ticks.interval.poll_tick(&mut Context::from_waker(&waker)) {
            Poll::Ready(at) => {
                assert_eq!(at, ticks.next);
                assert!(at <= Instant::now());
                ticks.next += ticks.interval.period();
                ticks.waits = false;
            }
            Poll::Pending => {
                assert!(ticks.next > Instant::now());
                ticks.waits = true;
            }
        }
    }

    async fn advance(&mut self, span: Duration) {
        let before = Instant::now();
        time::advance(span).await;
        let now = Instant::now();
        assert_eq!(now - before, span, "the clock moves as far as it is told");
        for entry in self.entries.iter_mut().filter(|entry| entry.waits) {
            let is_due = entry.deadline <= now;
            assert_eq!(
                entry.wakes().count(),
                usize::from(is_due),
                "told once, when due"
            );
        }
        for ticks in self.ticks.iter().filter(|ticks| ticks.waits) {
            assert_eq!(ticks.wakes.count(), usize::from(ticks.next <= now));
        }
    }
}

fn pick<T>(of: &[T], which: u8) -> Option<usize> {
    (!of.is_empty()).then(|| usize::from(which) % of.len())
}

fuzz_target!(|ops: Vec<Op>| {
    let mut builder = Builder::new_current_thread();
    let runtime = builder
        .enable_all()
        .start_paused(true)
        .build()
        .expect("it can be made");
    runtime.block_on(async {
        let mut pair = Pair::default();
        for op in ops.iter().take(100) {
            pair.act(op).await;
        }
    });
});
