//! `inbox`: step by step, and the first error ends it.

use std::net::TcpListener;
use std::sync::LazyLock;

use crate::support::{Watchdog, assert_one_clear_line, run};
use crate::{Script, stdout_of};

fn ok(text: &str) -> String {
    format!("+OK {text}\r\n")
}

fn top(header: &str) -> String {
    format!("+OK\r\n{header}\r\n\r\n.\r\n")
}

#[test]
fn it_lists_the_subjects() {
    let _watchdog = Watchdog::new();
    let script = Script::start(
        "+OK ready\r\n",
        vec![
            ("USER ann\r\n", ok("")),
            ("PASS se cret\r\n", ok("welcome")),
            ("STAT\r\n", ok("3 1024")),
            ("TOP 1 0\r\n", top("From: bob\r\nSubject: Hello\r\nTo: ann")),
            ("TOP 2 0\r\n", top("From: eve")),
            ("TOP 3 0\r\n", top("SUBJECT:two: colons\r\nSubject: later")),
            ("QUIT\r\n", ok("bye")),
        ],
    );
    let output = run("inbox", &[&script.address(), "ann", "se cret"]);
    assert_eq!(
        stdout_of(&output),
        "3 messages\n   1  Hello\n   2  (no subject)\n   3  two: colons\n"
    );
    script.end();
}

#[test]
fn an_empty_box_is_listed() {
    let _watchdog = Watchdog::new();
    let script = Script::start(
        "+OK\r\n",
        vec![
            ("USER a\r\n", ok("")),
            ("PASS b\r\n", ok("")),
            ("STAT\r\n", ok("0 0")),
            ("QUIT\r\n", ok("")),
        ],
    );
    let output = run("inbox", &[&script.address(), "a", "b"]);
    assert_eq!(stdout_of(&output), "0 messages\n");
    script.end();
}

#[test]
fn the_first_refusal_ends_it_with_its_reason_and_closes_the_connection() {
    let _watchdog = Watchdog::new();
    let steps = ["USER a\r\n", "PASS secret\r\n", "STAT\r\n", "TOP 1 0\r\n"];
    for refused in 0..steps.len() {
        let script = steps[..=refused]
            .iter()
            .enumerate()
            .map(|(index, &step)| {
                let answer = match index == refused {
                    true => "-ERR not now\r\n".to_string(),
                    false => ok("1 10"),
                };
                (step, answer)
            })
            .collect();
        let script = Script::start("+OK\r\n", script);
        let output = run("inbox", &[&script.address(), "a", "secret"]);
        let verb = steps[refused].split([' ', '\r']).next().expect("a verb");
        let part = format!("{verb}: the server says: not now");
        assert_one_clear_line("inbox", &output, &part);
        let shown = String::from_utf8_lossy(&output.stderr).contains("secret");
        assert!(!shown, "the password is shown: {output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        script.end();
    }
}

#[test]
fn nonsense_is_one_line() {
    let _watchdog = Watchdog::new();
    static LONG: LazyLock<String> = LazyLock::new(|| "+OK".repeat(10_000));
    let cases = [
        ("HTTP/1.1 400\r\n", "is no answer of POP3"),
        ("-ERR full\r\n", "the greeting: the server says: full"),
        (&LONG, "sent too long a line"),
    ];
    for (greeting, part) in cases {
        let script = Script::start(greeting, Vec::new());
        let output = run("inbox", &[&script.address(), "a", "b"]);
        assert_one_clear_line("inbox", &output, part);
    }
    let script = Script::start(
        "+OK\r\n",
        vec![("USER", ok("")), ("PASS", ok("")), ("STAT", ok("many"))],
    );
    let output = run("inbox", &[&script.address(), "a", "b"]);
    assert_one_clear_line("inbox", &output, "does not begin with a count");
}

#[test]
fn a_server_that_goes_or_stays_silent_is_one_line() {
    let _watchdog = Watchdog::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let server = std::thread::spawn(move || {
        drop(listener.accept().expect("a client"));
        let silent = listener.accept().expect("a client");
        std::thread::sleep(std::time::Duration::from_secs(20));
        drop(silent);
    });
    let output = run("inbox", &[&address, "a", "b"]);
    assert_one_clear_line("inbox", &output, "the greeting");
    let output = run("inbox", &[&address, "a", "b"]);
    assert_one_clear_line("inbox", &output, "took longer than 10 s");
    drop(server);
}
