//! `quic`: thousands of streams, clients that are killed, and the end.

use std::time::Duration;

use tests::{Folder, LIMIT, Process, Programs, Vitals, alike, each};

fn serve(programs: &Programs, folder: &Folder) -> (Process, String, String) {
    let identity = folder.file("tls");
    let (server, address) = programs.serve(
        "quic",
        &[
            "serve",
            "--port",
            "0",
            "--grace",
            "2",
            "--identity",
            &identity,
        ],
    );
    (server, address, folder.file("tls/cert.pem"))
}

#[test]
fn five_thousand_streams_come_back() {
    let (said, served) = alike(|programs| {
        let folder = Folder::new();
        let (mut server, address, trust) = serve(programs, &folder);
        let said = programs.run("quic", &["send", "--trust", &trust, &address]);
        let served = server.says("5000 streams, ");
        server.terminate(LIMIT);
        (said, served)
    });
    assert_eq!(said, "5000 streams of 10000 bytes came back");
    assert_eq!(served, "50000000 bytes");
}

#[test]
fn a_killed_client_takes_its_streams_with_it() {
    each(|programs| {
        let folder = Folder::new();
        let (server, address, trust) = serve(programs, &folder);
        let before = Vitals::of(server.id());
        let endless = ["send", "--trust", &trust, "--streams", "1000000", &address];
        for _ in 0..3 {
            let client = programs.start("quic", &endless);
            // A stream needs the handshake and a round trip; the server says nothing meanwhile.
            std::thread::sleep(Duration::from_millis(500));
            client.kill();
            let few = ["send", "--trust", &trust, "--streams", "100", &address];
            let said = programs.run("quic", &few);
            assert_eq!(said, "100 streams of 10000 bytes came back");
        }
        let after = Vitals::of(server.id());
        assert_eq!(after.descriptors, before.descriptors);
        // A killed client is noticed by its silence, which the grace may not wait for.
        server.signal(rustix::process::Signal::TERM);
        server.end_within(LIMIT);
    });
}

#[test]
fn who_is_not_trusted_is_refused() {
    each(|programs| {
        let (folder, other) = (Folder::new(), Folder::new());
        let (server, address, _) = serve(programs, &folder);
        let (stranger, _, trust) = serve(programs, &other);
        stranger.terminate(LIMIT);
        let ended = programs
            .start("quic", &["send", "--trust", &trust, &address])
            .end();
        assert_eq!(ended.status.code(), Some(1), "{}", ended.out);
        server.terminate(LIMIT);
    });
}
