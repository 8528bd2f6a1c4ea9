//! `join!`, `try_join!` and `pin!`.

use std::future::{IntoFuture, pending, ready};
use std::mem::size_of_val;
use std::pin::pin;
use std::task::Poll;

use crate::{Diary, now, poll};

#[test]
fn each_poll_begins_with_the_next_future() {
    let diary = Diary::default();
    let mut join = pin!(async {
        runtime::join!(
            diary.ready_at("a", 9),
            diary.ready_at("b", 9),
            diary.ready_at("c", 9),
        )
    });
    for order in [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ] {
        assert!(poll(join.as_mut()).is_pending());
        assert_eq!(diary.take(), order.map(|name| format!("poll {name}")));
    }
}

#[test]
fn biased_futures_are_polled_in_order_each_time() {
    let diary = Diary::default();
    let mut join =
        pin!(async { runtime::join!(biased; diary.ready_at("a", 9), diary.ready_at("b", 9)) });
    for _ in 0..3 {
        assert!(poll(join.as_mut()).is_pending());
        assert_eq!(diary.take(), ["poll a", "poll b"]);
    }
}

#[test]
fn a_future_is_dropped_when_it_ends_and_polled_no_more() {
    let diary = Diary::default();
    let mut join =
        pin!(async { runtime::join!(biased; diary.ready_at("a", 1), diary.ready_at("b", 2)) });
    assert!(poll(join.as_mut()).is_pending());
    assert_eq!(diary.take(), ["poll a", "drop a", "poll b"]);
    assert_eq!(poll(join.as_mut()), Poll::Ready(("a", "b")));
    assert_eq!(diary.take(), ["poll b", "drop b"]);
}

#[test]
fn a_cancelled_join_drops_futures_and_outputs_once() {
    let diary = Diary::default();
    {
        let mut join = pin!(async {
            runtime::join!(
                biased;
                std::future::ready(diary.ready_at("output", 1)),
                diary.ready_at("b", 2),
            )
        });
        assert!(poll(join.as_mut()).is_pending());
        assert_eq!(diary.take(), ["poll b"]);
    }
    assert_eq!(diary.take(), ["drop output", "drop b"]);
}

#[test]
fn the_first_error_ends_a_try_join_and_drops_the_others() {
    let diary = Diary::default();
    let result: Result<(&str, (), u8), &str> = now(async {
        runtime::try_join!(
            biased;
            async { Ok(diary.ready_at("a", 2).await) },
            async { Err(diary.ready_at("b", 1).await) },
            async { diary.note("polled"); Ok(1) },
        )
    });
    assert_eq!(result, Err("b"));
    assert_eq!(diary.take(), ["poll a", "poll b", "drop b", "drop a"]);
}

#[test]
fn a_try_join_gives_all_values_where_none_fails() {
    let diary = Diary::default();
    let mut join = pin!(async {
        runtime::try_join!(async { Ok::<_, ()>(diary.ready_at("a", 2).await) }, async {
            Ok(diary.ready_at("b", 1).await)
        },)
    });
    assert!(poll(join.as_mut()).is_pending());
    assert_eq!(poll(join.as_mut()), Poll::Ready(Ok(("a", "b"))));
}

#[test]
fn each_poll_of_a_try_join_begins_with_the_next_future() {
    let diary = Diary::default();
    let mut join = pin!(async {
        runtime::try_join!(async { Ok::<_, ()>(diary.ready_at("a", 9).await) }, async {
            Ok(diary.ready_at("b", 9).await)
        },)
    });
    for order in [["a", "b"], ["b", "a"], ["a", "b"]] {
        assert!(poll(join.as_mut()).is_pending());
        assert_eq!(diary.take(), order.map(|name| format!("poll {name}")));
    }
}

#[test]
fn no_futures_are_done_at_once() {
    now(async {
        let () = runtime::join!();
        let () = runtime::join!(biased;);
        assert_eq!(runtime::try_join!() as Result<(), u8>, Ok(()));
        assert_eq!(runtime::try_join!(biased;) as Result<(), u8>, Ok(()));
    });
}

struct Later(u8);

impl IntoFuture for Later {
    type Output = Result<u8, ()>;
    type IntoFuture = std::future::Ready<Result<u8, ()>>;

    fn into_future(self) -> Self::IntoFuture {
        ready(Ok(self.0))
    }
}

#[test]
fn what_becomes_a_future_is_taken() {
    assert_eq!(
        now(async { runtime::join!(Later(1), Later(2)) }),
        (Ok(1), Ok(2))
    );
    assert_eq!(
        now(async { runtime::try_join!(Later(1), Later(2)) }),
        Ok((1, 2))
    );
    let value = now(async {
        runtime::select! { value = Later(3) => value }
    });
    assert_eq!(value, Ok(3));
}

