//! Models of the post: looks at any moment against threads that come and go, and a thread for the
//! post that is refused. The word and the steps are the real ones; the alarm is a flag under a lock,
//! and its clock is a thread that looks when it likes.

use std::time::Duration;

use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::thread::yield_now;
use crate::loom::{Arc, Condvar, Mutex, model};
use crate::park::parker::Parker;
use crate::scheduler::idle::{Guard, Helper, Idle, Rest, Up};
use crate::scheduler::post::{LOOK_INTERVAL, Post, Rings};

#[derive(Default)]
struct Ringing {
    set: bool,
    rung: bool,
}

struct Alarm {
    state: Mutex<Ringing>,
    changed: Condvar,
}

impl Rings for Alarm {
    /// As in the kernel, a ring that nobody has heard is gone. What is put off further than to the next
    /// look is put off for good.
    fn set(&self, interval: Option<Duration>) {
        *self.state.lock() = Ringing {
            set: interval.is_some_and(|interval| interval <= LOOK_INTERVAL),
            rung: false,
        };
        self.changed.notify_one();
    }

    fn ring(&self) {
        self.state.lock().rung = true;
        self.changed.notify_one();
    }
}

impl Alarm {
    /// Sleeps until it rings: while it is set, that is at any moment.
    fn wait(&self) {
        let mut state = self.state.lock();
        while !state.set && !state.rung {
            state = self.changed.wait(state);
        }
        let was_rung = std::mem::take(&mut state.rung);
        drop(state);
        if !was_rung {
            // Time passes.
            yield_now();
        }
    }

    fn is_set(&self) -> bool {
        self.state.lock().set
    }
}

/// A runtime of one slot, which a worker holds; the thread for the post is on its way.
struct World {
    idle: Idle,
    alarm: Alarm,
    closing: AtomicUsize,
}

impl World {
    fn new() -> (Arc<World>, u32) {
        let world = World {
            idle: Idle::new(1, false),
            alarm: Alarm {
                state: Mutex::new(Ringing::default()),
                changed: Condvar::new(),
            },
            closing: AtomicUsize::new(0),
        };
        let (slot, guard) = world.idle.take().expect("a slot");
        assert_eq!(guard, Guard::StartPost);
        (Arc::new(world), slot)
    }

    fn post(&self) -> Post<'_, Alarm> {
        Post {
            idle: &self.idle,
            alarm: &self.alarm,
        }
    }

    fn is_closing(&self) -> bool {
        // Acquire: as in `Shared::is_closing`.
        self.closing.load(Ordering::Acquire) == 1
    }

    /// A worker without work: it sits, and turns the sentinel off as at a low rate; false if the
    /// runtime is closing.
    fn sit_down(&self, slot: u32) -> bool {
        let me = Parker::new().unparker();
        let (rest, guard) = self.idle.rest(Some(slot), false, &me);
        assert_eq!(guard, Guard::Stands);
        if rest == Rest::Closing {
            return false;
        }
        assert_eq!(rest, Rest::Sit { capped: false });
        if self.idle.snapshot().sentinel_is_on() {
            self.post().turn_off(|| self.is_closing());
        }
        true
    }
}

/// The sentinel looks twice, whenever it likes, and finds its alarm broken; a worker comes back with a
/// slot and blocks: the alarm rings for it.
#[test]
fn loom_sentinel_looks_against_a_worker() {
    model(|| {
        let (world, slot) = World::new();
        let sentinel = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || {
                assert!(world.post().come(|| world.is_closing()));
                for _ in 0..2 {
                    *world.alarm.state.lock() = Ringing::default();
                    world.post().looked(|| world.is_closing());
                }
            })
        };
        assert!(world.sit_down(slot));
        let (up, guard) = world.idle.stand_up(true);
        assert_eq!(up, Up::Slot);
        match guard {
            Guard::Stands => {}
            Guard::Arm => world.post().arm(),
            Guard::StartPost => unreachable!("somebody is at the post"),
        }
        // It blocks for ever: nobody but the sentinel looks.
        sentinel.join().unwrap();
        assert!(world.idle.snapshot().is_guarded(), "rule 4");
        assert!(world.alarm.is_set(), "nobody looks after the slot");
    });
}

/// The sentinel comes to its post, and may look; a slot is given back and taken again meanwhile.
fn on_vs_off(looks: bool) {
    model(move || {
        let (world, slot) = World::new();
        let sentinel = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || {
                assert!(world.post().come(|| world.is_closing()));
                if looks {
                    world.post().looked(|| world.is_closing());
                }
            })
        };
        world.idle.give(slot);
        let (_slot, guard) = world.idle.take().expect("it is free");
        if guard == Guard::Arm {
            world.post().arm();
        }
        sentinel.join().unwrap();
        assert!(world.idle.snapshot().is_guarded(), "rule 4");
        assert!(world.alarm.is_set(), "nobody looks after the slot");
    });
}

