//! The timer wheel against an ordered set: what fires, when, and in which order.
//!
//! Faults 37, 38, 39.
#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime_core::timer::wheel::{Advance, Key, NEVER, Wheel};
use runtime_core::util::wake_list::WakeList;

/// A time, so written that deadlines meet at all levels of the wheel.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Time {
    After { digits: u16, shift: u8 },
    Before(u8),
    Absolute(u64),
    Never,
}

impl Time {
    fn at(self, now: u64) -> u64 {
        match self {
            Time::After { digits, shift } => now.saturating_add(
                u64::from(digits)
                    .checked_shl(u32::from(shift % 48))
                    .unwrap_or(0),
            ),
            Time::Before(ago) => now.saturating_sub(u64::from(ago)),
            Time::Absolute(time) => time,
            Time::Never => NEVER,
        }
    }
}

#[derive(Arbitrary, Debug)]
enum Op {
    Insert(Time),
    Cancel(u8),
    Reset(u8, Time),
    Advance(Time),
    Step { to: Time, limit: u8 },
}

struct Ring {
    id: usize,
    rung: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        self.rung.lock().unwrap().push(self.id);
    }
}

#[derive(Default)]
struct Pair {
    wheel: Wheel,
    /// What waits, by its number.
    waits: BTreeMap<usize, u64>,
    keys: Vec<Key>,
    rung: Arc<Mutex<Vec<usize>>>,
    /// The latest time that it was told, and the latest up to which all was fired.
    now: u64,
    done: u64,
}

impl Pair {
    fn pick(&self, which: u8) -> Option<usize> {
        (!self.keys.is_empty()).then(|| usize::from(which) % self.keys.len())
    }

    fn act(&mut self, op: &Op) {
        match *op {
            Op::Insert(time) => {
                let (id, deadline) = (self.keys.len(), time.at(self.now));
                let ring = Ring {
                    id,
                    rung: Arc::clone(&self.rung),
                };
                self.keys
                    .push(self.wheel.insert(deadline, Waker::from(Arc::new(ring))));
                self.waits.insert(id, deadline);
            }
            Op::Cancel(which) => {
                let Some(id) = self.pick(which) else { return };
                let waited = self.waits.remove(&id).is_some();
                assert_eq!(self.wheel.cancel(self.keys[id]).is_some(), waited);
            }
            Op::Reset(which, time) => {
                let Some(id) = self.pick(which) else { return };
                let deadline = time.at(self.now);
                let waits = self.waits.get_mut(&id).map(|at| *at = deadline).is_some();
                assert_eq!(self.wheel.reset(self.keys[id], deadline), waits);
            }
            Op::Advance(time) => {
                let to = time.at(self.now);
                for _ in 0..100_000 {
                    if self.step(to, 7) == Advance::Done {
                        return;
                    }
                }
                panic!("advancing comes to no end");
            }
            Op::Step { to, limit } => {
                let _ = self.step(to.at(self.now), usize::from(limit) + 1);
            }
        }
    }

    fn step(&mut self, to: u64, limit: usize) -> Advance {
        let mut wakers = WakeList::new();
        let outcome = self.wheel.advance(to, &mut wakers, limit);
        wakers.wake_all();
        let floor = self.now;
        self.now = self.now.max(to);
        let at = self.done.max(to);
        if outcome == Advance::Done {
            self.done = at;
        }
        let rung = std::mem::take(&mut *self.rung.lock().unwrap());
        assert!(rung.len() <= limit);
        let mut last = 0;
        for id in &rung {
            let deadline = self.waits.remove(id).expect("it waited, and fires once");
            assert!(deadline <= self.now && deadline != NEVER, "never early");
            assert!(
                deadline.max(floor) >= last,
                "in the order of their deadlines"
            );
            last = deadline.max(floor);
            assert!(self.wheel.is_fired(self.keys[*id]));
        }
        let due = self
            .waits
            .values()
            .filter(|due| **due <= at && **due != NEVER);
        let first = due.min();
        assert!(
            outcome == Advance::More || first.is_none(),
            "done leaves nothing due"
        );
        assert!(
            first.is_none_or(|first| (*first).max(floor) >= last),
            "the earliest come first"
        );
        outcome
    }

    fn check(&mut self) {
        assert_eq!(self.wheel.len(), self.waits.len());
        let first = self.waits.values().copied().filter(|at| *at != NEVER).min();
        match (self.wheel.next_deadline(), first) {
            (None, first) => assert_eq!(first, None),
            (Some(told), Some(first)) => assert!(told <= first.max(self.now)),
            (Some(told), None) => panic!("{told} is nobody's deadline"),
        }
    }
}

fuzz_target!(|ops: Vec<Op>| {
    let mut pair = Pair::default();
    for op in &ops {
        pair.act(op);
        pair.check();
    }
    let left = pair.waits.len();
    assert_eq!(pair.wheel.into_wakers().count(), left);
});
