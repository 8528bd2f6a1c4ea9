//! The wheel against a sorted map, at every edge of every level.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::task::{Wake, Waker};

use proptest::prelude::*;

use super::{Advance, Key, LEVELS, NEVER, Wheel};
use crate::util::wake_list::WakeList;

type Log = Arc<Mutex<Vec<u64>>>;

/// Writes its number into a log when it is woken.
struct Note(u64, Log);

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0);
    }
}

fn note(id: u64, log: &Log) -> Waker {
    Waker::from(Arc::new(Note(id, Arc::clone(log))))
}

/// Advances in batches of `limit` and gives the numbers in the order in which they fired.
fn fire(wheel: &mut Wheel, now: u64, limit: usize, log: &Log) -> Vec<u64> {
    let mut batch = WakeList::new();
    loop {
        let advance = wheel.advance(now, &mut batch, limit);
        assert!(batch.len() <= limit, "a batch is bounded");
        batch.wake_all();
        if advance == Advance::Done {
            return std::mem::take(&mut *log.lock().unwrap());
        }
    }
}

fn edges() -> Vec<u64> {
    let mut edges = vec![0, 1, NEVER, NEVER - 1];
    for level in 0..LEVELS as u32 {
        for digit in [1, 2, 63] {
            let Some(edge) = (digit as u64).checked_mul(1 << (6 * level)) else {
                continue;
            };
            edges.extend([edge - 1, edge, edge.saturating_add(1)]);
        }
    }
    edges
}

#[test]
fn fault_038_a_deadline_at_every_level_edge_fires_at_its_nanosecond() {
    for start in [
        0,
        1,
        63,
        64,
        4_095,
        1 << 30,
        (1 << 36) * 1_000_000,
        400 * 86_400 * 1_000_000_000,
    ] {
        for offset in edges() {
            let log = Log::default();
            let mut wheel = Wheel::new();
            assert_eq!(fire(&mut wheel, start, 1, &log), []);
            let deadline = start.saturating_add(offset);
            let key = wheel.insert(deadline, note(7, &log));
            if deadline == NEVER {
                assert_eq!(wheel.next_deadline(), None);
                assert_eq!(fire(&mut wheel, NEVER, 1, &log), []);
                assert!(wheel.cancel(key).is_some());
                continue;
            }
            assert_eq!(wheel.next_deadline(), Some(deadline));
            if deadline > start {
                assert_eq!(fire(&mut wheel, deadline - 1, 1, &log), [], "never early");
            }
            assert_eq!(
                wheel.next_deadline(),
                Some(deadline),
                "a look does not change the deadline"
            );
            assert_eq!(fire(&mut wheel, deadline, 1, &log), [7]);
            assert!(wheel.is_fired(key));
            assert_eq!(wheel.next_deadline(), None);
        }
    }
}

#[test]
fn a_lone_timer_wakes_the_owner_once() {
    let log = Log::default();
    let mut wheel = Wheel::new();
    wheel.insert(3_000_000_017, note(1, &log));
    wheel.insert(9_000_000_001, note(2, &log));
    let mut looks = 0;
    let mut order = Vec::new();
    while let Some(at) = wheel.next_deadline() {
        looks += 1;
        order.extend(fire(&mut wheel, at, 32, &log));
    }
    assert_eq!(
        (looks, order),
        (2, vec![1, 2]),
        "no look for a move between levels"
    );
}

#[test]
fn a_time_that_steps_back_fires_nothing_early_and_nothing_late() {
    let log = Log::default();
    let mut wheel = Wheel::new();
    assert_eq!(fire(&mut wheel, 1_000, 32, &log), []);
    wheel.insert(999, note(1, &log));
    wheel.insert(1_001, note(2, &log));
    assert_eq!(
        fire(&mut wheel, 10, 32, &log),
        [1],
        "999 had been reached before"
    );
    assert_eq!(fire(&mut wheel, 1_001, 32, &log), [2]);
}

