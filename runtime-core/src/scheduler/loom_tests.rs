//! Models of the parent's arguments: the word, the seat, and who wakes whom. No model has a clock
//! or a look to repair what is missed: a wake-up that only the next millisecond would bring is a
//! deadlock here.

mod guest;
mod orphan;
mod quiet;
mod sentinel;
mod word;

use std::collections::VecDeque;

use super::census::Census;
use super::current_thread::Turn;
use super::idle::{Guard, Helper, Idle, Rest, Up};
use super::slot::Slot;
use crate::loom::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::loom::{Arc, Condvar, Mutex, model};
use crate::park::parker::{Parker, Unparker};
use crate::park::seat::{Room, Seat};
use crate::task::Notified;
use crate::task::test_support::{Queue, ready_task};
use crate::timer::clock::Clock;
use crate::timer::timers::Shard;

/// What a sitter sleeps in: a kick ends the sleep that is under way, or else the next one.
struct Driver {
    kicked: Mutex<bool>,
    condition: Condvar,
}

impl Driver {
    fn sleep(&self) {
        let mut kicked = self.kicked.lock();
        while !*kicked {
            kicked = self.condition.wait(kicked);
        }
        *kicked = false;
    }

    fn kick(&self) {
        *self.kicked.lock() = true;
        self.condition.notify_one();
    }
}

/// A runtime reduced to its protocol: the real word, a locked queue, and a driver that is a token.
struct World {
    idle: Idle,
    queue: Mutex<VecDeque<u32>>,
    driver: Driver,
    done: AtomicUsize,
    expected: usize,
    finished: Unparker,
}

impl World {
    fn new(slots: usize, expected: usize, finished: &Parker) -> Arc<World> {
        Arc::new(World {
            idle: Idle::new(slots, false),
            queue: Mutex::new(VecDeque::new()),
            driver: Driver {
                kicked: Mutex::new(false),
                condition: Condvar::new(),
            },
            done: AtomicUsize::new(0),
            expected,
            finished: finished.unparker(),
        })
    }

    fn push(&self, task: u32) {
        self.queue.lock().push_back(task);
        self.notify();
    }

    fn notify(&self) {
        let (helper, _guard) = self.idle.claim_helper();
        assert!(self.idle.snapshot().is_guarded(), "rule 2");
        match helper {
            Helper::None | Helper::Sitter(false) => {}
            Helper::Parked(unparker) => unparker.unpark(),
            Helper::Sitter(true) => self.driver.kick(),
            // The models have all their threads; one that is not there was refused.
            Helper::Start => self.idle.cancel_reservation(),
        }
    }

    /// A worker that holds a slot, to the end of the runtime.
    fn work(&self, parker: &Parker, slot: u32) {
        let mut slot = Some(slot);
        let mut searching = false;
        loop {
            while let Some(_task) = self.take() {
                if std::mem::take(&mut searching) && self.idle.stop_searching() && self.has_work() {
                    self.notify();
                }
                // AcqRel: the last one tells the model's main thread.
                if self.done.fetch_add(1, Ordering::AcqRel) + 1 == self.expected {
                    self.finished.unpark();
                }
            }
            let (rest, _guard) = self.idle.rest(slot.take(), searching, &parker.unparker());
            assert!(self.idle.snapshot().is_guarded(), "rule 2");
            searching = false;
            match rest {
                Rest::Closing => return,
                Rest::Surplus => unreachable!("as many threads as slots"),
                Rest::Park => {
                    if self.has_work() {
                        self.notify();
                    }
                    parker.park();
                    if self.idle.snapshot().closing() {
                        return;
                    }
                    slot = Some(self.idle.redeem());
                    searching = true;
                }
                Rest::Sit { .. } => match self.sit() {
                    Up::Reserved => {
                        slot = Some(self.idle.redeem());
                        searching = true;
                    }
                    Up::Slot => slot = Some(self.idle.redeem()),
                    Up::NoSlot => {}
                },
            }
        }
    }