/// The sentinel goes off while a taker of a slot turns it on.
#[test]
fn loom_sentinel_on_vs_off() {
    on_vs_off(true);
}

/// Who takes the slot finds the sentinel on, and its thread on the way: that sets the alarm.
#[test]
fn loom_sentinel_comes_to_its_post() {
    on_vs_off(false);
}

/// The runtime closes while its sentinel comes to the post and a worker does something to the alarm: the
/// sentinel hears of it.
fn hears_of_a_close(act: fn(&World, u32)) {
    model(move || {
        let (world, slot) = World::new();
        let sentinel = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || {
                if !world.post().come(|| world.is_closing()) {
                    return;
                }
                loop {
                    world.alarm.wait();
                    if world.is_closing() {
                        return;
                    }
                    world.post().looked(|| world.is_closing());
                }
            })
        };
        let worker = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || act(&world, slot))
        };
        // Release: as in `Shared::close`.
        world.closing.store(1, Ordering::Release);
        let _ = world.idle.close();
        world.alarm.ring();
        worker.join().unwrap();
        sentinel.join().unwrap();
    });
}

/// The worker turns it off.
#[test]
fn loom_sentinel_looks_against_a_close() {
    hears_of_a_close(|world, slot| {
        world.sit_down(slot);
    });
}

/// The worker goes on, and puts it off for so long that it does not ring in this model.
#[test]
fn loom_sentinel_is_put_off_against_a_close() {
    hears_of_a_close(|world, _slot| {
        world.post().put_off(true, || world.is_closing());
    });
}

/// The alarm is made when it is first needed, and who closes finds none to ring yet: then the sentinel,
/// which made it, sees that the runtime is closing. Nothing is guarded, so nothing else wakes it.
#[test]
fn loom_sentinel_makes_its_alarm_against_a_close() {
    model(|| {
        let (world, slot) = World::new();
        world.idle.give(slot);
        assert!(world.idle.sentinel_off());
        let made = Arc::new(AtomicUsize::new(0));
        let sentinel = {
            let (world, made) = (Arc::clone(&world), Arc::clone(&made));
            loom::thread::spawn(move || {
                // Relaxed: the word orders it.
                made.store(1, Ordering::Relaxed);
                if world.post().come(|| world.is_closing()) {
                    world.alarm.wait();
                    assert!(world.is_closing());
                }
            })
        };
        // Release: as in `Shared::close`.
        world.closing.store(1, Ordering::Release);
        let _ = world.idle.close();
        // Relaxed: as above.
        if made.load(Ordering::Relaxed) == 1 {
            world.alarm.ring();
        }
        sentinel.join().unwrap();
    });
}

/// The thread for the post is refused while another changes the word: whoever needs a guard after that
/// asks for the thread again.
fn refused_vs(change: fn(&World) -> Guard) {
    let (world, _slot) = World::new();
    world.idle.open(1);
    world.idle.open(2);
    let starter = {
        let world = Arc::clone(&world);
        loom::thread::spawn(move || world.idle.post_refused())
    };
    let guard = change(&world);
    starter.join().unwrap();
    let asked = guard == Guard::StartPost;
    assert_eq!(world.idle.snapshot().is_guarded(), asked, "by that change");
    let (_slot, next) = world.idle.take().expect("a slot");
    let expected = if asked {
        Guard::Stands
    } else {
        Guard::StartPost
    };
    assert_eq!(next, expected, "there is a guard, or it is asked for");
}

/// A slot is taken beside the refusal.
#[test]
fn loom_sentinel_refused_vs_take() {
    model(|| refused_vs(|world| world.idle.take().expect("a slot").1));
}

/// A helper is called, and its thread refused as well.
#[test]
fn loom_sentinel_refused_vs_helper() {
    model(|| {
        refused_vs(|world| {
            let (helper, guard) = world.idle.claim_helper();
            assert!(matches!(helper, Helper::Start), "nobody sleeps here");
            world.idle.cancel_reservation();
            guard
        });
    });
}

/// The sentinel is turned off and on again before its thread is refused, or after: nobody is armed
/// for whom nobody stands there.
#[test]
fn loom_sentinel_refused_vs_off_and_on() {
    model(|| {
        refused_vs(|world| {
            world.idle.give(0);
            if world.idle.sentinel_off() {
                world.idle.take().expect("a slot").1
            } else {
                unreachable!("no slot is held")
            }
        });
    });
}
