//! `bus` on a NATS server: answers, news for all, workers that are killed, a server that restarts.

use std::thread;
use std::time::Duration;

use tests::{LIMIT, Nats, alike, each};

#[test]
fn news_reach_all_in_order() {
    let said = alike(|programs| {
        let nats = Nats::start();
        programs.run("bus", &["fan", &nats.url()])
    });
    assert_eq!(said, "5000 messages reached 5 listeners, in order");
}

#[test]
fn two_workers_share_the_questions() {
    let said = alike(|programs| {
        let nats = Nats::start();
        let url = nats.url();
        let mut workers = [(); 2].map(|()| programs.start("bus", &["work", &url]));
        workers
            .iter_mut()
            .for_each(|worker| drop(worker.says("working")));
        let said = programs.run("bus", &["ask", &url]);
        let answered = workers.map(|worker| worker.terminate(LIMIT).out);
        let answered = answered.map(|said| {
            let count = said.split_whitespace().find_map(|word| word.parse().ok());
            count.unwrap_or(0_u32)
        });
        assert_eq!(answered[0] + answered[1], 5000, "{answered:?}");
        assert!(answered[0] > 0 && answered[1] > 0, "{answered:?}");
        said
    });
    assert_eq!(said, "5000 right answers");
}

#[test]
fn questions_outlive_a_killed_worker() {
    let said = alike(|programs| {
        let nats = Nats::start();
        let url = nats.url();
        let mut workers = [(); 2].map(|()| programs.start("bus", &["work", &url]));
        workers
            .iter_mut()
            .for_each(|worker| drop(worker.says("working")));
        let [one, other] = workers;
        let asking = programs.start("bus", &["ask", "--questions", "20000", &url]);
        thread::sleep(Duration::from_millis(100));
        one.kill();
        let ended = asking.end();
        assert!(ended.status.success(), "{}", ended.err);
        other.terminate(LIMIT);
        ended.out
    });
    assert_eq!(said, "20000 right answers");
}

#[test]
fn a_restart_of_the_server_is_survived() {
    each(|programs| {
        let mut nats = Nats::start();
        let url = nats.url();
        let mut worker = programs.start("bus", &["work", &url]);
        worker.says("working");
        let ask = ["ask", "--questions", "20000", "--seconds", "30", &url];
        let asking = programs.start("bus", &ask);
        thread::sleep(Duration::from_millis(200));
        nats.stop();
        thread::sleep(Duration::from_millis(200));
        nats.resume();
        let ended = asking.end();
        assert!(ended.status.success(), "{}", ended.err);
        assert_eq!(ended.out, "20000 right answers");
        worker.terminate(LIMIT);
    });
}

#[test]
fn nobody_there_is_said() {
    each(|programs| {
        let ended = programs.start("bus", &["fan", "nats://127.0.0.1:1"]).end();
        assert_eq!(ended.status.code(), Some(1));
    });
}
