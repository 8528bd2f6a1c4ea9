//! Each example as a process of its own, with clients of the standard library.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use support::{Server, Watchdog, assert_one_clear_line, no_text, run, run_example};

const SERVERS: [&str; 2] = ["line_echo", "echo"];
const EXAMPLES: [&str; 4] = ["line_echo", "echo", "timers", "crunch"];
const MIB: usize = 1 << 20;

/// Sends and expects the same back.
#[track_caller]
fn assert_echoes(client: &mut TcpStream, bytes: &[u8]) {
    client.write_all(bytes).expect("sent");
    let mut answer = vec![0; bytes.len()];
    client.read_exact(&mut answer).expect("answered");
    assert!(answer == bytes, "{} bytes differ", bytes.len());
}

/// The server closed the connection; with a reset, if it had not read all.
#[track_caller]
fn assert_closed(client: &mut TcpStream) {
    match client.read(&mut [0; 16]) {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("the connection is not closed: {other:?}"),
    }
}

#[test]
fn the_servers_answer_a_client() {
    let _watchdog = Watchdog::new();
    for name in SERVERS {
        let server = Server::start(name);
        let mut client = server.client();
        assert_echoes(&mut client, b"hello\n");
        assert_echoes(&mut client, b"\n");
        assert_echoes(&mut client, "two\nlines, gr\u{fc}n\n".as_bytes());
        assert_echoes(&mut client, b"not \xff utf-8 \0\n");
    }
}

/// Within the descriptors that a process has anywhere without asking for more.
#[test]
fn line_echo_serves_five_hundred_connections_at_once() {
    let _watchdog = Watchdog::new();
    let server = Server::start("line_echo");
    let mut clients: Vec<TcpStream> = (0..500).map(|_| server.client()).collect();
    for turn in 0..3 {
        let line = |number: usize| format!("{turn}: {number}\n");
        for (number, client) in clients.iter_mut().enumerate() {
            client.write_all(line(number).as_bytes()).expect("sent");
        }
        for (number, client) in clients.iter_mut().enumerate() {
            let mut answer = vec![0; line(number).len()];
            client.read_exact(&mut answer).expect("answered");
            assert_eq!(answer, line(number).as_bytes(), "each its own line");
        }
    }
}

