use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::rig::{Rig, counter, ms, panic_of, poll};
use crate::context;
use crate::coop;
use crate::time::{self, Instant, Interval, Sleep, Timeout, sleep, sleep_until};
use crate::timer::clock::FAR;

const READY: Poll<()> = Poll::Ready(());
const NO_RUNTIME: &str = "there is no runtime running on this thread";
const SHUT_DOWN: &str = "the runtime of this timer was shut down";

#[test]
fn a_sleep_ends_at_its_nanosecond_with_one_wake_and_two_polls() {
    let rig = Rig::new();
    for span in [
        Duration::from_nanos(1),
        ms(1),
        ms(60),
        Duration::new(1, 1),
        ms(1 << 36),
    ] {
        let (count, waker) = counter();
        let mut sleep = pin!(sleep(span));
        assert!(poll(sleep.as_mut(), &waker).is_pending());
        assert_eq!(
            rig.advance(span - Duration::from_nanos(1)),
            0,
            "never early"
        );
        assert!(poll(sleep.as_mut(), &waker).is_pending());
        assert_eq!((rig.advance(Duration::from_nanos(1)), count.get()), (1, 1));
        assert!(sleep.is_elapsed());
        assert_eq!(poll(sleep.as_mut(), &waker), READY);
        assert_eq!(poll(sleep.as_mut(), &waker), READY, "stays ready");
        assert_eq!((count.get(), Arc::strong_count(&count)), (1, 2));
    }
    let start = Instant::now();
    let ((), polls) = rig.run(sleep(ms(7)));
    assert_eq!((start.elapsed(), polls), (ms(7), 2));
}

#[test]
fn fault_038_what_is_due_is_ready_at_the_first_poll_and_registers_nothing() {
    let rig = Rig::new();
    rig.advance(ms(5));
    let now = Instant::now();
    for sleep in [sleep_until(now), sleep_until(now - ms(3))] {
        let mut sleep = pin!(sleep);
        assert!(!sleep.is_elapsed(), "nobody has looked yet");
        assert_eq!(poll(sleep.as_mut(), Waker::noop()), READY);
        assert!(sleep.is_elapsed());
    }
    assert_eq!((rig.shard.len(), rig.shard.next_deadline()), (0, u64::MAX));
}

/// As a way to give way it is used in loops that wait for others.
#[test]
fn fault_018_the_shortest_sleep_lets_others_run_once() {
    let rig = Rig::new();
    let (count, waker) = counter();
    for span in [Duration::ZERO, Duration::from_nanos(1)] {
        let mut sleep = pin!(sleep(span));
        rig.advance(ms(1));
        assert!(poll(sleep.as_mut(), &waker).is_pending());
        assert_eq!(poll(sleep.as_mut(), &waker), READY);
    }
    assert_eq!(count.get(), 2);
    assert!(rig.shard.is_empty());
    let mut again = pin!(sleep(ms(1)));
    again.as_mut().reset(Instant::now());
    assert_eq!(poll(again, &waker), READY, "a deadline is one");
}

#[test]
fn fault_038_the_longest_durations_wait_and_do_not_panic() {
    let rig = Rig::new();
    let start = Instant::now();
    for span in [Duration::MAX, Duration::MAX - ms(1)] {
        let mut sleep = pin!(sleep(span));
        assert!(poll(sleep.as_mut(), Waker::noop()).is_pending());
        assert!(sleep.deadline() >= start + FAR);
    }
    let ((), _) = rig.run(sleep(Duration::MAX));
    assert_eq!(start.elapsed(), FAR, "an idle paused clock gets there");
    let never = Duration::from_secs(u64::MAX / 10);
    if let Some(beyond) = start.checked_add(never) {
        let mut sleep = pin!(sleep_until(beyond));
        assert!(poll(sleep.as_mut(), Waker::noop()).is_pending());
        assert_eq!(sleep.deadline(), beyond, "the deadline is kept as given");
        rig.advance(Duration::MAX);
        assert!(
            poll(sleep.as_mut(), Waker::noop()).is_pending(),
            "never early"
        );
    }
}

