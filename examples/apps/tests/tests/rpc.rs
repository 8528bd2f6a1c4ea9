//! `rpc`: each kind of call, callers that go away, and the end.

use std::time::Duration;

use rustix::process::Signal;
use tests::{LIMIT, alike, each};

const CALLED: &str = "\
21 doubled is 42
2^64 - 1 doubled: OutOfRange (too large to double)
1 to 1000 in all: 500500
counted: 10000
running: 500500
200 at once: 200
too long: Cancelled (Timeout expired)
given up: 10
open streams: 0";

const SERVE: [&str; 3] = ["serve", "--port", "0"];

#[test]
fn each_kind_of_call_is_answered() {
    let said = alike(|programs| {
        let (server, url) = programs.serve("rpc", &SERVE);
        let said = programs.run("rpc", &["call", &url]);
        server.terminate(LIMIT);
        said
    });
    assert_eq!(said, CALLED);
}

#[test]
fn killed_callers_leave_no_stream() {
    alike(|programs| {
        let (server, url) = programs.serve("rpc", &SERVE);
        for _ in 0..3 {
            let mut followers: Vec<_> = (0..5)
                .map(|_| programs.start("rpc", &["follow", &url]))
                .collect();
            followers
                .iter_mut()
                .for_each(|follower| drop(follower.says("1000")));
            followers.into_iter().for_each(|follower| follower.kill());
            // It ends with the number of open streams, once that is 0.
            assert_eq!(programs.run("rpc", &["call", &url]), CALLED);
        }
        server.terminate(LIMIT);
    });
}

#[test]
fn a_caller_that_reads_no_more_holds_nobody_up() {
    alike(|programs| {
        let (server, url) = programs.serve("rpc", &SERVE);
        let mut follower = programs.start("rpc", &["follow", &url]);
        follower.says("1000");
        follower.signal(Signal::STOP);
        let load = ["load", &url, "--seconds", "1", "--at-once", "10"];
        assert!(programs.run("rpc", &load).contains("a second"));
        follower.signal(Signal::CONT);
        follower.says("10000");
        follower.kill();
        assert_eq!(programs.run("rpc", &["call", &url]), CALLED);
        server.terminate(LIMIT);
    });
}

#[test]
fn the_end_lets_streams_go() {
    each(|programs| {
        let (server, url) = programs.serve("rpc", &SERVE);
        let mut follower = programs.start("rpc", &["follow", &url]);
        follower.says("1000");
        server.terminate(Duration::from_secs(9));
        assert!(follower.end().status.success(), "the stream ends well");
    });
}

#[test]
fn calls_in_flight_at_the_end_are_answered() {
    each(|programs| {
        let (server, url) = programs.serve("rpc", &SERVE);
        let load = ["load", &url, "--seconds", "30"];
        let load = programs.start("rpc", &load);
        // It is under way when threads of it have connected.
        tests::until("calls are made", || {
            let open = tests::Vitals::of(server.id()).descriptors;
            (open >= 8).then_some(())
        });
        std::thread::sleep(Duration::from_millis(300));
        server.terminate(Duration::from_secs(9));
        let ended = load.end();
        assert_eq!(ended.status.code(), Some(1), "its server is gone");
        assert!(
            !ended.err.contains("is not"),
            "no wrong answer: {}",
            ended.err
        );
    });
}
