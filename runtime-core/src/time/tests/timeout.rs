use std::future::{pending, poll_fn, ready};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::rig::{Rig, counter, ms, poll};
use crate::coop;
use crate::time::error::{Elapsed, Error};
use crate::time::{Instant, sleep, timeout, timeout_at};

#[test]
fn a_ready_future_is_not_overtaken_by_its_limit() {
    let rig = Rig::new();
    assert_eq!(rig.run(timeout(Duration::ZERO, ready(7))), (Ok(7), 1));
    let past = Instant::now();
    rig.advance(ms(1));
    assert_eq!(rig.run(timeout_at(past, ready(7))), (Ok(7), 1));
    assert_eq!(rig.run(timeout(ms(5), sleep(ms(5)))).0, Ok(()));
}

#[test]
fn a_limit_strikes_at_its_nanosecond() {
    let rig = Rig::new();
    let start = Instant::now();
    let limit = Duration::new(0, 1_000_001);
    let (outcome, polls) = rig.run(timeout(limit, pending::<()>()));
    assert_eq!(
        (outcome, polls, start.elapsed()),
        (Err(Elapsed::new()), 2, limit)
    );
    let (outcome, polls) = rig.run(timeout_at(start, pending::<()>()));
    assert_eq!((outcome.is_err(), polls), (true, 1));
}

#[test]
fn a_future_in_time_leaves_no_timer() {
    let rig = Rig::new();
    let (value, polls) = rig.run(timeout(Duration::MAX, async {
        sleep(ms(3)).await;
        "in time"
    }));
    assert_eq!((value, polls), (Ok("in time"), 2));
    assert_eq!((rig.shard.len(), rig.sibling.len()), (0, 0));
}

#[test]
fn fault_043_a_future_that_uses_up_the_budget_does_not_put_its_limit_off() {
    let rig = Rig::new();
    let hog = poll_fn(|cx: &mut Context<'_>| -> Poll<()> {
        while let Poll::Ready(unit) = coop::poll_proceed(cx) {
            unit.made();
        }
        Poll::Pending
    });
    let (_count, waker) = counter();
    let mut limited = pin!(timeout(ms(1), hog));
    for _ in 0..3 {
        let _budget = coop::budget();
        assert!(poll(limited.as_mut(), &waker).is_pending());
        assert!(
            !coop::has_budget_remaining(),
            "the limit gives the task no budget back"
        );
    }
    rig.clock.advance(ms(1)).unwrap();
    let _budget = coop::budget();
    assert_eq!(
        poll(limited.as_mut(), &waker),
        Poll::Ready(Err(Elapsed::new()))
    );
}

#[test]
fn limits_that_strike_at_once_still_let_others_run() {
    let _rig = Rig::new();
    let _budget = coop::budget();
    let (count, waker) = counter();
    let mut forever = pin!(async {
        loop {
            let _ = timeout(Duration::ZERO, pending::<()>()).await;
        }
    });
    let outcome: Poll<()> = poll(forever.as_mut(), &waker);
    assert!(outcome.is_pending() && count.get() > 0);
}

#[test]
fn the_future_is_reachable_and_comes_out_again() {
    let _rig = Rig::new();
    let mut limited = timeout(ms(1), ready(5));
    let _: &std::future::Ready<i32> = limited.get_ref();
    *limited.get_mut() = ready(6);
    let mut inner = limited.into_inner();
    assert_eq!(poll(Pin::new(&mut inner), Waker::noop()), Poll::Ready(6));
}

#[test]
fn errors_say_what_they_are() {
    assert_eq!(Elapsed::new().to_string(), "deadline has elapsed");
    assert_eq!(
        io::Error::from(Elapsed::new()).kind(),
        io::ErrorKind::TimedOut
    );
    let kinds = [Error::shutdown(), Error::at_capacity(), Error::invalid()];
    let asked = kinds.map(|e| [e.is_shutdown(), e.is_at_capacity(), e.is_invalid()]);
    assert_eq!(
        asked,
        [
            [true, false, false],
            [false, true, false],
            [false, false, true]
        ]
    );
    assert!(kinds.iter().all(|e| !e.to_string().is_empty()));
}
