//! Models of the steps: whoever asks is answered or told, whichever thread comes, goes or is refused.
//!
//! A keep-alive is over at once where it is zero, and never where it is not.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use loom::thread;
use runtime_core::loom::model;
use runtime_core::park::block_on_parked;

use super::{Answer, Lookups};

const PATIENT: Duration = Duration::from_secs(5);

fn start(lookups: Arc<Lookups>) -> io::Result<()> {
    thread::spawn(move || lookups.run());
    Ok(())
}

/// A thread is refused where another is counted.
fn start_alone(lookups: Arc<Lookups>) -> io::Result<()> {
    if lookups.lock().threads > 1 {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    start(lookups)
}

fn found(port: u16) -> Answer {
    Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))].into_iter())
}

/// The port that was found.
fn ask(lookups: &Arc<Lookups>, port: u16) -> io::Result<u16> {
    let answer = block_on_parked(lookups.ask(move || found(port)))?;
    Ok(answer.map(|address| address.port()).sum())
}

/// Another thread asks for port 2 meanwhile.
fn ask_elsewhere(lookups: &Arc<Lookups>) -> thread::JoinHandle<io::Result<u16>> {
    let lookups = Arc::clone(lookups);
    thread::spawn(move || ask(&lookups, 2))
}

fn is_left(lookups: &Lookups) -> bool {
    let state = lookups.lock();
    !state.queue.is_empty() || !state.unanswered.is_empty()
}

/// The one thread goes idle, or ends, while others ask.
#[test]
fn loom_lookups_two_asks_against_one_thread() {
    for keep_alive in [PATIENT, Duration::ZERO] {
        model(move || {
            let lookups = Lookups::on(1, keep_alive, start);
            let other = ask_elsewhere(&lookups);
            assert_eq!(ask(&lookups, 1).expect("answered"), 1);
            assert_eq!(other.join().unwrap().expect("answered"), 2);
            assert!(!is_left(&lookups));
            lookups.close();
        });
    }
}

/// Two threads are asked for and one at most is to be had, which may end meanwhile: who asks is answered
/// or told.
#[test]
fn loom_lookups_refused_against_the_last_thread() {
    model(|| {
        let lookups = Lookups::on(2, Duration::ZERO, start_alone);
        let other = ask_elsewhere(&lookups);
        let mine = ask(&lookups, 1);
        let other = other.join().unwrap();
        for outcome in [mine, other] {
            let refused = |error: io::Error| error.kind() == io::ErrorKind::WouldBlock;
            assert!(outcome.map_or_else(refused, |port| port > 0));
        }
        assert!(!is_left(&lookups));
    });
}

/// The runtime ends: whoever asks is answered or told.
#[test]
fn loom_lookups_ask_against_close() {
    model(|| {
        let lookups = Lookups::on(1, PATIENT, start);
        let other = ask_elsewhere(&lookups);
        lookups.close();
        if let Ok(port) = other.join().unwrap() {
            assert_eq!(port, 2);
        }
        assert!(!is_left(&lookups));
        assert!(ask(&lookups, 1).is_err(), "it is closed");
    });
}

/// Who gives up leaves nothing behind, wherever the thread has come to.
#[test]
fn loom_lookups_given_up_against_the_thread() {
    model(|| {
        let lookups = Lookups::on(1, PATIENT, start);
        {
            let mut asking = pin!(lookups.ask(|| found(1)));
            let _ = asking
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
        }
        assert!(!is_left(&lookups));
        assert_eq!(ask(&lookups, 2).expect("answered"), 2);
        lookups.close();
    });
}
