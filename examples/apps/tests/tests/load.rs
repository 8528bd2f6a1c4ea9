//! `web` under load by wrk: no error, nothing left behind, and an end in the midst of it.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use tests::{LIMIT, Vitals, each, request, request_on, until, wrk};

const CONNECTIONS: u32 = 256;

/// Before what is held against: whatever load needs once has been made.
const FIRST: Duration = Duration::from_secs(3);

const LONG: Duration = Duration::from_secs(30);

/// How much more memory may be in use afterwards than after the first load: an allocator's moods.
const KEPT_KIB: u64 = 16 << 10;

/// How often each of its threads hangs up.
const HANG_UPS: u64 = 500;

#[test]
fn half_a_minute_of_256_connections() {
    each(|programs| {
        let (server, url) = programs.serve("web", &["--port", "0"]);
        let url = url.replace("localhost", "127.0.0.1");
        request(&url, "POST", "/notes", Some("{\"text\": \"asked for\"}")).expect("an answer");
        let (idle, tasks) = (Vitals::of(server.id()), server.tasks());
        let load = |duration| {
            let ended = wrk(&format!("{url}/notes/1"), CONNECTIONS, duration).end();
            println!("{}:\n{}", programs.under, ended.out);
            assert!(ended.out.contains("requests in"), "{}", ended.err);
            assert!(!ended.out.contains("Socket errors"), "{}", ended.out);
            assert!(!ended.out.contains("Non-2xx"), "{}", ended.out);
            until("its tasks are gone", || {
                (server.tasks() <= tasks).then_some(())
            });
            idle.settled(server.id())
        };
        let before = load(FIRST);
        let after = load(LONG);
        println!("{idle:?}, {before:?}, {after:?}");
        assert!(
            after.resident_kib < before.resident_kib + KEPT_KIB,
            "{before:?}, {after:?}"
        );
        // A starved machine looks like a stuck task: each core may have got one thread more.
        let cores = thread::available_parallelism()
            .expect("Linux says so")
            .get() as u64;
        assert!(after.threads <= idle.threads + cores, "{idle:?}, {after:?}");
        let ended = server.terminate(Duration::from_secs(9));
        assert_eq!(ended.err, "");
    });
}

/// Each takes along whatever its request was at: a turn in the queue, a statement of the database.
#[test]
fn who_hangs_up_in_the_midst_takes_nothing_of_others_along() {
    each(|programs| {
        let (server, url) = programs.serve("web", &["--port", "0"]);
        let url = url.replace("localhost", "127.0.0.1");
        let address = url.strip_prefix("http://").expect("no TLS");
        request(&url, "POST", "/notes", Some("{\"text\": \"kept\"}")).expect("an answer");
        thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    for round in 0..HANG_UPS {
                        let mut stream = TcpStream::connect(address).expect("a connection");
                        let asked =
                            stream.write_all(b"GET /notes/1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
                        asked.expect("the server reads");
                        // So that each hangs up at another moment of what the server does for it.
                        thread::sleep(Duration::from_micros((thread * 131 + round * 17) % 700));
                    }
                });
            }
        });
        let answer = request(&url, "GET", "/notes/1", None).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let ended = server.terminate(Duration::from_secs(9));
        assert_eq!(ended.err, "");
    });
}

#[test]
fn an_end_in_the_midst_of_load_is_in_time_and_answers_what_was_asked() {
    each(|programs| {
        let (server, url) = programs.serve("web", &["--port", "0"]);
        let url = url.replace("localhost", "127.0.0.1");
        let load = wrk(
            &format!("{url}/wait/20"),
            CONNECTIONS,
            Duration::from_secs(4),
        );
        until("it is under load", || {
            (Vitals::of(server.id()).descriptors > 200).then_some(())
        });
        let asked: Vec<_> = (0..20)
            .map(|_| {
                let address = url.strip_prefix("http://").expect("no TLS");
                let stream = TcpStream::connect(address).expect("a connection");
                stream.set_read_timeout(Some(LIMIT)).expect("a limit");
                thread::spawn(move || request_on(stream, "GET", "/wait/1500", None))
            })
            .collect();
        until("they are accepted", || {
            let open = Vitals::of(server.id()).descriptors;
            (open >= 20 + CONNECTIONS as usize).then_some(())
        });
        thread::sleep(Duration::from_millis(500));
        let ended = server.terminate(Duration::from_secs(9));
        assert_eq!(ended.err, "");
        for request in asked {
            let answer = request.join().expect("no panic").expect("an answer");
            assert_eq!(answer.status, 200);
        }
        let ended = load.end_within(LIMIT);
        assert!(!ended.out.contains("Non-2xx"), "{}", ended.out);
    });
}
