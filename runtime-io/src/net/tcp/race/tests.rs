//! The race with attempts and pauses that the test decides.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Future, Ready, pending, ready};
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use runtime_core::runtime::is_rt_shutdown_err;

use super::{by_turns, race};

/// What an address does: answers, refuses, or never says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answers,
    Refuses,
    IsABlackHole,
}

type Attempt = Pin<Box<dyn Future<Output = io::Result<SocketAddr>>>>;

fn attempt(addr: SocketAddr, fate: Fate) -> Attempt {
    match fate {
        Fate::Answers => Box::pin(ready(Ok(addr))),
        Fate::Refuses => Box::pin(ready(Err(io::ErrorKind::ConnectionRefused.into()))),
        Fate::IsABlackHole => Box::pin(pending()),
    }
}

fn v4(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn v6(port: u16) -> SocketAddr {
    ([0, 0, 0, 0, 0, 0, 0, 1], port).into()
}

/// Polls a race once, with pauses that are over at once or never; also tells who was tried.
fn once(
    fates: &[(SocketAddr, Fate)],
    pauses_end: bool,
) -> (Poll<io::Result<SocketAddr>>, Vec<SocketAddr>) {
    let tried = RefCell::new(Vec::new());
    let by_addr: HashMap<_, _> = fates.iter().copied().collect();
    let connect = |addr| {
        tried.borrow_mut().push(addr);
        attempt(addr, by_addr[&addr])
    };
    let pause = || -> Pin<Box<dyn Future<Output = io::Result<()>>>> {
        if pauses_end {
            Box::pin(ready(Ok(())))
        } else {
            Box::pin(pending())
        }
    };
    let addrs = fates.iter().map(|(addr, _)| *addr);
    let outcome = {
        let race = pin!(race(addrs, connect, pause));
        race.poll(&mut Context::from_waker(Waker::noop()))
    };
    (outcome, tried.into_inner())
}

#[test]
fn the_other_family_joins_an_attempt_that_takes_too_long() {
    let fates = [(v6(1), Fate::IsABlackHole), (v4(2), Fate::Answers)];
    let (early, tried) = once(&fates, false);
    assert!(early.is_pending());
    assert_eq!(tried, [v6(1)], "the pause is not over");
    let (late, tried) = once(&fates, true);
    assert!(matches!(late, Poll::Ready(Ok(addr)) if addr == v4(2)));
    assert_eq!(tried, [v6(1), v4(2)]);
}

#[test]
fn a_failure_lets_the_next_begin_at_once() {
    let fates = [(v6(1), Fate::Refuses), (v4(2), Fate::Answers)];
    let (outcome, _) = once(&fates, false);
    assert!(matches!(outcome, Poll::Ready(Ok(addr)) if addr == v4(2)));
}

#[test]
fn one_family_is_tried_one_after_the_other() {
    let fates = [(v4(1), Fate::IsABlackHole), (v4(2), Fate::Answers)];
    let (outcome, tried) = once(&fates, true);
    assert!(outcome.is_pending());
    assert_eq!(tried, [v4(1)]);
}

#[test]
fn all_errors_are_kept() {
    let fates = [(v6(1), Fate::Refuses), (v4(2), Fate::Refuses)];
    let (Poll::Ready(Err(error)), _) = once(&fates, false) else {
        panic!("all were refused");
    };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let text = error.to_string();
    assert!(
        text.contains("[::1]:1: ") && text.contains("; connecting to 127.0.0.1:2: "),
        "{text}"
    );
}

#[test]
fn fault_054_the_error_of_a_lone_address_is_the_systems_own() {
    let refused = 111;
    let connect = |_| ready(Err::<(), _>(io::Error::from_raw_os_error(refused)));
    let no_pause = || -> Ready<io::Result<()>> { unreachable!("nobody comes next") };
    let race = race([v4(1)].into_iter(), connect, no_pause);
    let outcome = pin!(race).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = outcome else {
        panic!("it was refused");
    };
    assert_eq!(error.raw_os_error(), Some(refused));
}

#[test]
fn fault_032_a_pause_that_the_end_of_the_runtime_ends_is_its_error() {
    let hangs = |_| pending::<io::Result<()>>();
    let ends = || ready(Err(crate::driver::shut_down()));
    let race = race([v6(1), v4(2)].into_iter(), hangs, ends);
    let outcome = pin!(race).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Err(error)) if is_rt_shutdown_err(&error)));
}

