//! `unix_chat`: a room on a Unix socket, as processes.
#![cfg(unix)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{self, Child, ChildStdout, Stdio};
use std::time::Duration;

use support::{Watchdog, assert_one_clear_line, example, interrupt, program, run};

/// A path for one test's own socket; nothing is left there.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let name = format!("runtime-chat-{}-{name}", process::id());
        Place(std::env::temp_dir().join(name))
    }

    fn text(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The room; killed if the test forgets it.
struct Room(Child);

impl Room {
    fn open(place: &Place) -> Room {
        let (child, mut out) = start(&[place.text()]);
        let room = Room(child);
        assert_eq!(line(&mut out), format!("listening on {}\n", place.text()));
        room
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// With an open standard input.
fn start(arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut child = program(example("unix_chat"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = child.stdout.take().expect("its output");
    (child, BufReader::new(out))
}

#[track_caller]
fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("a line");
    line
}

/// A guest who is welcome.
fn guest(place: &Place) -> BufReader<UnixStream> {
    let stream = UnixStream::connect(&place.0).expect("a connection");
    let patience = Some(Duration::from_secs(10));
    stream.set_read_timeout(patience).expect("a read timeout");
    let mut guest = BufReader::new(stream);
    let welcome = line(&mut guest);
    assert!(welcome.starts_with("* welcome, "), "{welcome:?}");
    guest
}

#[test]
fn guests_at_terminals_read_what_the_others_say_and_from_whom() {
    let _watchdog = Watchdog::new();
    let place = Place::new("terminals");
    let mut room = Room::open(&place);
    let mut here = guest(&place);
    let (mut ann, mut heard) = start(&["--join", place.text()]);
    let welcome = line(&mut heard);
    let name = format!("process {}", ann.id());
    assert_eq!(welcome, format!("* welcome, {name}\n"));
    assert_eq!(line(&mut here), format!("* {name} is here\n"));
    let mut says = ann.stdin.take().expect("its input");
    says.write_all(b"hello\nand more\n").expect("said");
    assert_eq!(line(&mut here), format!("{name}: hello\n"));
    assert_eq!(line(&mut here), format!("{name}: and more\n"));
    here.get_mut().write_all(b"welcome\n").expect("said");
    assert!(line(&mut heard).ends_with(": welcome\n"));
    drop(says);
    assert!(ann.wait().expect("it ends").success());
    assert_eq!(line(&mut here), format!("* {name} has left\n"));

    // A guest whose input stays open and silent ends with the room.
    let (eve, mut heard) = start(&["--join", place.text()]);
    assert!(line(&mut heard).starts_with("* welcome, "));
    interrupt(&room.0);
    assert!(room.0.wait().expect("it ends").success());
    assert!(!place.0.exists());
    let output = eve.wait_with_output().expect("it ends");
    assert_one_clear_line("unix_chat", &output, "is closed");
}

#[test]
fn bad_input_closes_its_own_connection_only() {
    let _watchdog = Watchdog::new();
    let place = Place::new("rude");
    let mut room = Room::open(&place);
    let mut here = guest(&place);
    let rude: [&[u8]; 2] = [b"\xff\n", &[b'x'; 5000]];
    for bytes in rude {
        let mut guest = guest(&place);
        assert!(line(&mut here).ends_with(" is here\n"));
        let _ = guest.get_mut().write_all(bytes);
        let mut rest = Vec::new();
        // Closed, with a reset if not all was read.
        let _ = guest.read_to_end(&mut rest);
        assert_eq!(rest, b"");
        assert!(line(&mut here).ends_with(" has left\n"));
    }
    assert!(room.0.try_wait().expect("its state").is_none());
}

#[test]
fn a_room_takes_the_place_of_a_killed_one_and_of_nothing_else() {
    let _watchdog = Watchdog::new();
    let place = Place::new("place");
    drop(UnixListener::bind(&place.0).expect("bound"));
    assert!(place.0.exists(), "as a killed room leaves it");
    let mut room = Room::open(&place);
    let second = run("unix_chat", &[place.text()]);
    assert_one_clear_line("unix_chat", &second, "cannot listen on ");
    drop(guest(&place));
    assert!(room.0.try_wait().expect("its state").is_none());

    let file = Place::new("file");
    fs::write(&file.0, "kept").expect("written");
    assert_one_clear_line(
        "unix_chat",
        &run("unix_chat", &[file.text()]),
        "cannot listen",
    );
    assert_eq!(fs::read(&file.0).expect("read"), b"kept");
}

#[test]
fn a_mistake_is_one_clear_line() {
    let _watchdog = Watchdog::new();
    let long = "x".repeat(200);
    let cases: [(&[&str], &str); 5] = [
        (&[], "usage: unix_chat"),
        (&["--help"], "usage: unix_chat"),
        (&["a", "b"], "usage: unix_chat"),
        (&["--join", "nowhere"], "cannot join nowhere: "),
        (&[&long], "cannot listen on "),
    ];
    for (arguments, part) in cases {
        assert_one_clear_line("unix_chat", &run("unix_chat", arguments), part);
    }
}
