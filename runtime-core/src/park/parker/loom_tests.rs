//! Models of the token: what it stands for is seen by who takes it, and it ends one sleep.

use std::time::Duration;

use super::{Parker, Unparker};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};

type Flag = Arc<AtomicUsize>;

fn flag() -> Flag {
    Arc::new(AtomicUsize::new(0))
}

fn is_up(flag: &Flag) -> bool {
    // Relaxed: the token must carry the order, which the models show.
    flag.load(Ordering::Relaxed) == 1
}

/// Raises `flag`, then gives the token.
fn raise(flag: &Flag, owner: Unparker) -> loom::thread::JoinHandle<()> {
    let flag = Arc::clone(flag);
    loom::thread::spawn(move || {
        // Relaxed: as above.
        flag.store(1, Ordering::Relaxed);
        owner.unpark();
    })
}

/// Tokens of two threads may become one: who takes it sees what both did before, or waits for ever.
#[test]
fn loom_parker_one_token_stands_for_two() {
    model(|| {
        let parker = Parker::new();
        let flags = [flag(), flag()];
        let others = [0, 1].map(|number| raise(&flags[number], parker.unparker()));
        while !flags.iter().all(is_up) {
            parker.park();
        }
        for other in others {
            other.join().unwrap();
        }
    });
}

/// A token that has ended a sleep does not end the next.
#[test]
fn loom_parker_a_token_ends_one_sleep() {
    model(|| {
        let parker = Parker::new();
        for _ in 0..2 {
            let flag = flag();
            let other = raise(&flag, parker.unparker());
            parker.park();
            assert!(is_up(&flag), "no token but this one was given");
            other.join().unwrap();
        }
    });
}

/// A sleep that ends by itself, at any moment, takes the token that came meanwhile or leaves it to the
/// next: it is neither lost nor taken twice.
#[test]
fn loom_parker_a_timeout_loses_no_token() {
    model(|| {
        let parker = Parker::new();
        let flag = flag();
        let other = raise(&flag, parker.unparker());
        if !parker.park_timeout(Duration::from_millis(1)) {
            parker.park();
        }
        assert!(is_up(&flag), "the one token was given");
        let again = parker.park_timeout(Duration::from_millis(1));
        assert!(!again, "there is no other");
        other.join().unwrap();
    });
}
