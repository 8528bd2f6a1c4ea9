use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;

use super::rig::{Rig, ms, panic_of};
use crate::time::{Instant, Interval, MissedTickBehavior, interval, interval_at};

/// The ticks that are ready now, in milliseconds from `start`.
fn ready(interval: &mut Interval, start: Instant) -> Vec<u64> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut ticks = Vec::new();
    while let Poll::Ready(tick) = interval.poll_tick(&mut cx) {
        ticks.push((tick - start).as_millis() as u64);
    }
    ticks
}

/// The example of `MissedTickBehavior`: looked at after 0, 50, 100 ms and then every 130 ms once,
/// later every 10 ms.
fn table(behavior: MissedTickBehavior) -> Vec<u64> {
    let rig = Rig::new();
    let start = Instant::now();
    let mut interval = interval(ms(50));
    interval.set_missed_tick_behavior(behavior);
    assert_eq!(interval.missed_tick_behavior(), behavior);
    let mut ticks = ready(&mut interval, start);
    rig.advance(ms(50));
    ticks.extend(ready(&mut interval, start));
    rig.advance(ms(180));
    for _ in 0..16 {
        ticks.extend(ready(&mut interval, start));
        rig.advance(ms(10));
    }
    ticks
}

#[test]
fn fault_040_missed_ticks_follow_the_table() {
    assert_eq!(
        table(MissedTickBehavior::Burst),
        [0, 50, 100, 150, 200, 250, 300, 350]
    );
    assert_eq!(
        table(MissedTickBehavior::Delay),
        [0, 50, 100, 280, 330, 380]
    );
    assert_eq!(table(MissedTickBehavior::Skip), [0, 50, 100, 250, 300, 350]);
    assert_eq!(MissedTickBehavior::default(), MissedTickBehavior::Burst);
}

#[test]
fn each_tick_takes_two_polls_and_ready_registers_nobody() {
    let rig = Rig::new();
    let start = Instant::now();
    let mut interval = interval_at(start + ms(10), ms(300));
    assert_eq!(interval.period(), ms(300));
    for due in [10, 310, 610] {
        let (tick, polls) = rig.run(interval.tick());
        assert_eq!(
            (tick - start, start.elapsed(), polls),
            (ms(due), ms(due), 2)
        );
        assert_eq!(rig.shard.len(), 0);
    }
}

#[test]
fn small_delays_do_not_add_up() {
    let rig = Rig::new();
    let start = Instant::now();
    let mut interval = interval(ms(50));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0..20 {
        assert_eq!(ready(&mut interval, start), [round * 50]);
        rig.advance(ms(if round == 0 { 55 } else { 50 }));
    }
}

#[test]
fn resets_move_the_next_tick_and_keep_the_period() {
    let rig = Rig::new();
    let start = Instant::now();
    let mut interval = interval(ms(300));
    assert_eq!(ready(&mut interval, start), [0]);
    rig.advance(ms(100));
    interval.reset();
    rig.advance(ms(300));
    assert_eq!(ready(&mut interval, start), [400]);
    interval.reset_immediately();
    assert_eq!(ready(&mut interval, start), [400]);
    interval.reset_after(ms(20));
    rig.advance(ms(20));
    assert_eq!(ready(&mut interval, start), [420]);
    interval.reset_at(start + ms(1_500));
    rig.advance(ms(1_079));
    assert_eq!(ready(&mut interval, start), []);
    rig.advance(ms(1));
    assert_eq!(ready(&mut interval, start), [1_500]);
    rig.advance(ms(300));
    assert_eq!(ready(&mut interval, start), [1_800]);
}

#[test]
fn a_reset_wakes_who_waits_for_the_tick() {
    let rig = Rig::new();
    let start = Instant::now();
    let mut interval = interval_at(start + ms(500), ms(500));
    assert_eq!(ready(&mut interval, start), []);
    interval.reset_after(ms(3));
    assert_eq!(rig.advance(ms(3)), 1);
    assert_eq!(ready(&mut interval, start), [3]);
}

#[test]
fn fault_040_a_period_of_zero_panics_at_its_maker() {
    let _rig = Rig::new();
    let now = Instant::now();
    for maker in [
        |_| drop(interval(Duration::ZERO)),
        |now| drop(interval_at(now, Duration::ZERO)),
    ] {
        let maker: fn(Instant) = maker;
        let (text, at_caller) = panic_of(file!(), || maker(now));
        assert_eq!(
            (text.as_str(), at_caller),
            ("the period of an interval must not be zero", true)
        );
    }
}

#[test]
fn fault_040_the_longest_period_does_not_overflow() {
    let rig = Rig::new();
    let start = Instant::now();
    for behavior in [
        MissedTickBehavior::Burst,
        MissedTickBehavior::Delay,
        MissedTickBehavior::Skip,
    ] {
        let mut interval = interval(Duration::MAX);
        interval.set_missed_tick_behavior(behavior);
        assert_eq!(ready(&mut interval, Instant::now()), [0]);
        rig.advance(Duration::from_secs(86_400 * 365 * 40));
        assert_eq!(ready(&mut interval, start).len(), 1);
        interval.reset();
        interval.reset_after(Duration::MAX);
        assert_eq!(ready(&mut interval, start), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fault_040_ticks_are_on_schedule_whatever_the_lateness(
        period in 1u64..5_000_000_000, looks in prop::collection::vec(0u64..20_000_000_000, 1..30),
        skip in any::<bool>(),
    ) {
        let rig = Rig::new();
        let start = Instant::now();
        let mut interval = interval(Duration::from_nanos(period));
        if skip {
            interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        }
        let mut cx = Context::from_waker(Waker::noop());
        let (mut now, mut last) = (0, None);
        for by in looks {
            rig.advance(Duration::from_nanos(by));
            now += by;
            // A short period catches up over very many ticks: look at the first hundred.
            for _ in 0..100 {
                let Poll::Ready(tick) = interval.poll_tick(&mut cx) else { break };
                let at = (tick - start).as_nanos() as u64;
                prop_assert!(at <= now && at % period == 0, "never early, on schedule");
                match last {
                    Some(before) if !skip => prop_assert_eq!(at, before + period, "none is lost"),
                    Some(before) => prop_assert!(at > before),
                    None => prop_assert_eq!(at, 0),
                }
                last = Some(at);
            }
        }
    }
}