#[test]
fn line_echo_waits_for_the_newline_and_echo_does_not() {
    let _watchdog = Watchdog::new();
    let server = Server::start("line_echo");
    let mut client = server.client();
    client.write_all(b"hel").expect("sent");
    let short = Some(Duration::from_millis(50));
    client.set_read_timeout(short).expect("a timeout");
    let early = client.read(&mut [0; 8]).expect_err("no answer yet");
    assert!(matches!(
        early.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    let patience = Some(Duration::from_secs(10));
    client.set_read_timeout(patience).expect("a timeout");
    client.write_all(b"lo\n").expect("sent");
    let mut answer = [0; 6];
    client.read_exact(&mut answer).expect("answered");
    assert_eq!(&answer, b"hello\n");

    let server = Server::start("echo");
    assert_echoes(&mut server.client(), b"hel");
}

#[test]
fn a_half_closed_client_gets_everything_and_then_the_end() {
    let _watchdog = Watchdog::new();
    for name in SERVERS {
        let server = Server::start(name);
        let mut client = server.client();
        client.write_all(b"one\ntwo\nunfinished").expect("sent");
        client.shutdown(Shutdown::Write).expect("half closed");
        let mut answer = String::new();
        client
            .read_to_string(&mut answer)
            .expect("answered, then the end");
        assert_eq!(answer, "one\ntwo\nunfinished", "{name}");
    }
}

#[test]
fn a_client_that_sends_nothing_gets_nothing() {
    let _watchdog = Watchdog::new();
    for name in SERVERS {
        let server = Server::start(name);
        let mut client = server.client();
        client.shutdown(Shutdown::Write).expect("half closed");
        assert_eq!(client.read(&mut [0; 8]).expect("the end"), 0, "{name}");
    }
}

#[test]
fn a_line_of_one_mebibyte_is_answered_and_a_longer_one_closes_only_its_own_connection() {
    let _watchdog = Watchdog::new();
    let mut server = Server::start("line_echo");
    let mut bystander = server.client();
    assert_echoes(&mut bystander, b"before\n");

    let mut longest = vec![b'x'; MIB];
    longest.push(b'\n');
    let mut client = server.client();
    let mut reader = client.try_clone().expect("a second handle");
    let mut answer = vec![0; longest.len()];
    thread::scope(|scope| {
        scope.spawn(|| client.write_all(&longest).expect("sent"));
        reader.read_exact(&mut answer).expect("answered");
    });
    assert!(answer == longest);
    assert_echoes(&mut client, b"and goes on\n");

    let mut client = server.client();
    // The server may close before it has read all: a reset is as good as the end.
    let _ = client.write_all(&vec![b'x'; MIB + 1]);
    assert_closed(&mut client);

    assert_echoes(&mut bystander, b"after\n");
    server.assert_runs();
}

#[test]
fn a_client_that_vanishes_in_mid_line_takes_nothing_with_it() {
    let _watchdog = Watchdog::new();
    for name in SERVERS {
        let mut server = Server::start(name);
        let mut bystander = server.client();
        assert_echoes(&mut bystander, b"before\n");
        let before = server.descriptors();
        for _ in 0..20 {
            let mut client = server.client();
            client.write_all(b"half a li").expect("sent");
            drop(client);
        }
        // With what the server sent unread in its buffer, the close is a reset.
        for _ in 0..20 {
            let mut client = server.client();
            client.write_all(b"a line\nand half a li").expect("sent");
            client.peek(&mut [0]).expect("answered");
            drop(client);
        }
        assert_echoes(&mut bystander, b"after\n");
        server.wait_descriptors(before);
        server.assert_runs();
    }
}

#[test]
fn a_hundred_clients_are_served_at_once() {
    let _watchdog = Watchdog::new();
    for name in SERVERS {
        let server = Server::start(name);
        let mut clients: Vec<TcpStream> = (0..100).map(|_| server.client()).collect();
        for round in 0..3 {
            for (index, client) in clients.iter_mut().enumerate() {
                let line = format!("{round} of {index}\n");
                client.write_all(line.as_bytes()).expect("sent");
            }
            for (index, client) in clients.iter_mut().enumerate().rev() {
                let mut answer = vec![0; format!("{round} of {index}\n").len()];
                client.read_exact(&mut answer).expect("answered");
                assert_eq!(answer, format!("{round} of {index}\n").as_bytes());
            }
        }
    }
}

#[test]
fn a_client_that_does_not_read_is_not_read_from_and_others_go_on() {
    let _watchdog = Watchdog::new();
    for name in SERVERS {
        let mut server = Server::start(name);
        let mut deaf = server.client();
        deaf.set_nonblocking(true).expect("non-blocking");
        let line = [&[b'x'; 4095][..], b"\n"].concat();
        let mut sent = 0;
        // Loopback buffers end somewhere, if the server stops reading.
        while sent < 256 * MIB {
            match deaf.write(&line) {
                Ok(bytes) => sent += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    thread::sleep(Duration::from_millis(50));
                    if deaf.write(&line[..1]).is_err() {
                        break;
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert!(sent < 256 * MIB, "{name} took {sent} bytes");
        assert_echoes(&mut server.client(), b"hello\n");
        server.assert_runs();
    }
}

#[cfg(unix)]
#[test]
fn fault_053_a_server_out_of_descriptors_serves_on_and_accepts_again() {
    let _watchdog = Watchdog::new();
    for name in SERVERS {
        let program = support::program(support::example(name));
        let mut server = Server::start_by(
            std::process::Command::new("sh")
                .args(["-c", "ulimit -n 24 && exec \"$@\"", "sh"])
                .arg(program.get_program())
                .args(program.get_args())
                .arg("0"),
        );
        let mut first = server.client();
        assert_echoes(&mut first, b"first\n");
        // The kernel completes the handshakes of those that the server cannot accept.
        let many: Vec<TcpStream> = (0..40).map(|_| server.client()).collect();
        assert_echoes(&mut first, b"still there\n");
        let mut waiting = server.client();
        waiting.write_all(b"waiting\n").expect("sent");
        drop(many);
        let mut answer = [0; 8];
        waiting.read_exact(&mut answer).expect("answered");
        assert_eq!(&answer, b"waiting\n");
        assert_echoes(&mut first, b"to the end\n");
        server.assert_runs();
    }
}

#[test]
fn a_port_in_use_is_one_line() {
    let _watchdog = Watchdog::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    for name in SERVERS {
        assert_one_clear_line(name, &run(name, &[&port]), "cannot listen on 127.0.0.1:");
    }
}

#[test]
fn bad_numbers_are_one_line() {
    let _watchdog = Watchdog::new();
    for name in ["line_echo", "echo", "crunch"] {
        for bad in ["x", "", "-1", "4294967296", "1.5", " 1", "--help"] {
            let output = run(name, &[bad]);
            assert_one_clear_line(name, &output, &format!("{bad:?} is not a "));
        }
    }
    for name in SERVERS {
        assert_one_clear_line(name, &run(name, &["65536"]), "not a port");
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
fn too_many_arguments_are_one_line() {
    let _watchdog = Watchdog::new();
    for name in EXAMPLES {
        assert_one_clear_line(name, &run(name, &["1", "2"]), "arguments");
    }
    assert_one_clear_line("timers", &run("timers", &["1"]), "takes no arguments");
}

#[test]
fn timers_end_in_turn_and_at_once() {
    let _watchdog = Watchdog::new();
    let output = run("timers", &[]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 8, "{text}");
    assert_eq!((lines[0], lines[4]), ("in turn:", "at once:"));
    let timers = [200, 100, 50, 50, 100, 200];
    let not_before = [200.0, 300.0, 350.0, 50.0, 100.0, 200.0];
    let of_timers = lines[1..4].iter().chain(&lines[5..]);
    for ((line, ms), not_before) in of_timers.zip(timers).zip(not_before) {
        let rest = line.strip_prefix(&format!("{ms:>4} ms timer, after "));
        let elapsed: f64 = rest
            .and_then(|rest| rest.strip_suffix(" ms")?.parse().ok())
            .unwrap_or_else(|| panic!("{line:?} of {text}"));
        assert!(elapsed >= not_before, "early: {line:?} of {text}");
    }
}

#[test]
fn crunch_ticks_while_it_counts() {
    let _watchdog = Watchdog::new();
    let output = run("crunch", &["2000000"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with("148933 primes below 2000000"), "{text}");
    // The count takes several ticks even on a fast machine, and the first tick is at once.
    assert!(text.lines().filter(|line| line.starts_with("tick")).count() > 1);
    for limit in ["0", "2", "3", "100"] {
        let expected = match limit {
            "100" => 25,
            "3" => 1,
            _ => 0,
        };
        let text = String::from_utf8(run("crunch", &[limit]).stdout).expect("text");
        let last = text.lines().last().expect("a line").to_string();
        let start = format!("{expected} primes below {limit}, ");
        assert!(last.starts_with(&start), "{text}");
    }
}

/// The crate's documentation begins with the same program, and there it is compiled.
#[test]
fn the_readme_shows_the_program_of_the_crates_documentation() {
    let readme = include_str!("../README.md");
    let in_readme = readme.split("```").nth(1).expect("a block of code");
    let documentation = include_str!("../src/lib.rs");
    let documented: String = documentation
        .lines()
        .skip_while(|line| !line.starts_with("//! ```"))
        .skip(1)
        .take_while(|line| !line.starts_with("//! ```"))
        .map(|line| {
            let code = line.strip_prefix("//!").expect("documentation");
            format!("{}\n", code.strip_prefix(' ').unwrap_or(code))
        })
        .collect();
    let in_readme = in_readme.strip_prefix("rust\n").expect("a block of Rust");
    assert_eq!(in_readme, documented);
    assert!(documented.lines().count() <= 20, "twenty lines at most");
}
