//! `web` on PostgreSQL and Redis: each of them may restart under load.

use std::thread;
use std::time::Duration;

use tests::{LIMIT, Postgres, Process, Programs, Redis, Vitals, alike, each, request, until, wrk};

const VISIT: [&str; 5] = ["visit", "--visits", "500", "--cancel-every", "10"];
const VISITED: &str = "500 visits, 2000 right answers, 50 requests given up, 0 repeated, HTTP/1.1";

fn serve(programs: &Programs, database: &Postgres, cache: &Redis) -> (Process, String) {
    let (database, cache) = (database.url(), cache.url());
    let options = ["--port", "0", "--database", &database, "--cache", &cache];
    let (server, url) = programs.serve("web", &options);
    (server, url.replace("localhost", "127.0.0.1"))
}

fn visit(programs: &Programs, url: &str) -> String {
    let mut arguments = VISIT.to_vec();
    arguments.push(url);
    programs.run("client", &arguments)
}

#[test]
fn notes_are_kept_there_and_found_in_the_cache() {
    let found = alike(|programs| {
        let (database, cache) = (Postgres::start(), Redis::start());
        let (server, url) = serve(programs, &database, &cache);
        assert_eq!(visit(programs, &url), VISITED);
        let ask = |method, path: &str, body| request(&url, method, path, body).expect("an answer");
        let written = ask("POST", "/notes", Some("{\"text\": \"kept\"}"));
        let found = [(); 3].map(|()| {
            let answer = ask("GET", "/notes/501", None);
            (answer.header("x-cache").map(str::to_owned), answer.body)
        });
        let removed = ask("DELETE", "/notes/501", None).status;
        let gone = ask("GET", "/notes/501", None).status;
        server.terminate(LIMIT);
        (written.status, found, removed, gone)
    });
    let note = "{\"id\":501,\"text\":\"kept\"}";
    let expected = [("miss", note), ("hit", note), ("hit", note)]
        .map(|(cache, body)| (Some(cache.to_owned()), body.to_owned()));
    assert_eq!(found, (201, expected, 204, 404));
}

#[test]
fn a_restart_of_the_database_under_load_is_survived() {
    each(|programs| {
        let (mut database, cache) = (Postgres::start(), Redis::start());
        let (server, url) = serve(programs, &database, &cache);
        let (before, tasks) = (Vitals::of(server.id()), server.tasks());
        let status = |path: &str| request(&url, "GET", path, None).expect("an answer").status;
        let load = wrk(&format!("{url}/notes"), 32, Duration::from_secs(6));
        until("it is under load", || {
            (Vitals::of(server.id()).descriptors > 40).then_some(())
        });
        database.stop();
        assert_eq!(status("/health"), 503, "an error, not a hang");
        assert_eq!(status("/wait/1"), 200, "what needs no database goes on");
        database.resume();
        until("it is well again", || {
            (status("/health") == 200).then_some(())
        });
        let ended = load.end();
        assert!(
            ended.out.contains("Non-2xx"),
            "some were refused: {}",
            ended.out
        );
        assert!(
            !ended.out.contains("Socket errors"),
            "none was cut: {}",
            ended.out
        );
        assert_eq!(visit(programs, &url), VISITED);
        let after = Vitals::of(server.id());
        // Sixteen connections to the database stay.
        assert!(
            after.descriptors <= before.descriptors + 16 + 4,
            "{before:?}, {after:?}"
        );
        until("its tasks are gone", || {
            (server.tasks() <= tasks).then_some(())
        });
        // A starved machine looks like a stuck task: each core may have got one thread more.
        let cores = thread::available_parallelism()
            .expect("Linux says so")
            .get() as u64;
        assert!(
            after.threads <= before.threads + cores,
            "{before:?}, {after:?}"
        );
        server.terminate(LIMIT);
    });
}

#[test]
fn without_its_cache_answers_are_right() {
    each(|programs| {
        let (database, mut cache) = (Postgres::start(), Redis::start());
        let (server, url) = serve(programs, &database, &cache);
        let ask = |method, path: &str, body| request(&url, method, path, body).expect("an answer");
        ask("POST", "/notes", Some("{\"text\": \"kept\"}"));
        let found = || ask("GET", "/notes/1", None);
        let cached = |wanted: &str| {
            until(wanted, || {
                (found().header("x-cache") == Some(wanted)).then_some(())
            });
        };
        cached("hit");
        cache.stop();
        for _ in 0..5 {
            let answer = found();
            assert_eq!(
                (answer.status, answer.header("x-cache")),
                (200, Some("miss"))
            );
            assert_eq!(answer.body, "{\"id\":1,\"text\":\"kept\"}");
            thread::sleep(Duration::from_millis(50));
        }
        cache.resume();
        cached("hit");
        server.terminate(LIMIT);
    });
}