#[test]
fn fault_088_a_future_that_spends_the_budget_does_not_starve_the_others() {
    runtime::Runtime::new().expect("a runtime").block_on(async {
        let task = runtime::spawn(async {
            let (sender, mut receiver) = runtime::sync::mpsc::channel(1_000);
            let (other, mut others) = runtime::sync::mpsc::channel(1);
            (0..600).for_each(|number| sender.try_send(number).expect("room"));
            other.try_send(()).expect("room");
            let left = std::sync::Mutex::new(600_u32);
            let left = || left.lock().expect("no poison");
            let greedy = async {
                while *left() > 0 {
                    receiver.recv().await.expect("a number");
                    *left() -= 1;
                }
            };
            let modest = async {
                others.recv().await.expect("a value");
                *left()
            };
            runtime::join!(greedy, modest).1
        });
        // The second poll begins with the modest one.
        assert_eq!(task.await.expect("the task ends"), 600 - 128);
    });
}

#[test]
fn fault_088_sixty_four_futures_join() {
    macro_rules! sum_of_64 {
        ($($number:tt)+) => {{
            let outputs: [u32; 64] = now(async {
                let all = runtime::join!($(ready([$number])),+);
                tuple_to_array!(all, $($number)+)
            });
            outputs.iter().sum::<u32>()
        }};
    }
    macro_rules! tuple_to_array {
        ($tuple:expr, $($number:tt)+) => { [$($tuple.$number[0]),+] };
    }
    let sum = sum_of_64!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
        28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57
        58 59 60 61 62 63);
    assert_eq!(sum, 63 * 64 / 2);
}

#[test]
fn outputs_beyond_eight_stand_where_their_futures_do() {
    now(async {
        let outputs = runtime::join!(
            ready(0),
            ready('1'),
            ready(2),
            ready("3"),
            ready(4),
            ready(5),
            ready(6),
            ready(7),
            ready(8),
        );
        assert_eq!(outputs, (0, '1', 2, "3", 4, 5, 6, 7, 8));
        let sixteen = runtime::join!(
            biased;
            ready(0), ready(1), ready(2), ready(3), ready(4), ready(5), ready(6), ready(7),
            ready(8), ready(9), ready(10), ready(11), ready(12), ready(13), ready(14), ready("15")
        );
        assert_eq!(
            (sixteen.0, sixteen.7, sixteen.8, sixteen.15),
            (0, 7, 8, "15")
        );
        let fine = |value| ready(Ok::<i32, &str>(value));
        let last = runtime::try_join!(
            fine(0),
            fine(1),
            fine(2),
            fine(3),
            fine(4),
            fine(5),
            fine(6),
            fine(7),
            fine(8),
            fine(9),
            fine(10),
            fine(11),
            fine(12),
            fine(13),
            fine(14),
            fine(15),
            fine(16),
            fine(17),
        );
        assert_eq!(last.map(|outputs| (outputs.8, outputs.17)), Ok((8, 17)));
        let failed = runtime::try_join!(
            fine(0),
            fine(1),
            fine(2),
            fine(3),
            fine(4),
            fine(5),
            fine(6),
            fine(7),
            ready(Err::<(), _>("the ninth")),
            pending::<Result<(), &str>>(),
        );
        assert_eq!(failed.map(drop), Err("the ninth"));
    });
}

#[test]
fn a_joins_future_keeps_a_future_or_its_output() {
    let large = || async {
        let bytes = [0_u8; 1_000];
        pending::<()>().await;
        bytes
    };
    let two = async { runtime::join!(large(), large()) };
    assert!(size_of_val(&two) < 2 * size_of_val(&large()) + 64);
}

#[test]
fn what_can_be_sent_stays_so() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let lock = std::sync::Mutex::new(2);
    let join = sent(async {
        // The guard is a temporary, and gone before the first poll.
        runtime::join!(ready(1), ready(*lock.lock().expect("no poison")))
    });
    assert_eq!(now(join), (1, 2));
}

#[test]
fn pin_pins_what_is_named_or_made() {
    let diary = Diary::default();
    let named = diary.ready_at("named", 2);
    runtime::pin!(named,);
    runtime::pin! {
        let made = diary.ready_at("made", 1);
        let other = ready(1);
    }
    assert!(poll(named.as_mut()).is_pending());
    assert_eq!(poll(named.as_mut()), Poll::Ready("named"));
    assert_eq!(poll(made), Poll::Ready("made"));
    assert_eq!(poll(other), Poll::Ready(1));
    assert!(!diary.take().contains(&"drop named".to_string()));
}
