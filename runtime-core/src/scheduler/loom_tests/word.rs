//! Models of what the word alone orders: queue and flags are accessed Relaxed, as stale as a deque
//! that looks empty may be.

use super::{Driver, inserted, sleep};
use crate::loom::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::loom::{Arc, Condvar, Mutex, model};
use crate::park::parker::Parker;
use crate::park::seat::Seat;
use crate::scheduler::idle::{Helper, Idle, Rest, Up};
use crate::scheduler::own_wake::{OwnWake, Rouse};

/// A runtime of one slot or two, whose queue is a count.
struct Bare {
    idle: Idle,
    queued: AtomicUsize,
    closing: AtomicUsize,
    driver: Driver,
}

impl Bare {
    fn new(slots: usize) -> Arc<Bare> {
        Arc::new(Bare {
            idle: Idle::new(slots, false),
            queued: AtomicUsize::new(0),
            closing: AtomicUsize::new(0),
            driver: Driver {
                kicked: Mutex::new(false),
                condition: Condvar::new(),
            },
        })
    }

    /// As on a multi-thread runtime.
    fn push(&self) {
        // Relaxed: the word must carry the order, which the models show.
        self.queued.fetch_add(1, Ordering::Relaxed);
        match self.idle.claim_helper().0 {
            Helper::None | Helper::Sitter(false) => {}
            Helper::Sitter(true) => self.driver.kick(),
            Helper::Start => self.idle.cancel_reservation(),
            Helper::Parked(_) => unreachable!("nobody parks here"),
        }
    }

    /// As on a current-thread runtime.
    fn push_and_nudge(&self) {
        // Relaxed: as above.
        self.queued.fetch_add(1, Ordering::Relaxed);
        if self.idle.nudge().0 {
            self.driver.kick();
        }
    }

    fn has_work(&self) -> bool {
        // Relaxed: as above.
        self.queued.load(Ordering::Relaxed) > 0
    }

    /// True if there was something.
    fn take(&self) -> bool {
        // Relaxed: as above. Who looks in vain has seen nothing, so it is no change that looks.
        self.has_work() && self.queued.swap(0, Ordering::Relaxed) > 0
    }

    fn close(&self) {
        // Relaxed: as above.
        self.closing.store(1, Ordering::Relaxed);
        let _ = self.idle.close();
        self.take();
    }

    /// What a push is followed by.
    fn take_if_closing(&self) {
        // Relaxed: as above.
        if self.closing.load(Ordering::Relaxed) == 1 {
            self.take();
        }
    }
}

/// A push that wakes nobody, since the only slot is held, is seen by the holder's last look.
/// Fault 16.
#[test]
fn loom_idle_push_vs_sleep_with_a_stale_queue() {
    model(|| {
        let world = Bare::new(1);
        let (slot, _guard) = world.idle.take().expect("a slot");
        let worker = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || {
                let me = Parker::new().unparker();
                let mut slot = Some(slot);
                while !world.take() {
                    let (rest, _guard) = world.idle.rest(slot.take(), false, &me);
                    assert_eq!(rest, Rest::Sit { capped: false });
                    if !world.has_work() {
                        world.driver.sleep();
                    }
                    let (up, _guard) = world.idle.stand_up(true);
                    assert_ne!(up, Up::NoSlot, "there is one for it");
                    slot = Some(world.idle.redeem());
                }
            })
        };
        world.push();
        worker.join().unwrap();
    });
}

fn push_vs_close(push: fn(&Bare)) {
    let world = Bare::new(1);
    let pusher = {
        let world = Arc::clone(&world);
        loom::thread::spawn(move || {
            push(&world);
            world.take_if_closing();
        })
    };
    world.close();
    pusher.join().unwrap();
    assert!(!world.has_work(), "by the closer or by the pusher");
}

/// Rule 15: a closer sees what was pushed before it changed the word, and who pushes afterwards sees
/// that the runtime is closing.
/// Fault 32.
#[test]
fn loom_idle_push_vs_close() {
    model(|| push_vs_close(Bare::push));
}

