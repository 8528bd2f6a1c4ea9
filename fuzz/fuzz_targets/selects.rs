//! Shapes of `select!`, `join!` and `try_join!` against a reading of their rules: which branch wins,
//! what is polled how often, and that each future is dropped once.
//!
//! A macro of ours writes the shapes; the input says how each branch behaves.
//!
//! Faults 87, 88.
#![no_main]

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runtime_fuzz::run;

/// One branch: after how many polls it is ready and with what, whether it takes part, and whether
/// its pattern accepts the value.
#[derive(Arbitrary, Debug, Clone, Copy)]
struct Branch {
    waits: u8,
    is_enabled: bool,
    is_ok: bool,
}

impl Branch {
    fn waits(self) -> usize {
        usize::from(self.waits % 4)
    }
}

#[derive(Arbitrary, Debug)]
struct Input {
    branches: [Branch; 5],
    shape: u8,
}

struct Scripted<'a> {
    branch: Branch,
    at: usize,
    polls: &'a Cell<usize>,
    drops: &'a Cell<usize>,
    is_done: bool,
}

impl Future for Scripted<'_> {
    type Output = Result<usize, usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<usize, usize>> {
        assert!(!self.is_done, "polled after its end");
        self.polls.set(self.polls.get() + 1);
        if self.polls.get() <= self.branch.waits() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_done = true;
        Poll::Ready(if self.branch.is_ok {
            Ok(self.at)
        } else {
            Err(self.at)
        })
    }
}

impl Drop for Scripted<'_> {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
    }
}

struct Play {
    branches: [Branch; 5],
    polls: [Cell<usize>; 5],
    drops: [Cell<usize>; 5],
}

impl Play {
    fn future(&self, at: usize) -> Scripted<'_> {
        Scripted {
            branch: self.branches[at],
            at,
            polls: &self.polls[at],
            drops: &self.drops[at],
            is_done: false,
        }
    }

    /// Who can win: enabled and accepted. Its turn is the number of its polls.
    fn winners(&self, count: usize) -> Vec<usize> {
        let able = (0..count).filter(|&at| self.branches[at].is_enabled && self.branches[at].is_ok);
        let first = able.clone().map(|at| self.branches[at].waits()).min();
        able.filter(|&at| Some(self.branches[at].waits()) == first)
            .collect()
    }

    fn selected(&self, count: usize, biased: bool, chosen: Option<usize>) {
        let winners = self.winners(count);
        match chosen {
            None => assert!(winners.is_empty(), "there was a winner"),
            Some(at) if biased => assert_eq!(winners.first(), Some(&at)),
            Some(at) => assert!(winners.contains(&at), "{at} of {winners:?}"),
        }
        for at in 0..count {
            assert_eq!(self.drops[at].get(), 1, "each future is dropped once");
            let polls_max = match (self.branches[at].is_enabled, chosen) {
                (false, _) => 0,
                (true, None) => self.branches[at].waits() + 1,
                (true, Some(winner)) => {
                    self.branches[winner].waits().min(self.branches[at].waits()) + 1
                }
            };
            assert!(self.polls[at].get() <= polls_max);
        }
    }

    fn joined(&self, count: usize, all: &[Result<usize, usize>]) {
        for at in 0..count {
            let expected = if self.branches[at].is_ok {
                Ok(at)
            } else {
                Err(at)
            };
            assert_eq!(all[at], expected);
            assert_eq!(self.polls[at].get(), self.branches[at].waits() + 1);
            assert_eq!(self.drops[at].get(), 1);
        }
    }

    fn tried(&self, count: usize, outcome: Result<Vec<usize>, usize>) {
        let fails = (0..count).filter(|&at| !self.branches[at].is_ok);
        let first = fails.clone().map(|at| self.branches[at].waits()).min();
        match outcome {
            Ok(all) => {
                assert_eq!(first, None);
                assert_eq!(all, (0..count).collect::<Vec<_>>());
            }
            Err(at) => {
                assert!(!self.branches[at].is_ok);
                assert_eq!(
                    Some(self.branches[at].waits()),
                    first,
                    "the first error ends it"
                );
            }
        }
        (0..count).for_each(|at| assert_eq!(self.drops[at].get(), 1));
    }
}

/// The shapes of `count` branches.
macro_rules! shapes {
    ($play:ident, $shape:expr, $count:literal, $($at:tt),+) => {
        match $shape % 5 {
            0 => {
                let chosen = runtime::select! {
                    $(Ok(at) = $play.future($at), if $play.branches[$at].is_enabled => Some(at),)+
                    else => None,
                };
                $play.selected($count, false, chosen);
            }
            1 => {
                let chosen = runtime::select! {
                    biased;
                    $(Ok(at) = $play.future($at), if $play.branches[$at].is_enabled => Some(at),)+
                    else => None,
                };
                $play.selected($count, true, chosen);
            }
            2 => {
                let all = runtime::join!($($play.future($at)),+);
                let all: Vec<_> = shapes!(@list all, $($at),+);
                $play.joined($count, &all);
            }
            3 => {
                let all = runtime::try_join!($($play.future($at)),+);
                let all = all.map(|all| -> Vec<usize> { shapes!(@list all, $($at),+) });
                $play.tried($count, all);
            }
            _ => {
                let all = runtime::join!(biased; $($play.future($at)),+);
                let all: Vec<_> = shapes!(@list all, $($at),+);
                $play.joined($count, &all);
            }
        }
    };
    (@list $all:ident, $($at:tt),+) => { vec![$($all.$at),+] };
}

fuzz_target!(|input: Input| {
    let play = Play {
        branches: input.branches,
        polls: Default::default(),
        drops: Default::default(),
    };
    let shape = input.shape / 5;
    run(async {
        match input.shape % 5 {
            0 => shapes!(play, shape, 1, 0),
            1 => shapes!(play, shape, 2, 0, 1),
            2 => shapes!(play, shape, 3, 0, 1, 2),
            3 => shapes!(play, shape, 4, 0, 1, 2, 3),
            _ => shapes!(play, shape, 5, 0, 1, 2, 3, 4),
        }
    });
});
