//! Ten thousand connections at once, each answered; the client is another process than the server.
#![cfg(target_os = "linux")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use support::{Server, Watchdog, proc_status_kib, raise_descriptor_limit};

const CONNECTIONS: usize = 10_000;

/// What either process needs besides its connections.
const OTHER_DESCRIPTORS: usize = 100;

/// An idle connection has a task, a buffer for reading and one for its line.
const RSS_PER_CONNECTION_BYTES_MAX: usize = 12 << 10;

fn send(client: &mut TcpStream, round: usize, index: usize) {
    let line = format!("round {round}, connection {index}\n");
    client.write_all(line.as_bytes()).expect("sent");
}

fn receive(client: &mut TcpStream, round: usize, index: usize) {
    let expected = format!("round {round}, connection {index}\n");
    let mut answer = vec![0; expected.len()];
    client.read_exact(&mut answer).expect("answered");
    assert_eq!(answer, expected.as_bytes());
}

#[test]
fn line_echo_holds_ten_thousand_connections_and_answers_each() {
    let _watchdog = Watchdog::new();
    let limit = raise_descriptor_limit();
    let connections = CONNECTIONS.min(limit.saturating_sub(OTHER_DESCRIPTORS));
    if connections < CONNECTIONS {
        println!("the limit of {limit} descriptors allows {connections} connections only");
    }
    let start = Instant::now();
    let mut server = Server::start("line_echo");
    let mut first = server.client();
    send(&mut first, 0, 0);
    receive(&mut first, 0, 0);
    let before_kib = proc_status_kib(server.pid(), "VmRSS");

    let mut clients = vec![first];
    clients.extend((1..connections).map(|_| server.client()));
    for round in 1..=2 {
        for (index, client) in clients.iter_mut().enumerate() {
            send(client, round, index);
        }
        for (index, client) in clients.iter_mut().enumerate().rev() {
            receive(client, round, index);
        }
    }
    assert!(
        server.descriptors() >= connections,
        "the server holds them all at once"
    );
    let after_kib = proc_status_kib(server.pid(), "VmRSS");
    let per_connection = (after_kib.saturating_sub(before_kib) << 10) / connections;
    println!(
        "{connections} connections answered twice in {:?}; the server grew from {before_kib} to \
         {after_kib} KiB: {per_connection} bytes a connection, in {} threads",
        start.elapsed(),
        proc_status_kib(server.pid(), "Threads")
    );
    assert!(
        per_connection <= RSS_PER_CONNECTION_BYTES_MAX,
        "{per_connection} bytes a connection"
    );

    // All leave, and the server takes the next one.
    drop(clients);
    server.wait_descriptors(OTHER_DESCRIPTORS);
    let mut last = server.client();
    send(&mut last, 3, 0);
    receive(&mut last, 3, 0);
    server.assert_runs();
}
