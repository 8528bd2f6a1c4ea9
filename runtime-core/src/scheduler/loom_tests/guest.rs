//! A guest's own wake-up, and what it does with a kick.

use super::World;
use crate::loom::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::loom::{Arc, Mutex, model};
use crate::park::parker::{Parker, Unparker};
use crate::scheduler::idle::{Helper, Up};
use crate::scheduler::own_wake::{OwnWake, Rouse};

/// A guest's own wake-up meets its way into the seat.
#[test]
fn loom_guest_wake_vs_sit() {
    model(|| {
        let world = World::new(1, 0, &Parker::new());
        let own = Arc::new(OwnWake::new());
        assert!(own.take(), "born woken");
        let waker = {
            let (world, own) = (Arc::clone(&world), Arc::clone(&own));
            loom::thread::spawn(move || match own.wake() {
                Rouse::Nudge => {
                    if world.idle.nudge().0 {
                        world.driver.kick();
                    }
                }
                Rouse::Unpark => unreachable!("the seat is empty"),
                Rouse::Nothing => {}
            })
        };
        if own.will_sit() {
            let (sits, _guard) = world.idle.guest_rests(None, false);
            assert_eq!(sits, Some(false), "the seat is empty");
            while !own.is_woken() {
                world.driver.sleep();
                assert!(world.idle.stay().is_some());
            }
            own.is_up();
            assert_eq!(world.idle.stand_up(false).0, Up::NoSlot);
        }
        assert!(own.take(), "the wake-up is there");
        waker.join().unwrap();
    });
}

/// Two pushes meet a guest on its way into the seat: kicked to help, it hands the reservation on, and
/// one helper is started in the end.
#[test]
fn loom_guest_hands_its_reservation_on() {
    model(|| {
        let world = World::new(2, 0, &Parker::new());
        let own = Arc::new(OwnWake::new());
        assert!(own.take(), "born woken");
        let started = Arc::new(AtomicUsize::new(0));
        let help = {
            let (world, started) = (Arc::clone(&world), Arc::clone(&started));
            Arc::new(move || match world.idle.claim_helper().0 {
                Helper::Start => {
                    // Relaxed: read after the thread was joined.
                    started.fetch_add(1, Ordering::Relaxed);
                }
                Helper::Sitter(true) => world.driver.kick(),
                Helper::Sitter(false) | Helper::None => {}
                Helper::Parked(_) => unreachable!("nobody is parked"),
            })
        };
        let guest = {
            let (world, own, help) = (Arc::clone(&world), Arc::clone(&own), Arc::clone(&help));
            loom::thread::spawn(move || {
                if !own.will_sit() {
                    return;
                }
                let (sits, _guard) = world.idle.guest_rests(None, false);
                assert!(sits.is_some(), "the seat is empty");
                while !own.is_woken() {
                    world.driver.sleep();
                    if world.idle.stay().is_none() {
                        break;
                    }
                }
                own.is_up();
                if world.idle.stand_up(false).0 == Up::Reserved {
                    world.idle.cancel_reservation();
                    help();
                }
            })
        };
        help();
        help();
        if own.wake() == Rouse::Nudge && world.idle.nudge().0 {
            world.driver.kick();
        }
        guest.join().unwrap();
        // Relaxed: the thread was joined.
        assert_eq!(started.load(Ordering::Relaxed), 1);
    });
}

/// The guest in the seat leaves, and the thread that is to sit instead is refused: another guest, on its
/// way to its parker, is told and sits.
#[test]
fn loom_guest_is_told_of_a_refused_thread() {
    model(|| {
        let world = World::new(1, 0, &Parker::new());
        let inside: Arc<Mutex<Vec<Unparker>>> = Arc::new(Mutex::new(Vec::new()));
        // As in `Shared::ensure_sitter`.
        let ensure_sitter = {
            let (world, inside) = (Arc::clone(&world), Arc::clone(&inside));
            Arc::new(move || match world.idle.claim_sitter().0 {
                Helper::Start => {
                    world.idle.cancel_reservation();
                    let told = inside.lock().clone();
                    told.iter().for_each(Unparker::unpark);
                }
                Helper::None => {}
                Helper::Parked(_) | Helper::Sitter(_) => unreachable!("there is no worker"),
            })
        };
        let (sits, _guard) = world.idle.guest_rests(None, false);
        assert_eq!(sits, Some(false), "the seat is empty");
        let guest = {
            let (world, inside) = (Arc::clone(&world), Arc::clone(&inside));
            let ensure_sitter = Arc::clone(&ensure_sitter);
            loom::thread::spawn(move || {
                let parker = Parker::new();
                inside.lock().push(parker.unparker());
                while world.idle.guest_rests(None, false).0.is_none() {
                    ensure_sitter();
                    parker.park();
                }
            })
        };
        assert_eq!(world.idle.stand_up(false).0, Up::NoSlot);
        let others = !inside.lock().is_empty();
        if others {
            ensure_sitter();
        }
        guest.join().unwrap();
    });
}

/// What comes before a wake-up is seen by the poll that takes it, also where it finds the guest awake.
#[test]
fn loom_guest_own_wake_hands_over_what_came_before() {
    model(|| {
        let shared = Arc::new((OwnWake::new(), AtomicU64::new(0)));
        assert!(shared.0.take(), "born woken");
        let other = Arc::clone(&shared);
        let waking = loom::thread::spawn(move || {
            // Relaxed: the wake-up must carry the order.
            other.1.store(1, Ordering::Relaxed);
            assert_eq!(other.0.wake(), Rouse::Nothing);
        });
        if shared.0.take() {
            // Relaxed: as above.
            assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        }
        waking.join().unwrap();
    });
}

/// A guest's own wake-up meets its way to its parker, the seat being taken.
#[test]
fn loom_guest_wake_vs_park() {
    model(|| {
        let own = Arc::new(OwnWake::new());
        assert!(own.take(), "born woken");
        let parker = Parker::new();
        let waker = {
            let (unparker, own) = (parker.unparker(), Arc::clone(&own));
            loom::thread::spawn(move || {
                // A nudge goes to somebody else: the seat is not ours.
                if own.wake() == Rouse::Unpark {
                    unparker.unpark();
                }
            })
        };
        if own.will_sit() && own.will_park() {
            parker.park();
        }
        own.is_up();
        assert!(own.take(), "the wake-up is there");
        waker.join().unwrap();
    });
}
