//! `proxy` between a client and a server of the standard library: ends, resets, slow readers, TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::SockRef;
use tests::{Folder, LIMIT, Process, Programs, Vitals, alike, each};

const MIB: usize = 1 << 20;

struct Between {
    proxy: Process,
    /// Of the proxy.
    address: String,
    listener: TcpListener,
}

impl Between {
    fn new(programs: &Programs, options: &[&str]) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let to = listener.local_addr().expect("it is bound").to_string();
        let mut arguments = vec!["--port", "0"];
        arguments.extend(options);
        arguments.push(&to);
        let (proxy, address) = programs.serve("proxy", &arguments);
        Between {
            proxy,
            address,
            listener,
        }
    }

    fn client(&self) -> TcpStream {
        patient(TcpStream::connect(&self.address).expect("a connection"))
    }

    /// Both ends of one connection.
    fn pair(&self) -> (TcpStream, TcpStream) {
        let client = self.client();
        (
            client,
            patient(self.listener.accept().expect("passed on").0),
        )
    }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    stream.set_write_timeout(Some(LIMIT)).expect("a limit");
    stream
}

fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a clean end");
    text
}

/// Closed such that the other side hears of a reset.
fn reset(stream: TcpStream) {
    let linger = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    linger.expect("an option of each socket");
}

/// At its end, or reset: it is closed either way.
fn assert_closed(stream: &mut TcpStream) {
    match stream.read(&mut [0; 16]) {
        Ok(0) => (),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => (),
        other => panic!("not closed: {other:?}"),
    }
}

#[test]
fn each_direction_ends_by_itself() {
    let said = alike(|programs| {
        let mut between = Between::new(programs, &[]);
        let (mut client, mut server) = between.pair();
        client.write_all(b"question").expect("room");
        client.shutdown(Shutdown::Write).expect("it is open");
        assert_eq!(rest(&mut server), "question");
        // The answer comes long after the question's end.
        server
            .write_all(b"an answer")
            .expect("the other direction goes on");
        let mut first = [0; 9];
        client
            .read_exact(&mut first)
            .expect("it arrives before the end");
        server
            .write_all(b" and more")
            .expect("the other direction goes on");
        drop(server);
        assert_eq!(
            (&first, rest(&mut client).as_str()),
            (b"an answer", " and more")
        );
        let first = between.proxy.says(": 8 bytes");
        let (mut client, mut server) = between.pair();
        server.write_all(b"greeting").expect("room");
        server.shutdown(Shutdown::Write).expect("it is open");
        assert_eq!(rest(&mut client), "greeting");
        client
            .write_all(b"thanks")
            .expect("the other direction goes on");
        drop(client);
        assert_eq!(rest(&mut server), "thanks");
        let second = between.proxy.says(": 6 bytes");
        between.proxy.terminate(LIMIT);
        (first, second)
    });
    assert_eq!(said, ("up, 18 down".to_owned(), "up, 8 down".to_owned()));
}

#[test]
fn a_reset_on_one_side_closes_the_other() {
    each(|programs| {
        let between = Between::new(programs, &[]);
        let before = Vitals::of(between.proxy.id());
        for turn in 0..20 {
            let (mut client, mut server) = between.pair();
            client.write_all(b"x").expect("room");
            server.read_exact(&mut [0]).expect("passed on");
            if turn % 2 == 0 {
                reset(client);
                assert_closed(&mut server);
            } else {
                reset(server);
                assert_closed(&mut client);
            }
        }
        before.settled(between.proxy.id());
        between.proxy.terminate(LIMIT);
    });
}

#[test]
fn a_slow_reader_slows_down_the_writer_and_takes_no_memory() {
    each(|programs| {
        let between = Between::new(programs, &[]);
        let (mut client, server) = between.pair();
        let before = Vitals::of(between.proxy.id()).resident_kib;
        let writing = thread::spawn(move || {
            let mut server = server;
            for number in 0..64_u8 {
                server
                    .write_all(&vec![number; MIB])
                    .expect("room, in the end");
            }
        });
        let mut received = vec![0; MIB];
        for number in 0..64_u8 {
            if number < 20 {
                thread::sleep(Duration::from_millis(20));
            }
            client.read_exact(&mut received).expect("all of it");
            assert!(
                received.iter().all(|byte| *byte == number),
                "in order: {number}"
            );
        }
        writing.join().expect("no panic");
        assert_eq!(rest(&mut client), "");
        let after = Vitals::of(between.proxy.id()).resident_kib;
        assert!(after < before + 8 * 1024, "{before} KiB, then {after}");
        drop(client);
        between.proxy.terminate(LIMIT);
    });
}

