//! Clients that are killed in the midst of a stream: the server loses their tasks and descriptors.

use std::thread;

use tests::{Folder, LIMIT, Process, Vitals, each, request, until};

const CLIENTS: usize = 5;

/// The server holds what it held before, once these clients, each of which makes so many tasks of
/// it at least, have been killed.
#[track_caller]
fn forgotten(server: &Process, tasks_each: usize, start: impl Fn() -> Process) {
    let (tasks, vitals) = (server.tasks(), Vitals::of(server.id()));
    let clients: Vec<Process> = (0..CLIENTS).map(|_| start()).collect();
    until("all are served", || {
        (server.tasks() >= tasks + CLIENTS * tasks_each).then_some(())
    });
    clients.into_iter().for_each(Process::kill);
    until("their tasks are gone", || {
        (server.tasks() <= tasks).then_some(())
    });
    vitals.settled(server.id());
}

/// Followers of `web` by the scheme of this URL, while notes are written.
#[track_caller]
fn followers_are_forgotten(scheme: &str, path: &str) {
    each(|programs| {
        let (server, url) = programs.serve("web", &["--port", "0"]);
        let url = url.replace("localhost", "127.0.0.1");
        let followed = format!("{}{path}", url.replace("http", scheme));
        let note = |url: &str| request(url, "POST", "/notes", Some("{\"text\": \"a note\"}"));
        for _ in 0..3 {
            thread::scope(|scope| {
                forgotten(&server, 1, || {
                    let follower = programs.start("client", &["listen", &followed]);
                    // It may come too late for the first.
                    until("it hears of a note", || {
                        note(&url).expect("an answer");
                        let lines = follower.lines();
                        lines
                            .iter()
                            .any(|line| line.contains("a note"))
                            .then_some(())
                    });
                    scope.spawn(|| (0..100).for_each(|_| drop(note(&url).expect("an answer"))));
                    follower
                });
            });
        }
        server.terminate(LIMIT);
    });
}

#[test]
fn followers_by_server_sent_events() {
    followers_are_forgotten("http", "/events");
}

#[test]
fn followers_by_websocket() {
    followers_are_forgotten("ws", "/socket");
}

#[test]
fn callers_with_an_open_stream() {
    each(|programs| {
        let (server, url) = programs.serve("rpc", &["serve", "--port", "0"]);
        for _ in 0..3 {
            // A connection's task, and a stream's.
            forgotten(&server, 2, || {
                let mut follower = programs.start("rpc", &["follow", &url]);
                follower.says("1000");
                follower
            });
        }
        server.terminate(LIMIT);
    });
}

#[test]
fn clients_with_open_quic_streams() {
    each(|programs| {
        let folder = Folder::new();
        let identity = folder.file("tls");
        let serve = [
            "serve",
            "--port",
            "0",
            "--idle",
            "2",
            "--identity",
            &identity,
        ];
        let (server, address) = programs.serve("quic", &serve);
        let trust = folder.file("tls/cert.pem");
        let long = [
            "--streams",
            "100000",
            "--at-once",
            "8",
            "--bytes",
            "1000000",
        ];
        // A connection's two tasks, and some of its streams'.
        forgotten(&server, 4, || {
            let mut send = vec!["send", "--trust", &trust];
            send.extend(long);
            send.push(&address);
            programs.start("quic", &send)
        });
        server.terminate(LIMIT);
    });
}
