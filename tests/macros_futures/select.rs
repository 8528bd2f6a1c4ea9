//! `select!`: who is polled, how often, in which order, and when it is dropped.

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::mem::size_of_val;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::{Diary, now, poll};

#[test]
fn fault_087_biased_branches_are_polled_in_order_and_the_losers_dropped_before_the_handler() {
    let diary = Diary::default();
    now(async {
        runtime::select! {
            biased;
            _ = diary.ready_at("a", 2) => unreachable!(),
            name = diary.ready_at("b", 1) => diary.note(format!("handle {name}")),
            _ = diary.ready_at("c", 1) => unreachable!(),
        }
    });
    assert_eq!(
        diary.take(),
        ["poll a", "poll b", "drop a", "drop b", "drop c", "handle b"]
    );
}

#[test]
fn each_pending_branch_is_polled_once_a_poll() {
    let diary = Diary::default();
    let mut select = pin!(async {
        runtime::select! {
            _ = diary.ready_at("a", 3) => {}
            _ = diary.ready_at("b", 4) => {}
            _ = diary.ready_at("c", 5) => {}
        }
    });
    for _ in 0..2 {
        assert!(poll(select.as_mut()).is_pending());
        let mut polled = diary.take();
        polled.sort_unstable();
        assert_eq!(polled, ["poll a", "poll b", "poll c"]);
    }
    assert!(poll(select.as_mut()).is_ready());
}

#[test]
fn a_cancelled_select_drops_its_futures_in_order_and_runs_no_handler() {
    let diary = Diary::default();
    {
        let mut select = pin!(async {
            runtime::select! {
                biased;
                _ = diary.ready_at("a", 9) => unreachable!(),
                _ = diary.ready_at("b", 9) => unreachable!(),
            }
        });
        assert!(poll(select.as_mut()).is_pending());
    }
    assert_eq!(diary.take(), ["poll a", "poll b", "drop a", "drop b"]);
}

#[test]
fn a_refutable_pattern_disables_its_branch_until_the_end() {
    let polls = Cell::new(0);
    let mut select = pin!(async {
        let none = poll_fn(|_| {
            polls.set(polls.get() + 1);
            Poll::Ready(None::<u8>)
        });
        let mut rounds = 0;
        let third = poll_fn(|_| {
            rounds += 1;
            if rounds == 3 {
                Poll::Ready(3)
            } else {
                Poll::Pending
            }
        });
        runtime::select! {
            Some(_) = none => unreachable!(),
            value = third => value,
        }
    });
    assert!(poll(select.as_mut()).is_pending());
    assert!(poll(select.as_mut()).is_pending());
    assert_eq!(poll(select.as_mut()), Poll::Ready(3));
    assert_eq!(polls.get(), 1);
}

#[test]
fn a_future_that_is_disabled_by_its_guard_is_made_and_not_polled() {
    let diary = Diary::default();
    let answer = now(async {
        runtime::select! {
            biased;
            _ = diary.ready_at("a", 1), if diary.0.borrow().len() == 9 => 1,
            _ = diary.ready_at("b", 1), if diary.0.borrow().is_empty() => 2,
        }
    });
    assert_eq!(answer, 2);
    assert_eq!(diary.take(), ["poll b", "drop a", "drop b"]);
}

#[test]
fn guards_come_first_then_futures_in_order() {
    let diary = Diary::default();
    let note = |text: &str| {
        diary.note(text);
        true
    };
    now(async {
        runtime::select! {
            biased;
            _ = { note("future 0"); ready(()) }, if note("guard 0") => {}
            _ = { note("future 1"); ready(()) }, if note("guard 1") => {}
        }
    });
    assert_eq!(diary.take(), ["guard 0", "guard 1", "future 0", "future 1"]);
}

#[test]
fn fault_087_the_else_handler_runs_when_all_branches_are_disabled() {
    let nothing = async || None::<u8>;
    let answer = now(async {
        runtime::select! {
            Some(value) = nothing() => value,
            Some(value) = pending::<Option<u8>>(), if false => value,
            else => 7,
        }
    });
    assert_eq!(answer, 7);
}

#[test]
fn without_else_it_panics_at_its_own_place_when_all_branches_are_disabled() {
    let select = async {
        runtime::select! {
            Some(()) = ready(None::<()>) => {}
            () = pending(), if false => {}
        }
    };
    let panic = catch_unwind(AssertUnwindSafe(|| now(select))).expect_err("it panics");
    let text = panic.downcast::<&str>().expect("a text");
    assert_eq!(
        *text,
        "all branches are disabled and there is no else branch"
    );
}

