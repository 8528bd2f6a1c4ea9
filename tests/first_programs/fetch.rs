//! `fetch`: HTTP/1.1 by hand, against servers that do it well, badly, or not at all.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Output;
use std::thread;

use crate::stdout_of;
use crate::support::{Watchdog, assert_one_clear_line, run};

/// Runs `fetch` for a path against a server that answers with these bytes and then closes; gives
/// the head of the request as well.
fn fetch(path: &str, answer: impl Into<Vec<u8>>) -> (Output, Vec<String>) {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let head: Vec<String> = BufReader::new(stream.try_clone().expect("a second handle"))
            .lines()
            .map(|line| line.expect("a line"))
            .take_while(|line| !line.is_empty())
            .collect();
        // A client that has seen enough may be gone.
        let _ = stream.write_all(&answer);
        head
    });
    let output = run("fetch", &[&format!("http://{address}{path}"), "10"]);
    (output, server.join().expect("the server ends"))
}

#[test]
fn the_request_is_one_that_servers_understand() {
    let _watchdog = Watchdog::new();
    for (path, line) in [
        ("", "GET / HTTP/1.1"),
        ("/", "GET / HTTP/1.1"),
        ("/a/b?c=d#e", "GET /a/b?c=d HTTP/1.1"),
        ("?q", "GET /?q HTTP/1.1"),
    ] {
        let (output, head) = fetch(path, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(stdout_of(&output), "");
        assert_eq!(head[0], line);
        assert!(head[1].starts_with("Host: 127.0.0.1:"), "{head:?}");
        assert_eq!(head[2], "Connection: close");
    }
}

#[test]
fn a_body_ends_by_its_length_by_its_last_chunk_or_with_the_connection() {
    let _watchdog = Watchdog::new();
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more",
        "HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\n\r\nhello",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\n\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: Chunked\r\n\r\n\
         5\r\nhello\r\n0\r\n\r\n",
    ] {
        let (output, _) = fetch("/", answer);
        assert_eq!(stdout_of(&output), "hello", "{answer:?}");
    }
    let (output, _) = fetch("/", "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(stdout_of(&output), "");
}

#[test]
fn a_large_body_arrives_byte_for_byte() {
    let _watchdog = Watchdog::new();
    let body: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let (output, _) = fetch("/", [head.as_bytes(), &body].concat());
    assert!(output.status.success() && output.stdout == body);

    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(70_001) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let (output, _) = fetch("/", chunked);
    assert!(output.status.success() && output.stdout == body);
}

#[test]
fn what_ends_early_or_makes_no_sense_is_one_line() {
    let _watchdog = Watchdog::new();
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long_line = format!("HTTP/1.1 200 {}\r\n\r\n", "x".repeat(20_000));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(300));
    let cases = [
        ("".to_string(), "ended within the head"),
        (
            "HTTP/1.1 200 OK\r\nA: b".to_string(),
            "ended within the head",
        ),
        (
            "SSH-2.0-OpenSSH\r\n".to_string(),
            "is no answer of HTTP/1.1",
        ),
        (
            "HTTP/1.1 2x0 OK\r\n\r\n".to_string(),
            "is no answer of HTTP/1.1",
        ),
        (
            "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n".to_string(),
            "is no header",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n".to_string(),
            "is not a length",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".to_string(),
            "ended after 5 of 9 bytes",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n".to_string(),
            "a transfer encoding",
        ),
        (format!("{chunked}x\r\n"), "is not the size of a chunk"),
        (format!("{chunked}5\r\nhel"), "ended after 3 of 5 bytes"),
        (format!("{chunked}2\r\nhello\r\n"), "longer than its size"),
        (long_line, "too long a line"),
        (many_headers, "more than 256 headers"),
    ];
    for (answer, part) in cases {
        let (output, _) = fetch("/", answer);
        assert_one_clear_line("fetch", &output, part);
    }
}

#[test]
fn a_status_that_is_no_success_is_an_error_with_the_target_of_a_redirection() {
    let _watchdog = Watchdog::new();
    let (output, _) = fetch("/", "HTTP/1.1 404 Not Found\r\n\r\nsorry");
    assert_one_clear_line("fetch", &output, "404 Not Found");
    assert!(output.stdout.is_empty(), "{output:?}");
    let moved = "HTTP/1.1 301 Moved Permanently\r\nLocation: http://elsewhere/\r\n\r\n";
    let (output, _) = fetch("/", moved);
    assert_one_clear_line(
        "fetch",
        &output,
        "301 Moved Permanently, see http://elsewhere/",
    );
}

#[test]
fn a_silent_server_and_a_closed_port_are_one_line() {
    let _watchdog = Watchdog::new();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("its address");
    let output = run("fetch", &[&format!("http://{address}/"), "1"]);
    assert_one_clear_line("fetch", &output, "took longer than 1 s");
    drop(silent);
    let output = run("fetch", &[&format!("http://{address}/"), "10"]);
    assert_one_clear_line("fetch", &output, "cannot connect to 127.0.0.1:");
}