/// The same on a current-thread runtime, whose pushes nudge.
#[test]
fn loom_idle_nudge_vs_close() {
    model(|| push_vs_close(Bare::push_and_nudge));
}

/// Rule 15: who is refused the seat for good, since the runtime is closing, sees that it is.
#[test]
fn loom_idle_dedicated_sitter_vs_close() {
    model(|| {
        let idle = Arc::new(Idle::new(1, true));
        let closing = Arc::new(AtomicUsize::new(0));
        let sitter = {
            let (idle, closing) = (Arc::clone(&idle), Arc::clone(&closing));
            loom::thread::spawn(move || match idle.sit_dedicated() {
                Some(_capped) => {
                    let _ = idle.stay_awake();
                }
                // Relaxed: the word must carry the order, which the models show.
                None => assert_eq!(closing.load(Ordering::Relaxed), 1),
            })
        };
        // Relaxed: as above.
        closing.store(1, Ordering::Relaxed);
        let _ = idle.close();
        sitter.join().unwrap();
    });
}

/// Rule 14: a sitter that found a holder and finds none any more has seen what the holder did.
#[test]
fn loom_idle_quiet_what_a_holder_did_is_seen() {
    model(|| {
        let world = Bare::new(2);
        let timer = Arc::new(AtomicU64::new(u64::MAX));
        let (sits, _guard) = world.idle.guest_rests(None, false);
        assert_eq!(sits, Some(false), "the seat is empty");
        let holder = {
            let (world, timer) = (Arc::clone(&world), Arc::clone(&timer));
            loom::thread::spawn(move || {
                let (slot, _guard) = world.idle.take().expect("a slot");
                // Relaxed: as above.
                timer.store(5, Ordering::Relaxed);
                world.idle.give(slot);
            })
        };
        if !world.idle.is_quiet() && world.idle.is_quiet() {
            // Relaxed: as above.
            assert_eq!(timer.load(Ordering::Relaxed), 5);
        }
        holder.join().unwrap();
        let _ = world.idle.stand_up(false);
    });
}

/// Rule 8: whoever finds the sitter asleep does not compare with the deadline of a sleep that is
/// over.
#[test]
fn loom_seat_an_old_deadline_is_not_compared_with() {
    model(|| {
        let (idle, seat) = (Arc::new(Idle::new(1, false)), Arc::new(Seat::new()));
        let wheel = Arc::new(AtomicU64::new(u64::MAX));
        let (sits, _guard) = idle.guest_rests(None, false);
        assert_eq!(sits, Some(false), "the seat is empty");
        let sitter = {
            let (idle, seat, wheel) = (Arc::clone(&idle), Arc::clone(&seat), Arc::clone(&wheel));
            loom::thread::spawn(move || {
                // A sleep until 3 ends by itself, until u64::MAX it is for ever.
                let mut deadline = 3;
                while deadline != 5 {
                    let published = seat.publish_deadline(deadline);
                    if deadline == u64::MAX {
                        sleep(&seat);
                    }
                    drop(published);
                    assert!(idle.stay().is_some());
                    // Relaxed: as above.
                    deadline = wheel.load(Ordering::Relaxed);
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

/// A guest that was kept from nothing but its sleep can lie down again, unless it is woken.
#[test]
fn loom_guest_lies_down_again() {
    model(|| {
        let own = Arc::new(OwnWake::new());
        assert!(own.take(), "born woken");
        let waker = {
            let own = Arc::clone(&own);
            loom::thread::spawn(move || own.wake() != Rouse::Nothing)
        };
        let mut lay_down = false;
        for _ in 0..2 {
            if own.will_sit() {
                lay_down = true;
                own.is_up();
            } else {
                assert!(own.take(), "only a wake-up keeps it from its sleep");
            }
        }
        let roused = waker.join().unwrap();
        assert!(lay_down || !roused);
    });
}