#[test]
fn fault_087_each_branch_is_first_equally_often() {
    const ROUNDS: usize = 10_000;
    let mut wins = [0_usize; 5];
    for _ in 0..ROUNDS {
        let winner = now(async {
            runtime::select! {
                () = ready(()) => 0,
                () = ready(()) => 1,
                () = ready(()) => 2,
                () = ready(()) => 3,
                () = ready(()) => 4,
            }
        });
        wins[winner] += 1;
    }
    // Two thousand each; the standard deviation is 40, and ten of those do not happen.
    for count in wins {
        assert!((1_600..=2_400).contains(&count), "{wins:?}");
    }
}

#[test]
fn a_branch_that_is_always_ready_does_not_starve_the_others() {
    let mut seldom = 0_usize;
    for _ in 0..10_000 {
        now(async {
            runtime::select! {
                () = ready(()) => {}
                () = ready(()), if true => seldom += 1,
            }
        });
    }
    // Five thousand; the standard deviation is 50.
    assert!((4_500..=5_500).contains(&seldom), "{seldom}");
}

#[test]
fn threads_begin_with_different_branches() {
    let sequence = || -> Vec<u32> {
        let one = || async {
            runtime::select! { _ = ready(()) => 0, _ = ready(()) => 1 }
        };
        (0..128).map(|_| now(one())).collect()
    };
    let first = std::thread::spawn(sequence).join().expect("no panic");
    let second = std::thread::spawn(sequence).join().expect("no panic");
    assert_ne!(first, second);
}

#[test]
fn fault_025_a_spent_budget_lets_no_branch_run() {
    runtime::Runtime::new().expect("a runtime").block_on(async {
        let task = runtime::spawn(async {
            let (sender, mut receiver) = runtime::sync::mpsc::unbounded_channel();
            (0..300).for_each(|number| sender.send(number).expect("it is open"));
            let mut others = 0;
            let mut received = 0;
            while received < 300 {
                runtime::select! {
                    biased;
                    Some(_) = receiver.recv() => received += 1,
                    // Ready by itself: it would win whenever the budget is spent.
                    () = ready(()) => others += 1,
                }
            }
            others
        });
        assert_eq!(task.await.expect("the task ends"), 0);
    });
}

#[test]
fn fault_087_many_branches_find_their_way() {
    macro_rules! of_64 {
        ($which:expr, $($number:literal)+) => {
            runtime::select! {
                $($number = async move { $which }, if true => $number,)+
            }
        };
    }
    for which in [0_u8, 7, 8, 31, 32, 63] {
        let found = now(async move {
            of_64!(which, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26
                27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53
                54 55 56 57 58 59 60 61 62 63)
        });
        assert_eq!(found, which);
    }
}

#[test]
fn its_future_is_that_of_its_branches_and_two_words() {
    let word = size_of::<usize>();
    let one = async {
        let wait = ready(5_usize);
        runtime::select! { _ = wait => {} }
    };
    let two = async {
        let (first, second) = (ready(5_usize), ready(6_usize));
        runtime::select! { _ = first => {}, _ = second => {} }
    };
    assert_eq!(
        size_of_val(&two) - size_of_val(&one),
        size_of_val(&ready(5_usize))
    );
    assert!(size_of_val(&one) <= size_of_val(&ready(5_usize)) + 3 * word);
}

#[test]
fn a_pinned_future_goes_on_from_one_select_to_the_next() {
    let diary = Diary::default();
    let rounds = now(async {
        let work = diary.ready_at("work", 4);
        runtime::pin!(work);
        let mut rounds = 0;
        loop {
            runtime::select! {
                biased;
                _ = &mut work => break rounds,
                () = ready(()) => rounds += 1,
            }
        }
    });
    assert_eq!(rounds, 3);
    assert_eq!(diary.take().len(), 5);
}

#[test]
fn what_can_be_sent_stays_so() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let value = now(sent(async {
        runtime::select! {
            value = async { 1 } => value,
            // A temporary of a branch's expression that is no part of the future.
            value = ready(*std::sync::Mutex::new(2).lock().expect("no poison")) => value,
        }
    }));
    assert!(value == 1 || value == 2);
}