/// The runtime has been up for long before the deadline is set, and the deadline lies beside a level's
/// edge: milliseconds by bits, as wheels of others count, and nanoseconds, as ours does.
#[test]
fn fault_038_far_deadlines_and_a_long_uptime_are_exact_to_the_nanosecond() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let edge = ms(1 << 36);
    let level = Duration::from_nanos(1 << 60);
    let nano = Duration::from_nanos(1);
    for uptime in [Duration::ZERO, DAY * 400, edge - ms(1), edge, edge + ms(1)] {
        let rig = Rig::new();
        rig.advance(uptime);
        for span in [
            DAY * 400,
            edge - ms(1),
            edge,
            edge + ms(1),
            level - nano,
            level,
            level + nano,
        ] {
            let (count, waker) = counter();
            let start = Instant::now();
            let mut sleep = pin!(sleep(span));
            assert!(poll(sleep.as_mut(), &waker).is_pending());
            assert_eq!(rig.advance(span - nano), 0, "{uptime:?}, {span:?}: early");
            assert!(poll(sleep.as_mut(), &waker).is_pending());
            assert_eq!(rig.advance(nano), 1, "{uptime:?}, {span:?}: late");
            assert_eq!((count.get(), start.elapsed()), (1, span));
            assert_eq!(poll(sleep.as_mut(), &waker), READY);
        }
        assert!(rig.shard.is_empty());
    }
}

#[test]
fn a_sleep_on_the_real_clock_is_not_early() {
    let rig = Rig::running();
    let start = Instant::now();
    let mut sleep = pin!(sleep(Duration::from_micros(300)));
    let mut early = 0_u32;
    while poll(sleep.as_mut(), Waker::noop()).is_pending() {
        early += 1;
    }
    assert!(
        start.elapsed() >= Duration::from_micros(300),
        "ready by its own look at the clock"
    );
    assert!(early > 0);
    assert_eq!(rig.shard.len(), 0, "and out of the wheel");
}

#[test]
fn the_last_polled_waker_is_woken() {
    let rig = Rig::new();
    let ((first, a), (second, b)) = (counter(), counter());
    let mut sleep = pin!(sleep(ms(1)));
    assert!(poll(sleep.as_mut(), &a).is_pending());
    assert!(poll(sleep.as_mut(), &b).is_pending());
    assert_eq!(Arc::strong_count(&first), 2, "the former waker is released");
    assert_eq!(rig.advance(ms(1)), 1);
    assert_eq!((first.get(), second.get()), (0, 1));
}

#[test]
fn a_reset_moves_the_wake_up_of_who_waits() {
    let rig = Rig::new();
    let (count, waker) = counter();
    let start = Instant::now();
    let mut sleep = pin!(sleep(ms(100)));
    assert!(poll(sleep.as_mut(), &waker).is_pending());
    sleep.as_mut().reset(start + ms(200));
    assert_eq!(rig.advance(ms(199)), 0);
    sleep.as_mut().reset(start + ms(250));
    sleep.as_mut().reset(start + ms(210));
    assert_eq!(
        rig.shard.next_deadline(),
        rig.clock.ns_of((start + ms(200)).into_std())
    );
    assert_eq!(
        (rig.advance(ms(11)), count.get()),
        (1, 1),
        "without a poll in between"
    );
    assert_eq!(poll(sleep.as_mut(), &waker), READY);
    assert_eq!(sleep.deadline(), start + ms(210));
}

#[test]
fn fault_037_who_only_asks_learns_of_a_deadline_that_was_set_again() {
    let rig = Rig::new();
    let mut fresh = pin!(sleep(ms(10)));
    let mut elapsed = pin!(sleep_until(Instant::now()));
    let mut fired = pin!(sleep(ms(1)));
    assert_eq!(poll(elapsed.as_mut(), Waker::noop()), READY);
    assert!(poll(fired.as_mut(), Waker::noop()).is_pending());
    rig.advance(ms(1));
    for sleep in [&mut fresh, &mut elapsed, &mut fired] {
        sleep.as_mut().reset(Instant::now() + ms(5));
        assert!(!sleep.is_elapsed());
    }
    rig.advance(ms(5));
    for sleep in [&mut fresh, &mut elapsed, &mut fired] {
        assert!(sleep.is_elapsed());
        assert_eq!(poll(sleep.as_mut(), Waker::noop()), READY);
    }
}

#[test]
fn a_reset_into_the_past_is_ready_and_wakes() {
    let rig = Rig::new();
    rig.advance(ms(50));
    let (count, waker) = counter();
    let mut sleep = pin!(sleep(ms(50)));
    assert!(poll(sleep.as_mut(), &waker).is_pending());
    sleep.as_mut().reset(Instant::now() - ms(10));
    assert_eq!((count.get(), rig.fire()), (1, 0), "at once");
    assert!(sleep.is_elapsed());
    sleep.as_mut().reset(Instant::now() + ms(50));
    assert!(!sleep.is_elapsed());
    assert!(poll(sleep.as_mut(), &waker).is_pending());
    sleep.as_mut().reset(Instant::now() - ms(10));
    assert_eq!(
        poll(sleep.as_mut(), &waker),
        READY,
        "no thread has fired it"
    );
    assert_eq!((count.get(), rig.shard.len()), (2, 0));
}