#[test]
fn fault_039_a_million_timers_give_their_memory_back() {
    const TIMERS: u64 = 1_000_000;
    let mut wheel = Wheel::new();
    let mut keys = Vec::new();
    let mut state = 1_u64;
    for _ in 0..TIMERS {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        keys.push(wheel.insert(state >> 34, Waker::noop().clone()));
    }
    assert_eq!(wheel.len() as u64, TIMERS);
    assert_eq!(wheel.allocated_pages() as u64, TIMERS / 64);
    for (number, key) in keys.iter().enumerate() {
        match number % 3 {
            0 => assert!(wheel.cancel(*key).is_some()),
            1 => assert!(wheel.reset(*key, (state >> 34) + number as u64)),
            _ => {}
        }
    }
    let mut batch = WakeList::new();
    let (mut fired, mut last) = (0, 0);
    while let Some(at) = wheel.next_deadline() {
        assert!(at >= last, "time goes forward");
        last = at;
        while wheel.advance(at + 5_000_000, &mut batch, 32) == Advance::More {
            fired += batch.len();
            batch.wake_all();
        }
        fired += batch.len();
        batch.wake_all();
    }
    assert_eq!(fired, keys.len() - keys.len().div_ceil(3));
    assert_eq!((wheel.len(), wheel.allocated_pages()), (0, 0));
}

#[test]
fn pages_at_an_edge_are_not_freed_and_allocated_in_turn() {
    let mut wheel = Wheel::new();
    let keep: Vec<Key> = (0..64)
        .map(|at| wheel.insert(at, Waker::noop().clone()))
        .collect();
    for _ in 0..3 {
        let key = wheel.insert(1, Waker::noop().clone());
        assert_eq!(wheel.allocated_pages(), 2);
        assert!(wheel.cancel(key).is_some());
        assert_eq!(wheel.allocated_pages(), 2, "one spare stays");
    }
    for key in keep {
        assert!(wheel.cancel(key).is_some());
        assert!(
            wheel.cancel(key).is_none(),
            "a key names one registration only"
        );
    }
    assert_eq!(wheel.allocated_pages(), 1);
}

#[test]
fn all_wakers_come_out_at_the_end() {
    let log = Log::default();
    let mut wheel = Wheel::new();
    for id in 0..200 {
        wheel.insert(if id % 2 == 0 { NEVER } else { id }, note(id, &log));
    }
    wheel.into_wakers().for_each(Waker::wake);
    let mut woken = std::mem::take(&mut *log.lock().unwrap());
    woken.sort_unstable();
    assert_eq!(woken, (0..200).collect::<Vec<_>>());
}

#[derive(Debug, Clone)]
enum Op {
    Insert(u64),
    Cancel(usize),
    Reset(usize, u64),
    Advance(u64, usize),
    AdvanceToNext,
}

fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![
        proptest::sample::select(edges()),
        (0u32..64, any::<u64>()).prop_map(|(bits, value)| value >> bits),
        0u64..200,
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => offset().prop_map(Op::Insert),
        2 => any::<usize>().prop_map(Op::Cancel),
        2 => (any::<usize>(), offset()).prop_map(|(which, to)| Op::Reset(which, to)),
        2 => (offset(), 1usize..40).prop_map(|(by, limit)| Op::Advance(by, limit)),
        2 => Just(Op::AdvanceToNext),
    ]
}

/// The specification: a sorted map from deadline and number.
struct Model {
    wheel: Wheel,
    log: Log,
    now: u64,
    waiting: BTreeMap<(u64, u64), Key>,
    dead: Vec<Key>,
    next_id: u64,
}

impl Model {
    fn pick(&self, which: usize) -> Option<((u64, u64), Key)> {
        let count = self.waiting.len();
        (count > 0).then(|| {
            self.waiting
                .iter()
                .nth(which % count)
                .map(|(at, key)| (*at, *key))
        })?
    }

