use ::loom::thread;

use super::CancellationToken;
use crate::loom::model_of_std_arcs as model;
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::poll_once;

#[test]
fn loom_cancellation_cancel_against_two_who_wait() {
    model(|| {
        let token = CancellationToken::new();
        let child = token.child_token();
        let waiting = thread::spawn(move || block_on(child.cancelled()));
        let other = token.clone();
        let cancels = thread::spawn(move || other.cancel());
        block_on(token.cancelled());
        waiting.join().unwrap();
        cancels.join().unwrap();
    });
}

#[test]
fn loom_cancellation_a_new_child_against_cancel() {
    model(|| {
        let token = CancellationToken::new();
        let parent = token.clone();
        let child = thread::spawn(move || {
            let child = parent.child_token();
            block_on(child.cancelled());
        });
        token.cancel();
        child.join().unwrap();
    });
}

#[test]
fn loom_cancellation_a_child_that_goes_against_cancel() {
    model(|| {
        let token = CancellationToken::new();
        let child = token.child_token();
        let grandchild = child.child_token();
        let goes = thread::spawn(move || {
            // Its node stays as long as the one below.
            drop(child);
            drop(Box::pin(async move {
                let mut waits = Box::pin(grandchild.cancelled());
                let _ = poll_once(waits.as_mut());
            }));
        });
        token.cancel();
        goes.join().unwrap();
        assert!(token.is_cancelled());
    });
}
