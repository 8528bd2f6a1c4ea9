//! What a look counts as work that waits, and when the alarm is left alone or put off.

use std::time::Instant;

use super::{HELD_UP, RATE_HIGH, SHORT_REST, Thrift, WARY, WARY_AT_FIRST, WATCH_INTERVAL};
use crate::builder::Builder;
use crate::scheduler::runner::with_current;
use crate::spawn::spawn;

/// As a look by the thread that asks sees it, and as one by anybody else does.
fn waits() -> (bool, bool) {
    with_current(|runner| {
        let runner = runner.expect("a thread of the runtime");
        let shared = &runner.shared;
        (shared.work_waits(runner.slot()), shared.work_waits(None))
    })
}

/// Two tasks that answer each other through a socket would else be handed to and fro: each look of the
/// thread that runs both would call another for the one that has just got its event.
#[test]
fn who_goes_on_calls_nobody_for_what_it_runs_next() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let task = runtime.spawn(async {
        assert_eq!(waits(), (false, false), "nothing is there");
        let next = spawn(async {});
        assert_eq!(waits(), (false, true), "one in the cell");
        let after = spawn(async {});
        assert_eq!(waits(), (true, true), "one in the queue");
        with_current(|runner| {
            let local = runner.and_then(|runner| runner.local());
            local.expect("a queue").respite.begin_for_good();
        });
        assert_eq!(waits(), (false, true), "in the queue, which is left alone");
        next.await.expect("it ends");
        after.await.expect("it ends");
    });
    runtime.block_on(task).expect("the task");
}

#[test]
fn a_few_short_rests_begin_a_high_rate_and_long_ones_end_it() {
    let thrift = Thrift::new();
    let (short, long) = (SHORT_REST / 2, SHORT_REST);
    for _ in 1..RATE_HIGH {
        thrift.rested(short);
        assert!(!thrift.is_at_high_rate());
    }
    thrift.rested(short);
    assert!(thrift.is_at_high_rate());
    (0..100).for_each(|_| thrift.rested(short));
    thrift.rested(long);
    assert!(thrift.is_at_high_rate(), "one in a hundred");
    thrift.rested(long);
    assert!(!thrift.is_at_high_rate(), "and another");
}

#[test]
fn one_of_many_looks() {
    let thrift = Thrift::new();
    let now = thrift.origin + WATCH_INTERVAL;
    assert!(!thrift.is_watch_due(thrift.origin));
    assert!(thrift.is_watch_due(now));
    assert!(!thrift.is_watch_due(now));
    assert!(thrift.is_watch_due(now + WATCH_INTERVAL));
}

/// Who relies on others to look is told that he cannot.
#[test]
fn who_blocks_makes_the_looks_wary_for_a_while() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let is_wary = || {
        with_current(|runner| {
            let runner = runner.expect("a thread of the runtime");
            // As it is at first.
            let later = Instant::now() + WARY_AT_FIRST;
            runner.shared.thrift.is_wary(later)
        })
    };
    let task = runtime.spawn(async move {
        assert!(!is_wary(), "nobody has blocked");
        // On a busy machine the looks themselves may come late, and say nothing then.
        while !is_wary() {
            std::thread::sleep(3 * HELD_UP);
        }
    });
    runtime.block_on(task).expect("the task");
}

#[test]
fn nobody_is_wary_for_ever() {
    let thrift = Thrift::new();
    assert!(thrift.is_wary(thrift.origin), "nobody knows what comes");
    let now = thrift.origin + WARY_AT_FIRST;
    assert!(!thrift.is_wary(now));
    thrift.be_wary(now);
    assert!(thrift.is_wary(now));
    assert!(!thrift.is_wary(now + WARY));
}
