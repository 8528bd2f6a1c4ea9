//! The selector and the reactor against the operating system.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use runtime_core::park::driver::{Driver, Event, Poller};
use runtime_core::util::wake_list::WakeList;

use super::{Reactor, Selector, open, open_with};
use crate::driver::readiness::{Direction, Source};
use crate::driver::table::Token;
use crate::io::{Interest, Ready};

const BOTH: mio::Interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);
const LONG: Duration = Duration::from_secs(20);

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, _) = listener.accept().unwrap();
    near.set_nonblocking(true).unwrap();
    far.set_nonblocking(true).unwrap();
    (near, far)
}

fn turn(selector: &mut Selector, reactor: &Reactor, timeout: Duration) -> Vec<Event> {
    let mut events = Vec::new();
    selector.poll(Some(timeout), &mut events).unwrap();
    let mut wakers = WakeList::new();
    reactor.dispatch(&events, &mut wakers);
    wakers.wake_all();
    events
}

fn source(reactor: &Reactor, token: Token) -> &Source {
    reactor.0.table.get(token).unwrap()
}

fn ready(reactor: &Reactor, token: Token, direction: Direction) -> Option<Ready> {
    match source(reactor, token).poll_ready(direction, &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(event) => Some(event.ready),
        Poll::Pending => None,
    }
}

#[test]
fn a_late_attachment_learns_what_is_ready_already() {
    let (mut selector, reactor) = open().unwrap();
    let (near, mut far) = pair();
    far.write_all(b"early").unwrap();
    let token = reactor.attach(&near, BOTH).unwrap();
    while ready(&reactor, token, Direction::Read).is_none() {
        turn(&mut selector, &reactor, LONG);
    }
    assert_eq!(
        ready(&reactor, token, Direction::Write),
        Some(Ready::WRITABLE)
    );
    reactor.give_back(token);
}

#[test]
fn the_end_of_the_peer_is_readiness_that_stays() {
    let (mut selector, reactor) = open().unwrap();
    let (near, far) = pair();
    let token = reactor.attach(&near, BOTH).unwrap();
    drop(far);
    let closed = |ready: Option<Ready>| ready.is_some_and(Ready::is_read_closed);
    while !closed(ready(&reactor, token, Direction::Read)) {
        turn(&mut selector, &reactor, LONG);
    }
    let event = source(&reactor, token)
        .readiness(Interest::READABLE)
        .unwrap();
    source(&reactor, token).clear(event);
    assert!(closed(ready(&reactor, token, Direction::Read)));
}

#[test]
fn a_kick_between_two_sleeps_ends_the_next_and_only_that() {
    let (mut selector, reactor) = open().unwrap();
    reactor.kick();
    reactor.kick();
    let start = Instant::now();
    assert!(turn(&mut selector, &reactor, LONG).is_empty());
    assert!(start.elapsed() < LONG);
    let start = Instant::now();
    let short = Duration::from_millis(5);
    turn(&mut selector, &reactor, short);
    assert!(start.elapsed() >= short, "two kicks are one");
}

#[test]
fn a_kick_ends_a_precise_sleep_too() {
    let (mut selector, reactor) = open().unwrap();
    let kicker = reactor.clone();
    let thread = std::thread::spawn(move || kicker.kick());
    let start = Instant::now();
    turn(&mut selector, &reactor, LONG + Duration::from_micros(1));
    assert!(start.elapsed() < LONG);
    thread.join().unwrap();
}

#[test]
fn a_sleep_is_never_too_short() {
    let (mut selector, reactor) = open().unwrap();
    for micros in [1, 300, 999, 1_000, 1_001, 2_700] {
        let timeout = Duration::from_micros(micros);
        let start = Instant::now();
        turn(&mut selector, &reactor, timeout);
        assert!(start.elapsed() >= timeout, "{timeout:?}");
    }
}

#[test]
fn a_timeout_beyond_the_clock_s_range_is_a_long_one() {
    let (mut selector, reactor) = open().unwrap();
    for timeout in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_nanos(u64::MAX),
    ] {
        reactor.kick();
        turn(&mut selector, &reactor, timeout);
    }
}

#[test]
fn stale_and_unknown_events_reach_nobody() {
    let (_selector, reactor) = open().unwrap();
    let (near, _far) = pair();
    let first = reactor.attach(&near, BOTH).unwrap();
    let stale = Event {
        token: first.0 as u64,
        ready: u32::from(Ready::ALL.bits()),
    };
    reactor.give_back(first);
    // The same number of descriptor, the same entry, another owner.
    let second = reactor.attach(&near, BOTH).unwrap();
    assert!(ready(&reactor, second, Direction::Read).is_none());
    let mut wakers = WakeList::new();
    let unknown = Event {
        token: u64::MAX - 1,
        ready: u32::MAX,
    };
    reactor.dispatch(&[stale, unknown, stale], &mut wakers);
    assert!(wakers.is_empty());
    assert!(ready(&reactor, second, Direction::Read).is_none());
    reactor.give_back(second);
}

#[test]
fn after_a_shutdown_nothing_attaches() {
    let (_selector, reactor) = open().unwrap();
    let (near, _far) = pair();
    let token = reactor.attach(&near, BOTH).unwrap();
    assert!(ready(&reactor, token, Direction::Read).is_none());
    let mut wakers = WakeList::new();
    reactor.shutdown(&mut wakers);
    assert_eq!(wakers.len(), 1);
    assert!(
        source(&reactor, token)
            .readiness(Interest::READABLE)
            .unwrap()
            .shutdown
    );
    assert!(reactor.attach(&near, BOTH).is_err());
}

#[test]
fn fault_050_more_events_than_one_poll_holds_come_with_the_next() {
    let (mut selector, reactor) = open_with(4).unwrap();
    let sockets = [(); 21].map(|()| std::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    let tokens = sockets
        .each_ref()
        .map(|socket| reactor.attach(socket, BOTH).unwrap());
    reactor.kick();
    let mut events = 0;
    while events < sockets.len() {
        let batch = turn(&mut selector, &reactor, LONG).len();
        assert!(batch <= 4);
        events += batch;
    }
    assert!(
        tokens
            .iter()
            .all(|token| ready(&reactor, *token, Direction::Write).is_some())
    );
}