#[test]
fn hundreds_of_connections_at_once_leave_nothing_behind() {
    each(|programs| {
        let between = Between::new(programs, &[]);
        let before = Vitals::of(between.proxy.id());
        for _ in 0..3 {
            let mut pairs: Vec<_> = (0..200).map(|_| between.pair()).collect();
            for (number, (client, _)) in pairs.iter_mut().enumerate() {
                let bytes = [number as u8; 100];
                client.write_all(&bytes).expect("room");
            }
            for (number, (_, server)) in pairs.iter_mut().enumerate() {
                let mut bytes = [0; 100];
                server.read_exact(&mut bytes).expect("passed on");
                assert_eq!(bytes, [number as u8; 100], "to whom it was sent");
            }
        }
        before.settled(between.proxy.id());
        between.proxy.terminate(LIMIT);
    });
}

#[test]
fn further_connections_wait_for_a_place() {
    each(|programs| {
        let between = Between::new(programs, &["--connections", "1"]);
        let (first, first_passed) = between.pair();
        let mut second = between.client();
        second.write_all(b"patient").expect("room in the kernel");
        drop((first, first_passed));
        let (mut server, _) = between.listener.accept().expect("passed on");
        drop(second);
        assert_eq!(rest(&mut server), "patient");
        drop(server);
        between.proxy.terminate(LIMIT);
    });
}

#[test]
fn a_target_that_is_not_there_is_said() {
    each(|programs| {
        let Between {
            mut proxy,
            address,
            listener,
        } = Between::new(programs, &[]);
        drop(listener);
        let mut client = patient(TcpStream::connect(address).expect("a connection"));
        assert_closed(&mut client);
        proxy.says("cannot be reached");
        proxy.terminate(LIMIT);
    });
}

#[test]
fn the_end_waits_for_connections() {
    each(|programs| {
        let between = Between::new(programs, &[]);
        let (mut client, mut server) = between.pair();
        client.write_all(b"before").expect("room");
        server.read_exact(&mut [0; 6]).expect("passed on");
        between.proxy.signal(rustix::process::Signal::TERM);
        tests::until("nobody new is taken", || {
            TcpStream::connect(&between.address).is_err().then_some(())
        });
        // Those that were taken meanwhile have nobody on the other side.
        drop(between.listener);
        client.write_all(b"after").expect("it goes on");
        client.shutdown(Shutdown::Write).expect("it goes on");
        assert_eq!(rest(&mut server), "after");
        drop(server);
        let ended = between.proxy.end_within(Duration::from_secs(9));
        assert!(ended.status.success(), "{}", ended.err);
    });
}

fn trusting(certificate: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(certificate).expect("it was written");
    roots.add(certificate).expect("it is whole");
    let config = ClientConfig::builder().with_root_certificates(roots);
    Arc::new(config.with_no_client_auth())
}

#[test]
fn tls_ends_at_the_door() {
    each(|programs| {
        let folder = Folder::new();
        let identity = folder.file("tls");
        let between = Between::new(programs, &["--tls", &identity]);
        let config = trusting(&folder.file("tls/cert.pem"));
        let before = Vitals::of(between.proxy.id());
        for length in [1, 16 << 10, 3 * MIB] {
            let name = ServerName::try_from("localhost").expect("a name");
            let tls = ClientConnection::new(config.clone(), name).expect("a configuration");
            let stream = between.client();
            let mut client = StreamOwned::new(tls, stream);
            let sent: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let expected = sent.clone();
            let listener = between.listener.try_clone().expect("a descriptor");
            let serving = thread::spawn(move || {
                let mut server = patient(listener.accept().expect("passed on").0);
                let mut received = vec![0; length];
                server.read_exact(&mut received).expect("all of it");
                assert!(received == expected, "in the clear behind the door");
                server.write_all(&received).expect("room");
                // The client's good-bye.
                assert_eq!(rest(&mut server), "");
            });
            client.write_all(&sent).expect("room");
            let mut received = vec![0; length];
            client.read_exact(&mut received).expect("all of it");
            assert!(received == sent, "what was sent comes back");
            client.conn.send_close_notify();
            client.flush().expect("room");
            serving.join().expect("no panic");
            assert_eq!(client.read(&mut [0]).expect("a clean end"), 0);
        }
        // Who speaks no TLS, or nothing.
        let mut stranger = between.client();
        stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("room");
        let mut said = Vec::new();
        drop(stranger.read_to_end(&mut said));
        drop((stranger, between.client()));
        before.settled(between.proxy.id());
        between.proxy.terminate(LIMIT);
    });
}

#[test]
fn visits_come_through() {
    let said = alike(|programs| {
        let (web, url) = programs.serve("web", &["--port", "0"]);
        let to = url.replace("http://localhost", "127.0.0.1");
        let (proxy, address) = programs.serve("proxy", &["--port", "0", &to]);
        let through = format!("http://{address}");
        let said = programs.run("client", &["visit", "--cancel-every", "10", &through]);
        // The web server has the last word on each connection.
        web.terminate(LIMIT);
        proxy.terminate(LIMIT);
        said
    });
    assert_eq!(
        said,
        "1000 visits, 4000 right answers, 100 requests given up, 0 repeated, HTTP/1.1"
    );
}