    /// A deadline relative to now; large offsets reach into the past.
    fn at(&self, offset: u64) -> u64 {
        if offset % 7 == 3 {
            self.now / 2
        } else {
            self.now.saturating_add(offset)
        }
    }

    fn advance(&mut self, to: u64, limit: usize) {
        self.now = to.max(self.now);
        let fired = fire(&mut self.wheel, self.now, limit, &self.log);
        let later = match self.now {
            NEVER => self.waiting.split_off(&(NEVER, 0)),
            now => self.waiting.split_off(&(now + 1, 0)),
        };
        let due = std::mem::replace(&mut self.waiting, later);
        let by_id: BTreeMap<u64, u64> = due.keys().map(|(at, id)| (*id, *at)).collect();
        assert_eq!(
            fired.len(),
            due.len(),
            "all that is due fires, and nothing else"
        );
        assert!(fired.iter().all(|id| by_id.contains_key(id)));
        self.dead.extend(due.values());
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Insert(offset) => {
                let (at, id) = (self.at(offset), self.next_id);
                self.next_id += 1;
                let key = self.wheel.insert(at, note(id, &self.log));
                self.waiting.insert((at, id), key);
            }
            Op::Cancel(which) => {
                if let Some((at, key)) = self.pick(which) {
                    self.waiting.remove(&at);
                    assert!(self.wheel.cancel(key).is_some());
                    self.dead.push(key);
                }
            }
            Op::Reset(which, offset) => {
                if let Some(((at, id), key)) = self.pick(which) {
                    self.waiting.remove(&(at, id));
                    let to = self.at(offset);
                    assert!(self.wheel.reset(key, to));
                    self.waiting.insert((to, id), key);
                }
            }
            Op::Advance(by, limit) => self.advance(self.now.saturating_add(by), limit),
            Op::AdvanceToNext => {
                if let Some(next) = self.wheel.next_deadline() {
                    self.advance(next, 32);
                }
            }
        }
    }

    fn check(&mut self) {
        let earliest = self
            .waiting
            .keys()
            .next()
            .map(|(at, _)| *at)
            .filter(|at| *at != NEVER);
        match (self.wheel.next_deadline(), earliest) {
            (Some(next), Some(earliest)) => assert!(next <= earliest, "never late"),
            (next, earliest) => assert_eq!(next, earliest),
        }
        assert_eq!(self.wheel.len(), self.waiting.len());
        for key in self.dead.iter().rev().take(8) {
            assert!(self.wheel.cancel(*key).is_none() && !self.wheel.reset(*key, 0));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(1_500),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn fault_037_038_the_wheel_behaves_as_a_sorted_map(ops in prop::collection::vec(op(), 1..80)) {
        let mut model = Model {
            wheel: Wheel::new(),
            log: Log::default(),
            now: 0,
            waiting: BTreeMap::new(),
            dead: Vec::new(),
            next_id: 0,
        };
        for op in &ops {
            model.step(op);
            model.check();
        }
        for (_, key) in model.waiting {
            prop_assert!(model.wheel.cancel(key).is_some());
        }
        prop_assert!(model.wheel.allocated_pages() <= 1);
    }

    #[test]
    fn fault_039_one_advance_fires_in_the_order_of_the_deadlines(
        deadlines in prop::collection::vec(offset(), 1..300),
        cancel in any::<u64>(),
        limit in 1usize..40,
    ) {
        let log = Log::default();
        let mut wheel = Wheel::new();
        let mut keys = Vec::new();
        for deadline in &deadlines {
            keys.push((*deadline, wheel.insert(*deadline, note(*deadline, &log))));
        }
        let mut expected = Vec::new();
        for (number, (deadline, key)) in keys.into_iter().enumerate() {
            if cancel >> (number % 64) & 1 == 1 {
                prop_assert!(wheel.cancel(key).is_some());
            } else if deadline != NEVER {
                expected.push(deadline);
            }
        }
        expected.sort_unstable();
        prop_assert_eq!(fire(&mut wheel, NEVER, limit, &log), expected);
    }
}
