//! `chat`: what one says, all others read.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::thread;

use crate::support::{Server, Watchdog};
use crate::{assert_closed, lines_of, read_line};

/// The guest of this number is in the room: the others have been told.
fn guest(server: &Server, number: u32, others: &mut [&mut Guest]) -> Guest {
    let mut guest = lines_of(server.client());
    assert_eq!(
        read_line(&mut guest),
        format!("* welcome, guest {number}\n")
    );
    for other in others {
        assert_eq!(read_line(other), format!("* guest {number} is here\n"));
    }
    guest
}

type Guest = BufReader<TcpStream>;

#[track_caller]
fn say(guest: &mut Guest, line: &str) {
    guest.get_mut().write_all(line.as_bytes()).expect("sent");
}

#[test]
fn what_one_says_all_others_read_in_order() {
    let _watchdog = Watchdog::new();
    let server = Server::start("chat");
    let mut ann = guest(&server, 1, &mut []);
    let mut bob = guest(&server, 2, &mut [&mut ann]);
    let mut eve = guest(&server, 3, &mut [&mut ann, &mut bob]);
    say(&mut ann, "/name Ann\n");
    assert_eq!(read_line(&mut bob), "* guest 1 is Ann\n");
    assert_eq!(read_line(&mut eve), "* guest 1 is Ann\n");
    for number in 0..20 {
        say(&mut ann, &format!("number {number}\n"));
    }
    for number in 0..20 {
        let expected = format!("Ann: number {number}\n");
        assert_eq!(read_line(&mut bob), expected);
        assert_eq!(read_line(&mut eve), expected);
    }
    say(&mut bob, "thanks\r\n");
    assert_eq!(read_line(&mut ann), "guest 2: thanks\n");
    assert_eq!(read_line(&mut eve), "guest 2: thanks\n");
    drop(bob);
    assert_eq!(read_line(&mut ann), "* guest 2 has left\n");
    assert_eq!(read_line(&mut eve), "* guest 2 has left\n");
}

#[test]
fn bad_input_closes_its_own_connection_only() {
    let _watchdog = Watchdog::new();
    let mut server = Server::start("chat");
    let too_long = vec![b'x'; 5000];
    let rude: [&[u8]; 2] = [b"\xff\n", &too_long];
    let mut ann = guest(&server, 1, &mut []);
    for (bytes, number) in rude.into_iter().zip(2..) {
        let mut bob = guest(&server, number, &mut [&mut ann]);
        let _ = bob.get_mut().write_all(bytes);
        assert_closed(&mut bob);
        assert_eq!(read_line(&mut ann), format!("* guest {number} has left\n"));
    }
    server.assert_runs();
}

#[test]
fn who_does_not_read_misses_messages_and_keeps_nobody_waiting() {
    let _watchdog = Watchdog::new();
    let mut server = Server::start("chat");
    let mut ann = guest(&server, 1, &mut []);
    let mut deaf = guest(&server, 2, &mut [&mut ann]);
    // More than all buffers between the two hold; the sender is never held up.
    let long = format!("{}\n", "y".repeat(1000));
    let sender = ann.get_ref().try_clone().expect("a second handle");
    let talk = thread::spawn(move || {
        let mut sender = sender;
        for _ in 0..40_000 {
            sender.write_all(long.as_bytes()).expect("sent");
        }
    });
    talk.join().expect("nobody holds the sender up");
    say(&mut ann, "the end\n");
    let mut missed = 0_u64;
    loop {
        let line = read_line(&mut deaf);
        assert!(!line.is_empty(), "closed");
        if line == "guest 1: the end\n" {
            break;
        }
        let count = line
            .strip_prefix("* ")
            .and_then(|rest| rest.strip_suffix(" missed\n"));
        missed += count.map_or(0, |count| count.parse::<u64>().expect("a count"));
    }
    assert!(missed > 1000, "{missed}");
    server.assert_runs();
}
