//! `web` under load by wrk: no error, nothing left behind, and an end in the midst of it.

use std::time::Duration;

use tests::{LIMIT, Vitals, each, request, until, wrk};

const CONNECTIONS: u32 = 256;

/// How much more memory may be in use after the load than before: what an allocator keeps.
const KEPT_KIB: u64 = 64 << 10;

#[test]
fn half_a_minute_of_256_connections() {
    each(|programs| {
        let (server, url) = programs.serve("web", &["--port", "0"]);
        let url = url.replace("localhost", "127.0.0.1");
        request(&url, "POST", "/notes", Some("{\"text\": \"asked for\"}")).expect("an answer");
        let before = Vitals::of(server.id());
        let ended = wrk(
            &format!("{url}/notes/1"),
            CONNECTIONS,
            Duration::from_secs(30),
        )
        .end();
        println!("{}:\n{}", programs.under, ended.out);
        assert!(ended.out.contains("requests in"), "{}", ended.err);
        assert!(!ended.out.contains("Socket errors"), "{}", ended.out);
        assert!(!ended.out.contains("Non-2xx"), "{}", ended.out);
        let after = before.settled(server.id());
        assert!(
            after.resident_kib < before.resident_kib + KEPT_KIB,
            "{before:?}, {after:?}"
        );
        assert!(after.threads <= before.threads + 8, "{before:?}, {after:?}");
        let ended = server.terminate(Duration::from_secs(9));
        assert_eq!(ended.err, "");
    });
}

#[test]
fn an_end_in_the_midst_of_load_is_in_time() {
    each(|programs| {
        let (server, url) = programs.serve("web", &["--port", "0"]);
        let url = url.replace("localhost", "127.0.0.1");
        let load = wrk(
            &format!("{url}/wait/20"),
            CONNECTIONS,
            Duration::from_secs(3),
        );
        until("it is under load", || {
            (Vitals::of(server.id()).descriptors > 200).then_some(())
        });
        let ended = server.terminate(Duration::from_secs(9));
        assert_eq!(ended.err, "");
        let ended = load.end_within(LIMIT);
        assert!(!ended.out.contains("Non-2xx"), "{}", ended.out);
    });
}
