//! `web` with the embedded database: what it answers, who follows along, and how it ends.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::{Answer, Folder, LIMIT, Programs, alike, each, request, request_on, until};
use tungstenite::Message;
use tungstenite::stream::MaybeTlsStream;

const PORT: [&str; 2] = ["--port", "0"];

/// What is the same however often it is asked.
fn told(answer: &Answer) -> (u16, Option<&str>, &str) {
    (answer.status, answer.header("content-type"), &answer.body)
}

fn followers(url: &str) -> u64 {
    let health = request(url, "GET", "/health", None).expect("it is well");
    let health: serde_json::Value = serde_json::from_str(&health.body).expect("JSON");
    health["followers"].as_u64().expect("a number")
}

#[test]
fn notes_and_problems_are_json() {
    let long = format!("{{\"text\": \"{}\"}}", "x".repeat(100_000));
    let asked: [(&str, &str, Option<&str>, u16); 13] = [
        ("POST", "/notes", Some("{\"text\": \"first\"}"), 201),
        ("POST", "/notes", Some("{\"text\": \"gr\u{fc}n\"}"), 201),
        ("GET", "/notes/2", None, 200),
        ("GET", "/notes", None, 200),
        ("DELETE", "/notes/1", None, 204),
        ("DELETE", "/notes/1", None, 404),
        ("GET", "/notes/1", None, 404),
        ("GET", "/nowhere", None, 404),
        ("PUT", "/notes", None, 405),
        ("POST", "/notes", Some("{\"text\": \"\"}"), 422),
        ("POST", "/notes", Some("{\"text"), 400),
        ("POST", "/notes", Some(&long), 413),
        ("GET", "/notes/x", None, 400),
    ];
    let answers = alike(|programs| {
        let (server, url) = programs.serve("web", &PORT);
        let url = url.replace("localhost", "127.0.0.1");
        let answers = asked.map(|(method, path, body, _)| {
            let answer = request(&url, method, path, body).expect("an answer");
            let (status, kind, body) = told(&answer);
            (status, kind.map(str::to_owned), body.to_owned())
        });
        server.terminate(LIMIT);
        answers
    });
    for (answer, (method, path, _, status)) in answers.iter().zip(asked) {
        assert_eq!(answer.0, status, "{method} {path}: {}", answer.2);
    }
    assert_eq!(answers[2].2, "{\"id\":2,\"text\":\"gr\u{fc}n\"}");
    assert_eq!(answers[5].2, "{\"error\":\"there is no such thing\"}");
}

#[test]
fn what_is_kept_in_a_file_outlives_the_server() {
    alike(|programs| {
        let folder = Folder::new();
        let database = format!("sqlite:{}?mode=rwc", folder.file("notes.db"));
        let options = ["--port", "0", "--database", &database];
        let (server, url) = programs.serve("web", &options);
        let url = url.replace("localhost", "127.0.0.1");
        let written = request(&url, "POST", "/notes", Some("{\"text\": \"kept\"}"));
        assert_eq!(written.expect("an answer").status, 201);
        server.terminate(LIMIT);
        let (server, url) = programs.serve("web", &options);
        let url = url.replace("localhost", "127.0.0.1");
        let found = request(&url, "GET", "/notes/1", None).expect("an answer");
        server.terminate(LIMIT);
        assert_eq!(found.body, "{\"id\":1,\"text\":\"kept\"}");
    });
}

type Socket = tungstenite::WebSocket<MaybeTlsStream<TcpStream>>;

fn socket(url: &str) -> Socket {
    let address = url.replace("http://", "ws://");
    let (socket, _) = tungstenite::connect(format!("{address}/socket")).expect("they agree");
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    }
    socket
}