#[test]
fn a_reset_after_the_end_waits_anew() {
    let rig = Rig::new();
    let mut sleep = Box::pin(sleep(ms(1)));
    rig.run(sleep.as_mut());
    sleep.as_mut().reset(Instant::now() + ms(10));
    let start = Instant::now();
    let ((), polls) = rig.run(sleep.as_mut());
    assert_eq!((start.elapsed(), polls), (ms(10), 2));
}

#[test]
fn a_dropped_sleep_leaves_nothing() {
    let rig = Rig::new();
    let (count, waker) = counter();
    let mut sleep = Box::pin(sleep(ms(1)));
    assert_eq!(rig.shard.len(), 0, "unpolled, it is not registered");
    assert!(poll(sleep.as_mut(), &waker).is_pending());
    assert_eq!((rig.shard.len(), Arc::strong_count(&count)), (1, 3));
    drop(sleep);
    assert_eq!((rig.shard.len(), Arc::strong_count(&count)), (0, 2));
    assert_eq!((rig.advance(ms(2)), count.get()), (0, 0));
}

#[test]
fn a_sleep_registers_where_it_is_polled_within_its_runtime() {
    let (foreign, rig) = (Rig::new(), Rig::new());
    let mut moved = pin!(sleep(ms(1)));
    let mut lent = pin!(sleep(ms(1)));
    {
        let _elsewhere = context::enter(&rig.sibling);
        assert!(poll(moved.as_mut(), Waker::noop()).is_pending());
    }
    {
        let _elsewhere = context::enter(&foreign.shard);
        assert!(poll(lent.as_mut(), Waker::noop()).is_pending());
    }
    assert_eq!(
        (rig.shard.len(), rig.sibling.len(), foreign.shard.len()),
        (1, 1, 0)
    );
    assert_eq!(rig.advance(ms(1)), 2);
    assert!(moved.is_elapsed() && lent.is_elapsed());
}

#[test]
fn a_sleep_takes_a_unit_of_budget_when_it_is_ready() {
    let _rig = Rig::new();
    let _budget = coop::budget();
    let (count, waker) = counter();
    for _ in 0..coop::BUDGET {
        assert_eq!(poll(pin!(sleep_until(Instant::now())), &waker), READY);
    }
    assert!(poll(pin!(sleep_until(Instant::now())), &waker).is_pending());
    assert_eq!(count.get(), 1, "rescheduled, not silent");
}

#[test]
fn fault_032_a_sleep_after_the_shutdown_panics_unless_it_is_due() {
    let rig = Rig::new();
    let (count, waker) = counter();
    let mut polled = Box::pin(sleep(ms(10)));
    let mut unpolled = Box::pin(sleep(ms(10)));
    let mut due = Box::pin(sleep(ms(5)));
    assert!(poll(polled.as_mut(), &waker).is_pending());
    assert!(poll(due.as_mut(), &waker).is_pending());
    rig.advance(ms(5));
    assert_eq!(rig.shard.close().count, 1);
    assert_eq!(count.get(), 2, "who waits is woken");
    assert_eq!(poll(due.as_mut(), &waker), READY);
    for sleep in [&mut polled, &mut unpolled] {
        let (text, _) = panic_of(file!(), || {
            let _ = poll(sleep.as_mut(), &waker);
        });
        assert!(text.starts_with(SHUT_DOWN), "{text}");
    }
    drop((polled, unpolled));
    assert_eq!(Arc::strong_count(&count), 2);
}

#[test]
fn timers_made_outside_of_a_runtime_panic_at_their_maker() {
    let now = Instant::now();
    let makers: [fn(Instant); 8] = [
        |_| drop(sleep(ms(1))),
        |now| drop(sleep_until(now)),
        |_| drop(time::timeout(ms(1), async {})),
        |now| drop(time::timeout_at(now, async {})),
        |_| drop(time::interval(ms(1))),
        |now| drop(time::interval_at(now, ms(1))),
        |_| time::pause(),
        |_| time::resume(),
    ];
    for maker in makers {
        let (text, at_caller) = panic_of(file!(), || maker(now));
        assert!(text.starts_with(NO_RUNTIME) && at_caller, "{text}");
    }
    let (text, _) = panic_of(file!(), || {
        let _ = poll(pin!(time::advance(ms(1))), Waker::noop());
    });
    assert!(text.starts_with(NO_RUNTIME), "{text}");
}