#[test]
fn no_address_is_an_error() {
    let no_pause = || -> Ready<io::Result<()>> { unreachable!("nobody is tried") };
    let race = race(
        std::iter::empty(),
        |addr| attempt(addr, Fate::Answers),
        no_pause,
    );
    let outcome = pin!(race).poll(&mut Context::from_waker(Waker::noop()));
    assert!(
        matches!(outcome, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::InvalidInput)
    );
}

/// Whether it is an address of IPv6, and what it does.
type Picked = (bool, Fate);

fn picked(count: Range<usize>) -> impl Strategy<Value = Vec<Picked>> {
    let fate = prop_oneof![
        Just(Fate::Answers),
        Just(Fate::Refuses),
        Just(Fate::IsABlackHole)
    ];
    prop::collection::vec((any::<bool>(), fate), count)
}

fn with_ports(picked: Vec<Picked>) -> Vec<(SocketAddr, Fate)> {
    let pick = |((is_v6, fate), port)| (if is_v6 { v6(port) } else { v4(port) }, fate);
    picked.into_iter().zip(1..).map(pick).collect()
}

fn fates() -> impl Strategy<Value = Vec<(SocketAddr, Fate)>> {
    picked(1..8).prop_map(with_ports)
}

/// Of both families: where there is one only, somebody changes to the other.
fn fates_of_both() -> impl Strategy<Value = Vec<(SocketAddr, Fate)>> {
    let changes = any::<prop::sample::Index>();
    (picked(2..8), changes).prop_map(|(mut picked, changes)| {
        let first = picked[0].0;
        if picked.iter().all(|(is_v6, _)| *is_v6 == first) {
            let at = changes.index(picked.len());
            picked[at].0 = !first;
        }
        with_ports(picked)
    })
}

proptest! {
    #[test]
    fn families_take_turns_and_keep_their_order(fates in fates()) {
        let addrs: Vec<_> = fates.iter().map(|(addr, _)| *addr).collect();
        let ordered: Vec<_> = by_turns(addrs.iter().copied()).into();
        prop_assert_eq!(ordered[0], addrs[0]);
        for family in [true, false] {
            let of = |all: &[SocketAddr]| {
                all.iter().copied().filter(|addr| addr.is_ipv6() == family).collect::<Vec<_>>()
            };
            prop_assert_eq!(of(&ordered), of(&addrs));
        }
        let changes = ordered.windows(2).filter(|two| two[0].is_ipv6() != two[1].is_ipv6()).count();
        let of_one = addrs.iter().filter(|addr| addr.is_ipv6()).count();
        let fewer = of_one.min(addrs.len() - of_one);
        prop_assert!(changes + 1 >= 2 * fewer);
    }

    #[test]
    fn with_both_families_who_answers_is_found(fates in fates_of_both()) {
        let (outcome, tried) = once(&fates, true);
        let answers = fates.iter().any(|(_, fate)| *fate == Fate::Answers);
        let hangs = fates.iter().any(|(_, fate)| *fate == Fate::IsABlackHole);
        match outcome {
            Poll::Ready(Ok(addr)) => prop_assert!(fates.contains(&(addr, Fate::Answers))),
            Poll::Ready(Err(_)) => prop_assert!(!answers && !hangs),
            Poll::Pending => prop_assert!(!answers && hangs && tried.len() == fates.len()),
        }
    }
}