    fn sit(&self) -> Up {
        loop {
            if self.has_work() || self.idle.snapshot().closing() {
                break;
            }
            self.driver.sleep();
            if self.has_work() || self.idle.stay().is_none() {
                break;
            }
        }
        let closing = self.idle.snapshot().closing();
        self.idle.stand_up(!closing).0
    }

    fn take(&self) -> Option<u32> {
        self.queue.lock().pop_front()
    }

    fn has_work(&self) -> bool {
        !self.queue.lock().is_empty()
    }

    fn close(&self) {
        let (sleepers, kick) = self.idle.close();
        sleepers.iter().for_each(Unparker::unpark);
        if kick {
            self.driver.kick();
        }
    }
}

fn start_worker(world: &Arc<World>) -> loom::thread::JoinHandle<()> {
    let (slot, guard) = world.idle.take().expect("a slot a thread");
    assert_ne!(guard, Guard::Arm, "nobody stands at the post yet");
    let world = Arc::clone(world);
    loom::thread::spawn(move || world.work(&Parker::new(), slot))
}

/// A push meets the only worker anywhere on its way to sleep.
/// Fault 16.
#[test]
fn loom_idle_push_vs_sleep() {
    model(|| {
        let main = Parker::new();
        let world = World::new(1, 1, &main);
        let worker = start_worker(&world);
        world.push(1);
        main.park();
        world.close();
        worker.join().unwrap();
        assert_eq!(
            world.idle.snapshot().searching(),
            0,
            "rule 1: counts balance"
        );
        assert_eq!(world.idle.snapshot().held(), 0, "rule 1: counts balance");
    });
}

