//! `udp_ping`: both of its halves, against each other and against the standard library.

use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use crate::stdout_of;
use crate::support::{Server, Watchdog, assert_one_clear_line, example, program, run};

fn serve() -> Server {
    Server::start_by(program(example("udp_ping")).args(["serve", "0"]))
}

fn client() -> UdpSocket {
    let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let patience = Some(Duration::from_secs(10));
    client.set_read_timeout(patience).expect("a timeout");
    client
}

#[test]
fn the_server_sends_each_datagram_back_whole() {
    let _watchdog = Watchdog::new();
    let mut server = serve();
    let client = client();
    client.connect(server.address()).expect("connected");
    for bytes in [0, 1, 4, 1500, 9000, 65_507] {
        let sent: Vec<u8> = (0..bytes).map(|at| at as u8).collect();
        client.send(&sent).expect("sent");
        let mut answer = vec![0; 70_000];
        let received = client.recv(&mut answer).expect("answered");
        assert!(answer[..received] == sent, "{bytes} bytes");
    }
    server.assert_runs();
}

#[test]
fn a_client_that_is_gone_does_not_disturb_the_others() {
    let _watchdog = Watchdog::new();
    let mut server = serve();
    for _ in 0..50 {
        // The answer meets a closed port, and the kernel says so to the server.
        client().send_to(b"gone", server.address()).expect("sent");
    }
    let client = client();
    client.send_to(b"here", server.address()).expect("sent");
    let mut answer = [0; 8];
    assert_eq!(client.recv(&mut answer).expect("answered"), 4);
    server.assert_runs();
}

#[test]
fn the_client_counts_what_comes_back() {
    let _watchdog = Watchdog::new();
    let server = serve();
    let output = run("udp_ping", &[&server.address().to_string(), "7"]);
    let text = stdout_of(&output);
    assert_eq!(text.lines().count(), 8, "{text}");
    assert_eq!(text.lines().last(), Some("7 of 7 came back"));
    for (line, number) in text.lines().zip(1..=7) {
        let time = line
            .strip_prefix(&format!("{number}: "))
            .and_then(|rest| rest.strip_suffix(" µs")?.parse::<f64>().ok());
        assert!(time.is_some_and(|time| time > 0.0), "{line}");
    }
    let output = run("udp_ping", &[&server.address().to_string(), "0"]);
    assert_eq!(stdout_of(&output), "0 of 0 came back\n");
}

#[test]
fn what_is_lost_is_counted_and_a_late_answer_is_not_taken_for_the_next() {
    let _watchdog = Watchdog::new();
    let lossy = client();
    let address = lossy.local_addr().expect("its address").to_string();
    // Number 2 is answered too late, with number 3; number 4 never.
    let server = thread::spawn(move || {
        let mut datagram = [0; 4];
        let mut late = None;
        for number in 1..=5_u32 {
            let (bytes, peer) = lossy.recv_from(&mut datagram).expect("a datagram");
            assert_eq!(datagram[..bytes], number.to_be_bytes());
            match number {
                2 => late = Some(datagram),
                4 => {}
                _ => {
                    if let Some(late) = late.take() {
                        lossy.send_to(&late, peer).expect("sent");
                    }
                    lossy.send_to(&datagram, peer).expect("sent");
                }
            }
        }
    });
    let text = stdout_of(&run("udp_ping", &[&address, "5"]));
    server.join().expect("the server ends");
    let lost: Vec<&str> = text.lines().filter(|line| line.contains("lost")).collect();
    assert_eq!(lost, ["2: lost", "4: lost"], "{text}");
    assert_eq!(text.lines().last(), Some("3 of 5 came back"), "{text}");
}

#[test]
fn nobody_there_is_one_line() {
    let _watchdog = Watchdog::new();
    let address = client().local_addr().expect("its address").to_string();
    let output = run("udp_ping", &[&address, "2"]);
    assert_one_clear_line("udp_ping", &output, "no answer from 127.0.0.1:");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text, "1: lost\n2: lost\n0 of 2 came back\n");
}
