//! The examples of the first week as processes, each with a real client or server on the other
//! side; see also `examples.rs`.

mod support;

#[path = "first_programs/chat.rs"]
mod chat;
#[path = "first_programs/fetch.rs"]
mod fetch;
#[path = "first_programs/handshake.rs"]
mod handshake;
#[path = "first_programs/inbox.rs"]
mod inbox;
#[path = "first_programs/tasks.rs"]
mod tasks;
#[path = "first_programs/udp_ping.rs"]
mod udp_ping;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Output;
use std::thread;
use std::time::Duration;

use support::{Watchdog, assert_one_clear_line, no_text, run, run_example};

const EXAMPLES: [&str; 8] = [
    "handshake",
    "h2o",
    "fetch",
    "inbox",
    "cancel",
    "chat",
    "udp_ping",
    "threads_vs_tasks",
];

#[track_caller]
fn stdout_of(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Reads a line as a client does.
#[track_caller]
fn read_line(client: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    client.read_line(&mut line).expect("a line");
    line
}

/// A client that reads by lines.
fn lines_of(client: TcpStream) -> BufReader<TcpStream> {
    BufReader::new(client)
}

/// The server has closed the connection; with a reset, if it had not read all.
#[track_caller]
fn assert_closed(client: &mut impl Read) {
    let mut rest = Vec::new();
    match client.read_to_end(&mut rest) {
        Ok(_) => assert!(rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest)),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
}

/// A server of the standard library for one connection: each step waits for a line that begins so,
/// and then sends its answer.
struct Script {
    address: SocketAddr,
    server: thread::JoinHandle<()>,
}

impl Script {
    fn start(greeting: &'static str, steps: Vec<(&'static str, String)>) -> Script {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let patience = Some(Duration::from_secs(20));
            stream.set_read_timeout(patience).expect("a timeout");
            let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
            let mut stream = stream;
            stream.write_all(greeting.as_bytes()).expect("greeted");
            for (expected, answer) in steps {
                let mut line = String::new();
                lines.read_line(&mut line).expect("a line");
                assert!(line.starts_with(expected), "{line:?}, not {expected:?}");
                stream.write_all(answer.as_bytes()).expect("answered");
            }
            // The client may say good-bye; what matters is that it goes.
            let _ = lines.read_to_string(&mut String::new());
        });
        Script { address, server }
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    /// It went as it is written, and the client has closed its connection.
    #[track_caller]
    fn end(self) {
        self.server.join().expect("the script was followed");
    }
}

#[test]
fn an_argument_that_is_no_text_is_one_line() {
    let _watchdog = Watchdog::new();
    for name in EXAMPLES {
        let output = run_example(name, &[&no_text()]);
        assert_one_clear_line(name, &output, "");
    }
}

#[test]
fn bad_arguments_are_one_line_that_says_what_is_wrong() {
    let _watchdog = Watchdog::new();
    let cases: [(&str, &[&str], &str); 30] = [
        ("handshake", &["x"], "not a port"),
        ("handshake", &["65536"], "not a port"),
        ("handshake", &["1", "2"], "too many arguments; usage"),
        ("chat", &["-1"], "not a port"),
        ("chat", &["1", "2"], "too many arguments; usage"),
        ("h2o", &["many"], "not a count of molecules"),
        ("h2o", &["100001"], "not a count of molecules"),
        ("h2o", &["1", "2"], "too many arguments; usage"),
        ("cancel", &["soon"], "not a time"),
        ("cancel", &["1", "2"], "too many arguments; usage"),
        ("threads_vs_tasks", &["0"], "not a count"),
        ("threads_vs_tasks", &["x"], "not a count"),
        ("threads_vs_tasks", &["1", "2"], "too many arguments; usage"),
        ("fetch", &[], "no address; usage"),
        (
            "fetch",
            &["https://localhost/"],
            "does not begin with http://",
        ),
        ("fetch", &["http://"], "names no host"),
        ("fetch", &["http://me@localhost/"], "names no host"),
        ("fetch", &["http://localhost/a b"], "white space"),
        ("fetch", &["http://localhost/\r\nX: y"], "white space"),
        ("fetch", &["http://localhost/", "soon"], "not a time"),
        ("fetch", &["a", "b", "c"], "too many arguments; usage"),
        ("inbox", &[], "0 arguments, not 3; usage"),
        ("inbox", &["a", "b"], "2 arguments, not 3; usage"),
        (
            "inbox",
            &["127.0.0.1:1", "me\r\nDELE 1", "x"],
            "more than one line",
        ),
        (
            "inbox",
            &["nowhere", "me", "secret"],
            "cannot connect to nowhere",
        ),
        ("udp_ping", &[], "no arguments; usage"),
        ("udp_ping", &["serve", "x"], "not a port"),
        ("udp_ping", &["127.0.0.1:9", "x"], "not a count"),
        ("udp_ping", &["nowhere"], "not a peer"),
        ("udp_ping", &["a", "b", "c"], "too many arguments; usage"),
    ];
    for (name, arguments, part) in cases {
        assert_one_clear_line(name, &run(name, arguments), part);
    }
}

#[test]
fn a_port_in_use_is_one_line() {
    let _watchdog = Watchdog::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    for name in ["handshake", "chat"] {
        assert_one_clear_line(name, &run(name, &[&port]), "cannot listen on 127.0.0.1:");
    }
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let output = run("udp_ping", &["serve", &port]);
    assert_one_clear_line("udp_ping", &output, "cannot listen on 127.0.0.1:");
}