/// One push, two workers: the smaller sibling of the next, which takes minutes at bound 3.
/// Fault 16.
#[test]
fn loom_idle_one_push_two_workers() {
    model(|| {
        let main = Parker::new();
        let world = World::new(2, 1, &main);
        let workers = [start_worker(&world), start_worker(&world)];
        world.push(1);
        main.park();
        world.close();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

/// Two pushes, two workers: one sits, the other parks or searches.
/// Fault 16.
#[test]
fn loom_idle_two_pushes_two_workers() {
    model(|| {
        let main = Parker::new();
        let world = World::new(2, 2, &main);
        let workers = [start_worker(&world), start_worker(&world)];
        world.push(1);
        world.push(2);
        main.park();
        world.close();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

/// Pushes from two threads to one worker: a kicked sitter is not kicked twice, nothing is left
/// over.
/// Fault 16.
#[test]
fn loom_idle_two_pushers() {
    model(|| {
        let main = Parker::new();
        let world = World::new(1, 2, &main);
        let worker = start_worker(&world);
        let pusher = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || world.push(1))
        };
        world.push(2);
        main.park();
        pusher.join().unwrap();
        world.close();
        worker.join().unwrap();
    });
}

/// The runtime closes while a worker goes to sleep and another thread pushes.
/// Fault 28.
#[test]
fn loom_idle_close_vs_sleep() {
    model(|| {
        let main = Parker::new();
        let world = World::new(1, 1, &main);
        let worker = start_worker(&world);
        let pusher = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || world.push(1))
        };
        world.close();
        worker.join().unwrap();
        pusher.join().unwrap();
    });
}

/// A guest leaves while the last worker goes to sleep: the seat is taken by one of those that are
/// left.
#[test]
fn loom_idle_somebody_sits() {
    model(|| {
        let main = Parker::new();
        let world = World::new(2, 1, &main);
        let workers = [start_worker(&world), start_worker(&world)];
        let (helper, _guard) = world.idle.claim_sitter();
        match helper {
            Helper::Parked(unparker) => unparker.unpark(),
            Helper::Start => world.idle.cancel_reservation(),
            Helper::None | Helper::Sitter(_) => {}
        }
        // With no push since: if both are asleep, one of them is in the seat.
        let now = world.idle.snapshot();
        assert!(now.held() > 0 || !now.seat_is_empty(), "rule 2");
        world.close();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

/// Rule 8: an earlier deadline, inserted without a slot, meets a sitter on its way to sleep.
/// Fault 36.
#[test]
fn loom_seat_earlier_deadline_vs_sleep() {
    model(|| {
        let (idle, seat) = (Arc::new(Idle::new(1, false)), Arc::new(Seat::new()));
        let wheel = Arc::new(AtomicU64::new(u64::MAX));
        let (slot, _guard) = idle.take().unwrap();
        let sitter = {
            let (idle, seat, wheel) = (Arc::clone(&idle), Arc::clone(&seat), Arc::clone(&wheel));
            loom::thread::spawn(move || {
                let parker = Parker::new();
                let (rest, _guard) = idle.rest(Some(slot), false, &parker.unparker());
                assert_eq!(rest, Rest::Sit { capped: false });
                loop {
                    // Relaxed: the word orders it, which is what the model shows.
                    let deadline = wheel.load(Ordering::Relaxed);
                    let published = seat.publish_deadline(deadline);
                    if deadline != u64::MAX {
                        break;
                    }
                    // A sleep until 5 ends by itself, until u64::MAX it is for ever.
                    sleep(&seat);
                    drop(published);
                    assert!(idle.stay().is_some());
                }
                let _ = idle.stand_up(false);
            })
        };
        // Relaxed: as above.
        wheel.store(5, Ordering::Relaxed);
        inserted(&idle, &seat, 5);
        sitter.join().unwrap();
    });
}

/// The sitter's sleep without a driver and without a deadline.
fn sleep(seat: &Seat) {
    let mut events = Vec::new();
    seat.sleep(Room::Plain, None, || false, &mut events)
        .expect("no driver, no error");
}

/// What follows the insertion of a deadline, as in `Shared`.
fn inserted(idle: &Idle, seat: &Seat, deadline: u64) {
    if idle.sleeps_uncapped() && deadline < seat.deadline() && idle.nudge().0 {
        seat.kick();
    }
}

/// The deque's verbs and the cell, holder against thief: each entry runs once.
/// Fault 17.
#[test]
fn loom_slot_each_entry_runs_once() {
    model(|| {
        let shard = || Arc::new(Shard::new(Arc::new(Clock::new()), Box::new(|_| {})));
        let slot = Arc::new(Slot::new(shard()));
        let ran = Arc::new(AtomicUsize::new(0));
        let queue = Queue::new();
        for _ in 0..3 {
            let (entry, join) = ready_task(&queue, &ran);
            drop(join);
            match slot.swap_cell(entry) {
                Some(displaced) => slot.push_back(displaced),
                None => {}
            }
        }
        let thief = {
            let slot = Arc::clone(&slot);
            loom::thread::spawn(move || {
                let mine = Slot::new(shard());
                if let Some(entry) = slot.steal_into(&mine).or_else(|| slot.take_cell()) {
                    entry.run();
                }
                while let Some(entry) = mine.pop() {
                    entry.run();
                }
            })
        };
        while let Some(entry) = slot.take_cell().or_else(|| slot.pop()) {
            entry.run();
        }
        thief.join().unwrap();
        // Relaxed: both threads are done.
        assert_eq!(ran.load(Ordering::Relaxed), 3);
    });
}

/// An entry and the task behind it come whole to who takes them: the cell alone hands them over.
/// Fault 17.
#[test]
fn loom_slot_the_cell_hands_its_entry_over() {
    model(|| {
        let shard = Shard::new(Arc::new(Clock::new()), Box::new(|_| {}));
        let slot = Arc::new(Slot::new(Arc::new(shard)));
        let ran = Arc::new(AtomicUsize::new(0));
        let thief = {
            let slot = Arc::clone(&slot);
            loom::thread::spawn(move || slot.take_cell().map(Notified::run).is_some())
        };
        let (entry, join) = ready_task(&Queue::new(), &ran);
        drop(join);
        assert!(slot.swap_cell(entry).is_none(), "it was empty");
        let mine = slot.take_cell().map(Notified::run).is_some();
        assert_ne!(mine, thief.join().unwrap(), "one of the two has it");
        // Relaxed: both threads are done.
        assert_eq!(ran.load(Ordering::Relaxed), 1);
    });
}

/// The closer, the last thread and the runner of the last task all try: exactly one finishes, and
/// only after the thread has left and the task has ended.
/// Fault 28.
#[test]
fn loom_shutdown_somebody_finishes() {
    model(|| {
        let census = Arc::new(Census::new());
        let live = Arc::new(AtomicUsize::new(1));
        let finishes = Arc::new(AtomicUsize::new(0));
        assert!(census.enter());
        let attempt = {
            let (census, live) = (Arc::clone(&census), Arc::clone(&live));
            let finishes = Arc::clone(&finishes);
            // Acquire: stands for the locks of the lists.
            Arc::new(move || {
                if live.load(Ordering::Acquire) == 0 && census.finish() {
                    // Relaxed: read after the threads were joined.
                    finishes.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let thread = {
            let (census, attempt) = (Arc::clone(&census), Arc::clone(&attempt));
            loom::thread::spawn(move || {
                census.leave();
                attempt();
            })
        };
        let runner = {
            let (live, attempt) = (Arc::clone(&live), Arc::clone(&attempt));
            loom::thread::spawn(move || {
                // AcqRel: stands for the locks of the lists.
                live.fetch_sub(1, Ordering::AcqRel);
                attempt();
            })
        };
        assert!(census.close());
        attempt();
        thread.join().unwrap();
        runner.join().unwrap();
        // Relaxed: all threads are done.
        assert_eq!(finishes.load(Ordering::Relaxed), 1);
        assert!(!census.enter(), "no thread enters any more");
    });
}

/// A task that was never polled is in a queue, on no list. Whoever takes it out to drop it counts
/// until that is done: nobody finishes before.
/// Fault 28.
#[test]
fn loom_shutdown_waits_for_who_drops_what_was_queued() {
    model(|| {
        let census = Arc::new(Census::new());
        let queue = Arc::new(Mutex::new(Some(())));
        let dropped = Arc::new(AtomicUsize::new(0));
        let finishes = Arc::new(AtomicUsize::new(0));
        assert!(census.enter());
        let attempt = {
            let (census, queue) = (Arc::clone(&census), Arc::clone(&queue));
            let (dropped, finishes) = (Arc::clone(&dropped), Arc::clone(&finishes));
            Arc::new(move || {
                census.visit();
                let entry = queue.lock().take();
                if entry.is_some() {
                    // Relaxed: the census orders it before the finish.
                    dropped.fetch_add(1, Ordering::Relaxed);
                }
                census.leave();
                if census.finish() {
                    // Relaxed: as above.
                    assert_eq!(dropped.load(Ordering::Relaxed), 1);
                    // Relaxed: read after the thread was joined.
                    finishes.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let thread = {
            let (census, attempt) = (Arc::clone(&census), Arc::clone(&attempt));
            loom::thread::spawn(move || {
                census.leave();
                attempt();
            })
        };
        assert!(census.close());
        attempt();
        thread.join().unwrap();
        // Relaxed: all threads are done.
        assert_eq!(finishes.load(Ordering::Relaxed), 1);
    });
}

/// A guest enters while the runtime closes: it is woken, or finds it closing before it sleeps.
#[test]
fn loom_shutdown_a_guest_is_told_or_finds_out() {
    model(|| {
        let inside = Arc::new(Mutex::new(None));
        let closing = Arc::new(AtomicUsize::new(0));
        let guest = {
            let (inside, closing) = (Arc::clone(&inside), Arc::clone(&closing));
            loom::thread::spawn(move || {
                let parker = Parker::new();
                *inside.lock() = Some(parker.unparker());
                // Acquire: as in `Shared::is_closing`.
                while closing.load(Ordering::Acquire) == 0 {
                    parker.park();
                }
            })
        };
        // Release: as in `Shared::close`.
        closing.store(1, Ordering::Release);
        let told: Option<Unparker> = inside.lock().take();
        if let Some(guest) = told {
            guest.unpark();
        }
        guest.join().unwrap();
    });
}

/// A thread suspends itself while another leaves and the runtime closes: the last of the three tells it.
/// Fault 28.
#[test]
fn loom_shutdown_blocking_code_is_told() {
    model(|| {
        let census = Arc::new(Census::new());
        let told = Parker::new();
        assert!(census.enter());
        assert!(census.enter());
        let look = {
            let (census, tells) = (Arc::clone(&census), told.unparker());
            Arc::new(move || {
                if census.is_left_to_suspended() {
                    tells.unpark();
                }
            })
        };
        let leaves = {
            let (census, look) = (Arc::clone(&census), Arc::clone(&look));
            loom::thread::spawn(move || {
                census.leave();
                look();
            })
        };
        let closes = {
            let (census, look) = (Arc::clone(&census), Arc::clone(&look));
            loom::thread::spawn(move || {
                assert!(census.close());
                look();
            })
        };
        census.suspend();
        look();
        told.park();
        census.resume();
        census.leave();
        leaves.join().unwrap();
        closes.join().unwrap();
        assert!(census.finish());
    });
}

/// The turn of a current-thread runtime is given while another thread enters: that one finds it free,
/// or is told.
#[test]
fn loom_turn_who_waits_is_told_or_finds_it_free() {
    model(|| {
        let turn = Arc::new(Turn::new());
        let inside: Arc<Mutex<Vec<Unparker>>> = Arc::new(Mutex::new(Vec::new()));
        assert!(turn.take(), "nobody has it");
        let waiter = {
            let (turn, inside) = (Arc::clone(&turn), Arc::clone(&inside));
            loom::thread::spawn(move || {
                let parker = Parker::new();
                inside.lock().push(parker.unparker());
                while !turn.take() {
                    parker.park();
                }
            })
        };
        turn.give();
        let inside = inside.lock().clone();
        inside.iter().for_each(Unparker::unpark);
        waiter.join().unwrap();
    });
}

/// A capped sitter guards a held slot; nudged, it does no more, and the sentinel is armed for it.
#[test]
fn loom_idle_a_nudged_sitter_is_replaced_as_a_guard() {
    model(|| {
        let idle = Arc::new(Idle::new(2, false));
        let (_held, guard) = idle.take().unwrap();
        assert_eq!(guard, Guard::StartPost);
        let (slot, _guard) = idle.take().unwrap();
        let sitter = Parker::new().unparker();
        let (rest, _guard) = idle.rest(Some(slot), false, &sitter);
        assert_eq!(rest, Rest::Sit { capped: true });
        assert!(idle.sentinel_off(), "the sitter guards");
        let armed = Arc::new(AtomicUsize::new(0));
        let nudger = {
            let (idle, armed) = (Arc::clone(&idle), Arc::clone(&armed));
            loom::thread::spawn(move || {
                if idle.nudge().1 == Guard::Arm {
                    // Relaxed: read after the join.
                    armed.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let guard = idle.stand_up(false).1;
        nudger.join().unwrap();
        // Relaxed: the thread is done.
        let armed = armed.load(Ordering::Relaxed) + usize::from(guard == Guard::Arm);
        assert_eq!(armed, 1, "armed by whoever ended the guard");
        assert!(idle.snapshot().is_guarded(), "rule 2");
    });
}