#[test]
fn notes_reach_all_who_follow_and_a_killed_one_is_forgotten() {
    let heard = alike(|programs| {
        let (server, url) = programs.serve("web", &PORT);
        let url = url.replace("localhost", "127.0.0.1");
        let mut listener = programs.start("client", &["listen", &format!("{url}/events")]);
        let mut socket = socket(&url);
        until("both follow", || (followers(&url) == 2).then_some(()));
        request(&url, "POST", "/notes", Some("{\"text\": \"by post\"}")).expect("an answer");
        let first = socket.read().expect("a note").to_string();
        socket.send(Message::text("by socket")).expect("it is open");
        let second = socket.read().expect("a note").to_string();
        let by_event = listener.says("data: {\"id\":2,");
        listener.kill();
        until("the killed one is gone", || {
            (followers(&url) == 1).then_some(())
        });
        // A note finds nobody where the killed one was.
        request(&url, "POST", "/notes", Some("{\"text\": \"last\"}")).expect("an answer");
        let third = socket.read().expect("a note").to_string();
        drop(socket);
        until("nobody is there", || (followers(&url) == 0).then_some(()));
        server.terminate(LIMIT);
        [first, second, third, by_event]
    });
    assert_eq!(heard[0], "{\"id\":1,\"text\":\"by post\"}");
    assert_eq!(heard[1], "{\"id\":2,\"text\":\"by socket\"}");
    assert_eq!(heard[3], "\"text\":\"by socket\"}");
}

#[test]
fn the_end_waits_for_requests_and_lets_followers_go() {
    each(|programs| {
        let (server, url) = programs.serve("web", &PORT);
        let url = url.replace("localhost", "127.0.0.1");
        let listener = programs.start("client", &["listen", &format!("{url}/events")]);
        let mut socket = socket(&url);
        until("both follow", || (followers(&url) == 2).then_some(()));
        let mut waiting = Vec::new();
        for _ in 0..20 {
            let address = url.strip_prefix("http://").expect("no TLS");
            let stream = TcpStream::connect(address).expect("a connection");
            stream.set_read_timeout(Some(LIMIT)).expect("a limit");
            let asked = move || request_on(stream, "GET", "/wait/1500", None);
            waiting.push(thread::spawn(asked));
        }
        // They are connected; that they are read, too, a request behind them shows.
        until("requests are in flight", || {
            let id = server.id();
            (tests::Vitals::of(id).descriptors >= 22).then_some(())
        });
        thread::sleep(Duration::from_millis(300));
        let ended = server.terminate(Duration::from_secs(9));
        assert_eq!(ended.err, "");
        for request in waiting {
            let answer = request.join().expect("no panic").expect("an answer");
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (200, "{\"waited_ms\":1500}")
            );
        }
        let last = socket.read().expect("a good-bye");
        assert!(last.is_close(), "{last:?}");
        assert!(listener.end().status.success(), "the events end well");
        assert!(
            request(&url, "GET", "/health", None).is_err(),
            "nobody listens"
        );
    });
}

#[test]
fn the_grace_is_bounded() {
    each(|programs| {
        let options = ["--port", "0", "--grace", "1"];
        let (server, url) = programs.serve("web", &options);
        let url = url.replace("localhost", "127.0.0.1");
        let asking = url.clone();
        let asked = thread::spawn(move || request(&asking, "GET", "/wait/15000", None));
        until("the request is in flight", || {
            let open = tests::Vitals::of(server.id()).descriptors;
            (followers(&url) == 0 && open > 10).then_some(())
        });
        thread::sleep(Duration::from_millis(200));
        let begun = Instant::now();
        server.signal(Signal::TERM);
        let ended = server.end_within(Duration::from_secs(9));
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert_eq!(ended.status.code(), Some(1));
        assert!(ended.err.contains("still busy after 1s"), "{}", ended.err);
        assert!(asked.join().expect("no panic").is_err(), "it was cut");
    });
}

#[test]
fn a_wrong_call_is_explained() {
    let wrong = |programs: &Programs, arguments: &[&str]| {
        let ended = programs.start("web", arguments).end();
        (ended.status.code(), ended.err)
    };
    let (unknown, database) = alike(|programs| {
        let unknown = wrong(programs, &["--prot", "1"]);
        (
            unknown,
            wrong(programs, &["--port", "0", "--database", "mysql://x"]),
        )
    });
    assert_eq!(unknown.0, Some(2));
    assert!(unknown.1.contains("usage: web"), "{}", unknown.1);
    assert_eq!(database.0, Some(1));
    let help = alike(|programs| programs.run("web", &["--help"]));
    assert!(
        help.starts_with("usage: web") && help.contains("--grace"),
        "{help}"
    );
}
