//! `handshake`: hello first, or nothing.

use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::support::{Server, Watchdog};
use crate::{assert_closed, lines_of, read_line};

#[test]
fn who_says_hello_is_welcome_and_answered() {
    let _watchdog = Watchdog::new();
    let server = Server::start("handshake");
    for (sent, welcome) in [
        ("hello\nhi\n", "welcome\n"),
        ("Hello Ann\nhi\n", "welcome Ann\n"),
        ("hello Ann Lee\r\nhi\r\n", "welcome Ann Lee\n"),
    ] {
        let mut client = server.client();
        client.write_all(sent.as_bytes()).expect("sent");
        let mut client = lines_of(client);
        assert_eq!(read_line(&mut client), welcome);
        assert_eq!(read_line(&mut client), "hi\n");
    }
    // A last line may lack its end.
    let mut client = server.client();
    client.write_all(b"hello Bob\nbye").expect("sent");
    client.shutdown(Shutdown::Write).expect("half closed");
    let mut client = lines_of(client);
    assert_eq!(read_line(&mut client), "welcome Bob\n");
    assert_eq!(read_line(&mut client), "bye\n");
    assert_closed(&mut client);
}

#[test]
fn who_says_something_else_is_dropped_and_the_server_lives() {
    let _watchdog = Watchdog::new();
    let mut server = Server::start("handshake");
    let too_long = [b"hello ".as_slice(), &[b'x'; 2000], b"\n"].concat();
    let rude: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\n",
        b"hellos Ann\n",
        b" hello\n",
        b"\xff\xfe\n",
        &too_long,
    ];
    let mut bystander = server.client();
    bystander.write_all(b"hello Ann\n").expect("sent");
    let mut bystander = lines_of(bystander);
    assert_eq!(read_line(&mut bystander), "welcome Ann\n");
    let before = server.descriptors();
    for bytes in rude {
        let mut client = server.client();
        // The server may have closed before it has read all.
        let _ = client.write_all(bytes);
        assert_closed(&mut client);
    }
    server.client().shutdown(Shutdown::Both).expect("closed");
    server.wait_descriptors(before);
    bystander
        .get_mut()
        .write_all(b"still here\n")
        .expect("sent");
    assert_eq!(read_line(&mut bystander), "still here\n");
    server.assert_runs();
}

#[test]
fn who_says_nothing_is_dropped_after_five_seconds() {
    let _watchdog = Watchdog::new();
    let server = Server::start("handshake");
    let start = Instant::now();
    let mut silent = server.client();
    let mut slow = server.client();
    slow.write_all(b"hel").expect("sent");
    assert_closed(&mut silent);
    assert!(start.elapsed() >= Duration::from_secs(5), "too early");
    assert_closed(&mut slow);
}