#[test]
fn the_clock_of_a_runtime_is_paused_moved_and_resumed() {
    let rig = Rig::running();
    let start = Instant::now();
    let (text, at_caller) = panic_of(file!(), || time::resume());
    assert!(text.contains("is not paused") && at_caller, "{text}");
    time::pause();
    let (text, at_caller) = panic_of(file!(), || time::pause());
    assert!(text.contains("is paused already") && at_caller, "{text}");
    let frozen = Instant::now();
    let (count, waker) = counter();
    let mut due = pin!(sleep(Duration::new(9, 999_999_999)));
    let mut later = pin!(sleep(Duration::new(10, 1)));
    assert!(poll(due.as_mut(), &waker).is_pending() && poll(later.as_mut(), &waker).is_pending());
    let ((), polls) = rig.run(time::advance(Duration::from_secs(10)));
    assert_eq!((frozen.elapsed(), polls), (Duration::from_secs(10), 2));
    assert_eq!(
        (count.get(), due.is_elapsed(), later.is_elapsed()),
        (1, true, false)
    );
    time::resume();
    assert!(
        Instant::now() - start >= Duration::from_secs(10),
        "what was advanced stays"
    );
    let (text, _) = panic_of(file!(), || {
        let _ = poll(pin!(time::advance(ms(1))), Waker::noop());
    });
    assert!(text.contains("is not paused"), "{text}");
}

#[test]
fn two_runtimes_have_two_clocks() {
    let (one, two) = (Rig::new(), Rig::new());
    let mut sleep = {
        let _one = context::enter(&one.shard);
        Box::pin(sleep(ms(2)))
    };
    two.advance(ms(50));
    assert!(poll(sleep.as_mut(), Waker::noop()).is_pending());
    let deadline = sleep.deadline();
    sleep.as_mut().reset(deadline + ms(1));
    assert_eq!(one.advance(ms(3)), 1);
}

#[test]
fn fault_010_wakers_that_drop_other_sleeps_do_not_deadlock() {
    struct Owner(Option<Pin<Box<Sleep>>>);
    impl std::task::Wake for Owner {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            drop(self.0.take());
            let _ = poll(pin!(sleep(ms(5))), Waker::noop());
        }
    }
    let rig = Rig::new();
    let owner = |at| {
        let mut owned = Box::pin(sleep(ms(at)));
        assert!(poll(owned.as_mut(), Waker::noop()).is_pending());
        Waker::from(Arc::new(Owner(Some(owned))))
    };
    let mut dropped = Box::pin(sleep(ms(10)));
    assert!(poll(dropped.as_mut(), &owner(10)).is_pending());
    assert!(
        poll(dropped.as_mut(), &owner(10)).is_pending(),
        "its first waker goes"
    );
    drop(dropped);
    let mut fired = Box::pin(sleep(ms(10)));
    assert!(poll(fired.as_mut(), &owner(11)).is_pending());
    rig.advance(ms(20));
    assert_eq!(poll(fired.as_mut(), Waker::noop()), READY);
    assert_eq!(rig.shard.len(), 0);
}

#[test]
fn sizes_and_auto_traits() {
    fn shared<T: Send + Sync>() {}
    fn movable<T: Unpin>() {}
    shared::<Sleep>();
    shared::<Timeout<Sleep>>();
    shared::<Interval>();
    movable::<Interval>();
    movable::<Instant>();
    let _rig = Rig::new();
    fn shared_value<T: Send + Sync>(_: T) {}
    shared_value(time::advance(ms(1)));
    shared_value(time::interval(ms(1)).tick());
    assert!(size_of::<Sleep>() <= 40, "{}", size_of::<Sleep>());
    assert!(size_of::<Timeout<()>>() <= 40);
}

#[test]
fn instants_add_and_subtract_as_the_standard_ones_do() {
    let now = Instant::now();
    let later = now + ms(5);
    assert_eq!((later - now, now - later), (ms(5), Duration::ZERO));
    assert_eq!(
        (later.duration_since(now), now.duration_since(later)),
        (ms(5), Duration::ZERO)
    );
    assert_eq!(later.checked_duration_since(now), Some(ms(5)));
    assert_eq!(now.checked_duration_since(later), None);
    assert_eq!(now.saturating_duration_since(later), Duration::ZERO);
    assert_eq!((later - ms(5), now.checked_sub(Duration::MAX)), (now, None));
    assert_eq!(now.checked_add(Duration::MAX), None);
    let mut moved = now;
    moved += ms(7);
    moved -= ms(2);
    assert_eq!(moved, later);
    assert_eq!(Instant::from_std(now.into_std()), now);
    assert_eq!(Instant::from(std::time::Instant::from(now)), now);
    assert!(now.elapsed() < Duration::from_secs(3_600));
}
