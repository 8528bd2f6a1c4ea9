//! `select!`: what patterns and handlers may be.

use std::future::{pending, ready};
use std::io;

use crate::now;

#[test]
fn handlers_may_leave_what_is_around_them() {
    async fn question_mark(fails: bool) -> Result<u8, io::Error> {
        let value = runtime::select! {
            result = ready(if fails { Err(io::Error::other("no")) } else { Ok(1) }) => result?,
        };
        Ok(value + 1)
    }
    async fn returns() -> u8 {
        let value = runtime::select! {
            value = ready(1) => if value == 1 { return 1 } else { 2 },
        };
        value + 1
    }
    async fn breaks_and_continues() -> Vec<u8> {
        let mut seen = Vec::new();
        for number in 0..9 {
            runtime::select! {
                0 = ready(number) => continue,
                3 = ready(number) => break,
                other = ready(number), if number != 0 && number != 3 => seen.push(other),
            }
            seen.push(9);
        }
        seen
    }
    assert_eq!(now(question_mark(false)).expect("it succeeds"), 2);
    assert!(now(question_mark(true)).is_err());
    assert_eq!(now(returns()), 1);
    assert_eq!(now(breaks_and_continues()), [1, 9, 2, 9]);
}

#[test]
fn futures_may_leave_what_is_around_them_too() {
    async fn leave(text: &str) -> Result<u32, std::num::ParseIntError> {
        runtime::select! {
            value = ready(text.parse::<u32>()?) => Ok(value),
        }
    }
    assert_eq!(now(leave("5")), Ok(5));
    assert!(now(leave("five")).is_err());
}

#[test]
fn handlers_may_await_and_borrow_what_the_futures_borrowed() {
    async fn add(value: &mut Vec<u8>, what: u8) {
        value.push(what);
    }
    let mut values = Vec::new();
    now(async {
        runtime::select! {
            biased;
            () = add(&mut values, 1) => {
                values.push(2);
                add(&mut values, 3).await;
            }
            () = pending() => values.clear(),
        }
    });
    assert_eq!(values, [1, 2, 3]);
}

#[test]
fn commas_are_needed_only_behind_expressions() {
    let answer = now(async {
        runtime::select! {
            _ = pending::<()>() => { 1 }
            _ = pending::<()>() => { 2 },
            _ = pending::<()>() => Vec::<u8>::with_capacity(3).capacity(),
            _ = pending::<()>(), if true => { 4 }
            _ = ready::<(u8, u8)>((1, 2)) => std::convert::identity::<usize>(5),
            else => { 6 }
        }
    });
    assert_eq!(answer, 5);
}

#[test]
fn commas_inside_of_parts_belong_to_them() {
    fn pair<A, B>(first: A, second: B) -> std::future::Ready<(A, B)> {
        ready((first, second))
    }
    let sum = now(async {
        runtime::select! {
            (a, b) = pair::<u8, u8>(1, 2), if Option::<u8>::None.is_none() => {
                a + b
            }
        }
    });
    assert_eq!(sum, 3);
    let compared = now(async {
        runtime::select! {
            (a, b) = pair::<u8, u8>(1, 2) => std::cmp::max::<u8>(a, b),
        }
    });
    assert_eq!(compared, 2);
}

#[derive(Debug, PartialEq)]
enum Message {
    Text { body: String, size: usize },
    Number(u8),
}

#[test]
fn patterns_of_all_kinds_match() {
    const NUMBER: Message = Message::Number(0);
    async fn class(message: Message) -> String {
        let short = Message::Text {
            body: "short".into(),
            size: 1,
        };
        runtime::select! {
            Message::Text { ref body, size: 0 | 1 } = ready(short), if message == NUMBER => {
                body.clone()
            }
            Message::Text { mut body, size: length @ 2.. } = ready(message) => {
                body.push_str(&length.to_string());
                body
            }
            else => "other".into(),
        }
    }
    let text = |size| Message::Text {
        body: "text".into(),
        size,
    };
    assert_eq!(now(class(text(5))), "text5");
    assert_eq!(now(class(text(1))), "other");
    assert_eq!(now(class(Message::Number(0))), "short");
    assert_eq!(now(class(Message::Number(1))), "other");
}

#[test]
fn patterns_take_references_apart() {
    let pair = (String::from("owned"), 1);
    let found = now(async {
        runtime::select! {
            Some(&(ref name, 1)) = ready(Some(&pair)) => name.len(),
            else => 0,
        }
    });
    assert_eq!(found, 5);
    let number = now(async {
        runtime::select! {
            (&number, "x") = ready((&5, "x")) => number,
            else => 0,
        }
    });
    assert_eq!(number, 5);
    let mut value = 5;
    now(async {
        runtime::select! {
            Some(&mut ref mut inner) = ready(Some(&mut value)) => *inner += 1,
            else => {}
        }
    });
    assert_eq!(value, 6);
    let sum: u8 = now(async {
        runtime::select! {
            [first, .., last] = ready([1, 2, 3]) => first + last,
        }
    });
    assert_eq!(sum, 4);
}

#[test]
fn constants_in_patterns_are_compared() {
    const LIMIT: u8 = 3;
    let class = |number: u8| async move {
        runtime::select! {
            LIMIT = ready(number) => "limit",
            None = ready(Some(number)) => unreachable!(),
            "ten" = ready(if number == 10 { "ten" } else { "" }) => "text",
            | 0 | 1 = ready(number) => "small",
            4..=9 = ready(number) => "large",
            else => "other",
        }
    };
    let classes = [3, 0, 5, 2, 10].map(|number| now(class(number)));
    assert_eq!(classes, ["limit", "small", "large", "other", "text"]);
}

#[test]
fn selects_nest() {
    let answer = now(async {
        runtime::select! {
            inner = async {
                runtime::select! {
                    value = ready(1) => value + 1,
                }
            } => runtime::select! {
                value = ready(inner) => runtime::select! {
                    biased;
                    _ = pending::<()>() => 0,
                    _ = ready(()) => value + 1,
                },
            },
        }
    });
    assert_eq!(answer, 3);
}

#[test]
fn parts_may_come_from_other_macros() {
    macro_rules! first_of {
        ($($pattern:pat = $future:expr, if $guard:expr => $handler:block)*) => {
            runtime::select! { $($pattern = $future, if $guard => $handler)* else => 0 }
        };
        ($($pattern:pat => $future:expr => $handler:expr),*) => {
            runtime::select! { biased; $($pattern = $future => $handler),* }
        };
    }
    let blocks = now(async {
        first_of! {
            Some(value) = ready(None::<u8>), if true => { value }
            1 | 2 = ready(1_u8), if 1 + 1 == 2 => { 2 }
        }
    });
    assert_eq!(blocks, 2);
    let expressions = now(async { first_of!(3 => ready(3) => 1 + 1, _ => pending::<()>() => 0) });
    assert_eq!(expressions, 2);
}

#[test]
fn branches_that_never_end_need_no_type() {
    async fn never() -> ! {
        pending().await
    }
    let answer: u8 = now(async {
        runtime::select! {
            never = never() => match never {},
            _ = std::future::poll_fn(|_| panic!("not polled")), if false => 1,
            value = ready(2) => value,
        }
    });
    assert_eq!(answer, 2);
}
