//! `client`: thousands of requests on each protocol; limits, repeats and requests given up.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tests::{Folder, LIMIT, Programs, alike, each};

const VISITS: [&str; 6] = [
    "--visits",
    "1000",
    "--at-once",
    "100",
    "--cancel-every",
    "5",
];

/// The words of four thousand answers.
fn visits(programs: &Programs, server: &[&str], client: &[&str]) -> String {
    let mut options = vec!["--port", "0"];
    options.extend(server);
    let (server, url) = programs.serve("web", &options);
    let mut arguments = vec!["visit", url.as_str()];
    arguments.extend(VISITS);
    arguments.extend(client);
    let said = programs.run("client", &arguments);
    server.terminate(LIMIT);
    said
}

fn expected(version: &str) -> String {
    format!("1000 visits, 4000 right answers, 200 requests given up, 0 repeated, {version}")
}

#[test]
fn http_1_in_the_clear() {
    let said = alike(|programs| visits(programs, &[], &["--http1"]));
    assert_eq!(said, expected("HTTP/1.1"));
}

#[test]
fn http_2_in_the_clear() {
    let said = alike(|programs| visits(programs, &[], &["--http2"]));
    assert_eq!(said, expected("HTTP/2.0"));
}

#[test]
fn http_1_over_tls() {
    let said = alike(|programs| {
        let folder = Folder::new();
        let (identity, trust) = (folder.file("tls"), folder.file("tls/cert.pem"));
        visits(
            programs,
            &["--tls", &identity],
            &["--http1", "--trust", &trust],
        )
    });
    assert_eq!(said, expected("HTTP/1.1"));
}

#[test]
fn over_tls_http_2_is_chosen() {
    let said = alike(|programs| {
        let folder = Folder::new();
        let (identity, trust) = (folder.file("tls"), folder.file("tls/cert.pem"));
        visits(programs, &["--tls", &identity], &["--trust", &trust])
    });
    assert_eq!(said, expected("HTTP/2.0"));
}

#[test]
fn a_certificate_that_is_not_trusted_is_refused() {
    each(|programs| {
        let folder = Folder::new();
        let (one, other) = (folder.file("one"), folder.file("other"));
        let options = ["--port", "0", "--tls", &one];
        let (server, url) = programs.serve("web", &options);
        let options = ["--port", "0", "--tls", &other];
        programs.serve("web", &options).0.terminate(LIMIT);
        let trust = folder.file("other/cert.pem");
        let health = format!("{url}/health");
        let arguments = ["get", &health, "--trust", &trust, "--retries", "0"];
        let ended = programs.start("client", &arguments).end();
        assert_eq!(ended.status.code(), Some(1), "{}", ended.out);
        server.terminate(LIMIT);
    });
}

/// A request's method, and its connection if there is no answer on it.
type Asked = (String, Option<TcpStream>);

/// A server that answers each request of a list in its way; what it was asked is there to be read.
fn answering(answers: Vec<Option<&'static str>>) -> (String, mpsc::Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else {
                return;
            };
            let Some(method) = method(&stream) else {
                return;
            };
            let unanswered = match answer {
                Some(answer) => {
                    drop(stream.write_all(answer.as_bytes()));
                    None
                }
                None => Some(stream),
            };
            drop(sender.send((method, unanswered)));
        }
    });
    (url, asked)
}

/// Of the request, which is read to the end of its head.
fn method(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let rest = lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()));
    assert!(rest.count() > 0, "a head has lines");
    Some(first.split(' ').next()?.to_owned())
}

const BUSY: &str =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const GOOD: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood";

#[test]
fn a_busy_server_is_asked_again() {
    let said = alike(|programs| {
        let (url, asked) = answering(vec![Some(BUSY), Some(BUSY), Some(GOOD)]);
        let said = programs.run("client", &["get", &url]);
        assert_eq!(asked.iter().count(), 3);
        said
    });
    assert_eq!(said, "HTTP/1.1 200 OK\ngood");
}

#[test]
fn repeats_are_bounded() {
    let said = alike(|programs| {
        let (url, asked) = answering(vec![Some(BUSY); 3]);
        let said = programs.run("client", &["get", &url, "--retries", "2"]);
        assert_eq!(asked.iter().count(), 3);
        said
    });
    assert_eq!(said, "HTTP/1.1 503 Service Unavailable\n");
}

#[test]
fn a_silent_server_is_not_waited_for() {
    each(|programs| {
        let (url, asked) = answering(vec![None, None]);
        let begun = Instant::now();
        let arguments = ["get", &url, "--timeout-ms", "200", "--retries", "1"];
        let ended = programs.start("client", &arguments).end();
        assert_eq!(ended.status.code(), Some(1), "{}", ended.out);
        assert!(
            begun.elapsed() >= Duration::from_millis(400),
            "two limits have passed"
        );
        assert_eq!(asked.try_iter().count(), 2);
    });
}

#[test]
fn what_may_not_happen_twice_is_not_repeated() {
    each(|programs| {
        let (url, asked) = answering(vec![Some(BUSY), Some(GOOD)]);
        let arguments = ["visit", &url, "--visits", "1", "--at-once", "1"];
        let ended = programs.start("client", &arguments).end();
        assert!(ended.err.contains("503"), "{}", ended.err);
        let asked: Vec<String> = asked.try_iter().map(|(method, _)| method).collect();
        assert_eq!(asked, ["POST"]);
    });
}

#[test]
fn nobody_there_is_said() {
    each(|programs| {
        let unused = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", unused.local_addr().expect("it is bound"));
        drop(unused);
        let ended = programs
            .start("client", &["get", &url, "--retries", "1"])
            .end();
        assert_eq!(ended.status.code(), Some(1), "{}", ended.out);
    });
}
