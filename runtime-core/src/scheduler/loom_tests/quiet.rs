//! Models of rule 14: a paused clock jumps only when nothing is left to do.

use super::World;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::parker::Parker;
use crate::scheduler::idle::Rest;
use crate::scheduler::own_wake::{OwnWake, Rouse};
use crate::timer::clock::Clock;

/// What a sitter asks before a paused clock jumps, in the runtime's order.
fn may_jump(world: &World, clock: &Clock) -> bool {
    !clock.is_held() && world.idle.is_quiet() && !world.has_work() && !clock.is_held()
}

fn paused_clock() -> Arc<Clock> {
    let clock = Arc::new(Clock::new());
    clock.pause().expect("it runs");
    clock
}

/// Rule 14: the last holder wakes the sitter's own future and gives its slot back. The sitter does
/// not let time jump before it has polled.
#[test]
fn loom_idle_quiet_a_wake_of_the_sitter_is_seen() {
    model(|| {
        let world = World::new(1, 0, &Parker::new());
        let clock = paused_clock();
        let own = Arc::new(OwnWake::new());
        assert!(own.take(), "born woken");
        let (slot, _guard) = world.idle.take().expect("a slot");
        let holder = {
            let (world, own, clock) = (Arc::clone(&world), Arc::clone(&own), Arc::clone(&clock));
            loom::thread::spawn(move || {
                if own.wake_at(&clock) == Rouse::Nudge {
                    let _ = world.idle.nudge();
                }
                world.idle.give(slot);
            })
        };
        if own.will_sit() {
            let (sits, _guard) = world.idle.guest_rests(None, false);
            // With its only slot held the runtime has no seat to give.
            if sits.is_some() {
                assert!(own.is_woken() || !may_jump(&world, &clock));
                own.is_up();
                let _ = world.idle.stand_up(false);
            }
        }
        holder.join().unwrap();
    });
}

/// Rule 14: the last holder wakes a guest that is parked, and gives its slot back. Time does not
/// jump before the guest has polled.
#[test]
fn loom_idle_quiet_a_woken_guest_is_seen() {
    model(|| {
        let world = World::new(1, 0, &Parker::new());
        let clock = paused_clock();
        let (own, polled) = (Arc::new(OwnWake::new()), Arc::new(AtomicUsize::new(0)));
        assert!(own.take() && own.will_sit() && own.will_park(), "it parks");
        let (slot, _guard) = world.idle.take().expect("a slot");
        let guest = Parker::new();
        let holder = {
            let (world, own, clock) = (Arc::clone(&world), Arc::clone(&own), Arc::clone(&clock));
            let unparker = guest.unparker();
            loom::thread::spawn(move || {
                assert_eq!(own.wake_at(&clock), Rouse::Unpark);
                unparker.unpark();
                world.idle.give(slot);
            })
        };
        let sitter = {
            let (world, clock) = (Arc::clone(&world), Arc::clone(&clock));
            let polled = Arc::clone(&polled);
            loom::thread::spawn(move || {
                if world.idle.guest_rests(None, false).0.is_some() {
                    // Relaxed: what happened before the jump is visible, which the model shows.
                    assert!(!may_jump(&world, &clock) || polled.load(Ordering::Relaxed) == 1);
                    let _ = world.idle.stand_up(false);
                }
            })
        };
        guest.park();
        assert!(own.take());
        let hold = own.take_hold(&clock);
        // Relaxed: as above.
        polled.store(1, Ordering::Relaxed);
        drop(hold);
        holder.join().unwrap();
        sitter.join().unwrap();
        assert!(!clock.is_held(), "no hold is left behind");
    });
}

/// Rule 14: a blocking job wakes a task and ends; another worker takes the task. Time does not jump
/// before the task has run.
#[test]
fn loom_idle_quiet_a_job_that_ends_is_seen() {
    model(|| {
        let main = Parker::new();
        let world = World::new(1, 1, &main);
        let clock = paused_clock();
        let hold = Clock::hold(&clock);
        let job = {
            let world = Arc::clone(&world);
            loom::thread::spawn(move || {
                world.push(1);
                drop(hold);
            })
        };
        let (rest, _guard) = world.idle.rest(None, false, &main.unparker());
        // Else the job was first and has a thread started, to which the only slot belongs.
        if rest == (Rest::Sit { capped: false }) {
            assert!(
                !may_jump(&world, &clock),
                "the task waits, or its job goes on"
            );
            let _ = world.idle.stand_up(false);
        }
        job.join().unwrap();
        assert!(world.has_work());
    });
}
