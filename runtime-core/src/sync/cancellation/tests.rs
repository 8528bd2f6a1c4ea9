use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;

use super::CancellationToken;
use crate::builder::Builder;
use crate::coop::face::consume_budget;
use crate::spawn::{spawn, yield_now};
use crate::sync::oneshot;
use crate::sync::test_support::{Woken, poll_once};

fn children(token: &CancellationToken) -> usize {
    token.node.children.lock().live.len()
}

#[test]
fn it_reaches_those_below_and_nobody_above_or_beside() {
    let root = CancellationToken::new();
    let (left, right) = (root.child_token(), root.child_token());
    let below = left.child_token();
    left.clone().cancel();
    let cancelled = [&root, &left, &right, &below].map(CancellationToken::is_cancelled);
    assert_eq!(cancelled, [false, true, false, true]);
    assert!(left.child_token().is_cancelled(), "a child that is late");
    root.cancel();
    root.cancel();
    assert!(right.is_cancelled());
}

#[test]
fn each_who_waits_is_woken_once() {
    let root = CancellationToken::new();
    let child = root.child_token();
    let woken: Vec<Woken> = (0..100).map(|_| Woken::new()).collect();
    let tokens = [&root, &child];
    let mut waiting: Vec<_> = (0..100)
        .map(|at| Box::pin(tokens[at % 2].cancelled()))
        .collect();
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert!(woken.poll(waiting.as_mut()).is_pending());
    }
    drop(waiting.remove(40));
    root.cancel();
    for (at, woken) in woken.iter().enumerate() {
        assert_eq!((woken.times(), woken.kept()), (usize::from(at != 40), 0));
    }
    for waiting in &mut waiting {
        assert_eq!(poll_once(waiting.as_mut()), Poll::Ready(()));
    }
}

#[test]
fn run_until_cancelled_drops_the_future_and_does_not_begin_one_that_is_late() {
    let token = CancellationToken::new();
    assert_eq!(
        poll_once(pin!(token.run_until_cancelled(async { 7 }))),
        Poll::Ready(Some(7))
    );
    let held = Arc::new(());
    let inside = Arc::clone(&held);
    let woken = Woken::new();
    {
        let mut runs = pin!(token.run_until_cancelled(async move {
            let _inside = inside;
            pending::<()>().await;
        }));
        assert!(woken.poll(runs.as_mut()).is_pending());
        token.cancel();
        assert_eq!(woken.times(), 1);
        assert_eq!(woken.poll(runs.as_mut()), Poll::Ready(None));
    }
    assert_eq!(Arc::strong_count(&held), 1);
    let late = token.run_until_cancelled(async { panic!("polled") });
    assert_eq!(poll_once(pin!(late)), Poll::Ready(None::<()>));
}

#[test]
fn fault_081_what_was_ready_before_the_token_was_cancelled_is_not_lost() {
    let token = CancellationToken::new();
    let (sender, receiver) = oneshot::channel();
    let mut runs = pin!(token.run_until_cancelled(receiver));
    assert!(poll_once(runs.as_mut()).is_pending());
    sender.send(7).expect("it was delivered");
    token.cancel();
    assert_eq!(poll_once(runs), Poll::Ready(Some(Ok(7))));
}

#[test]
fn fault_081_a_future_that_never_rests_is_cancelled() {
    let token = CancellationToken::new();
    let cancels = token.clone();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move {
        let task = spawn(async move {
            let busy = async {
                loop {
                    consume_budget().await
                }
            };
            token.run_until_cancelled(busy).await
        });
        yield_now().await;
        cancels.cancel();
        assert_eq!(task.await.unwrap(), None::<()>);
    });
}

#[test]
fn a_guard_cancels_however_its_scope_is_left_unless_it_is_disarmed() {
    let token = CancellationToken::new();
    drop(token.clone().drop_guard().disarm());
    assert!(!token.is_cancelled());
    let guard = token.clone().drop_guard();
    let left = catch_unwind(AssertUnwindSafe(move || {
        let _guard = guard;
        panic!("on the way out");
    }));
    assert!(left.is_err() && token.is_cancelled());
}

#[test]
fn children_that_go_leave_nothing_in_their_parent() {
    let root = CancellationToken::new();
    for _ in 0..100 {
        let child = root.child_token();
        let below = child.child_token();
        drop(child);
        assert_eq!(children(&root), 1, "the one below keeps its place");
        drop(below);
        assert_eq!(children(&root), 0);
    }
}

#[test]
fn a_tree_a_million_deep_is_cancelled_and_dropped_without_recursion() {
    let root = CancellationToken::new();
    let mut deepest = root.child_token();
    for _ in 0..1_000_000 {
        deepest = deepest.child_token();
    }
    root.cancel();
    assert!(deepest.is_cancelled());
    drop(deepest);
    assert_eq!(children(&root), 0);
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker's panic");
    }
}

#[test]
fn fault_011_a_panicking_waker_keeps_no_token_from_being_cancelled() {
    let root = CancellationToken::new();
    let tokens: Vec<_> = (0..10).map(|_| root.child_token()).collect();
    let bomb = Waker::from(Arc::new(Bomb));
    let mut bombs: Vec<_> = tokens
        .iter()
        .map(|token| Box::pin(token.cancelled()))
        .collect();
    for bombed in &mut bombs {
        let polled = bombed.as_mut().poll(&mut Context::from_waker(&bomb));
        assert!(polled.is_pending());
    }
    assert!(catch_unwind(AssertUnwindSafe(|| root.cancel())).is_err());
    assert!(tokens.iter().all(CancellationToken::is_cancelled));
}

/// A waker that uses the tree while the tree wakes it.
struct Meddler(CancellationToken);

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        let child = self.0.child_token();
        assert!(child.is_cancelled());
        self.0.cancel();
    }
}

#[test]
fn fault_010_a_waker_that_uses_the_token_does_not_deadlock() {
    let token = CancellationToken::new();
    let waker = Waker::from(Arc::new(Meddler(token.clone())));
    let mut waiting = pin!(token.cancelled());
    let polled = waiting.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    token.cancel();
    assert_eq!(poll_once(waiting), Poll::Ready(()));
}

#[derive(Debug, Clone)]
enum Step {
    Child(usize),
    Cancel(usize),
    Drop(usize),
    Wait(usize),
    GiveUp(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = 0..16_usize;
    let step = prop_oneof![
        4 => at.clone().prop_map(Step::Child),
        1 => at.clone().prop_map(Step::Cancel),
        2 => at.clone().prop_map(Step::Drop),
        3 => at.clone().prop_map(Step::Wait),
        2 => at.prop_map(Step::GiveUp),
    ];
    prop::collection::vec(step, 0..80)
}

/// What the model knows of a token: its parent, and whether it is cancelled.
struct Modelled {
    parent: Option<usize>,
    cancelled: bool,
}

struct Waiting {
    token: usize,
    woken: Woken,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

proptest! {
    #[test]
    fn fault_079_tokens_agree_with_a_sequential_model(steps in steps()) {
        let mut model = vec![Modelled { parent: None, cancelled: false }];
        let mut tokens = vec![Some(CancellationToken::new())];
        let mut waiting: Vec<Waiting> = Vec::new();
        for step in steps {
            match step {
                Step::Child(at) => {
                    let at = at % tokens.len();
                    if let Some(token) = &tokens[at] {
                        let child = token.child_token();
                        tokens.push(Some(child));
                        let cancelled = model[at].cancelled;
                        model.push(Modelled { parent: Some(at), cancelled });
                    }
                }
                Step::Cancel(at) => {
                    let at = at % tokens.len();
                    if let Some(token) = &tokens[at] {
                        token.cancel();
                        model[at].cancelled = true;
                        // Parents come before their children.
                        for below in at + 1..model.len() {
                            let parent = model[below].parent;
                            model[below].cancelled |=
                                parent.is_some_and(|parent| model[parent].cancelled);
                        }
                    }
                }
                Step::Drop(at) => {
                    let at = at % tokens.len();
                    tokens[at] = None;
                }
                Step::Wait(at) => {
                    let at = at % tokens.len();
                    if let Some(token) = &tokens[at] {
                        let mut future = Box::pin(token.clone().cancelled_owned());
                        let woken = Woken::new();
                        let ready = woken.poll(future.as_mut()).is_ready();
                        prop_assert_eq!(ready, model[at].cancelled);
                        if !ready {
                            waiting.push(Waiting { token: at, woken, future });
                        }
                    }
                }
                Step::GiveUp(at) => {
                    if !waiting.is_empty() {
                        let at = at % waiting.len();
                        drop(waiting.swap_remove(at));
                    }
                }
            }
            for (token, model) in tokens.iter().zip(&model) {
                if let Some(token) = token {
                    prop_assert_eq!(token.is_cancelled(), model.cancelled);
                }
            }
            for waiting in &waiting {
                let expected = usize::from(model[waiting.token].cancelled);
                prop_assert_eq!(waiting.woken.times(), expected);
            }
        }
        for mut waiting in waiting {
            let ready = poll_once(waiting.future.as_mut()).is_ready();
            prop_assert_eq!(ready, model[waiting.token].cancelled);
        }
    }
}

#[test]
fn both_guards_cancel_unless_they_are_disarmed() {
    let token = CancellationToken::new();
    let guard = token.clone().drop_guard();
    assert_eq!(guard.token(), &token);
    assert_eq!(guard.disarm(), token);
    let guard = token.drop_guard_ref();
    assert_eq!(guard.token(), &token);
    assert_eq!(guard.disarm(), &token);
    assert!(!token.is_cancelled());
    let child = token.child_token();
    drop(child.drop_guard_ref());
    assert!(child.is_cancelled() && !token.is_cancelled());
    drop(token.clone().drop_guard());
    assert!(token.is_cancelled());
}

#[allow(clippy::mutable_key_type, reason = "a token is hashed by its address")]
#[test]
fn clones_are_equal_and_children_are_others() {
    fn may_be_seen_after_a_panic<T: UnwindSafe + RefUnwindSafe>(_: &T) {}
    let token = CancellationToken::new();
    let tokens = std::collections::HashSet::from([token.clone(), token.child_token()]);
    assert_eq!(tokens.len(), 2);
    assert!(tokens.contains(&token));
    assert!(!tokens.contains(&CancellationToken::new()));
    may_be_seen_after_a_panic(&token);
}

#[test]
fn a_wait_that_is_over_stays_so() {
    let token = CancellationToken::new();
    let mut borrowed = pin!(token.cancelled());
    let mut owned = token.clone().cancelled_owned();
    assert!(poll_once(borrowed.as_mut()).is_pending());
    assert!(poll_once(Pin::new(&mut owned)).is_pending());
    token.cancel();
    for _ in 0..3 {
        assert!(poll_once(borrowed.as_mut()).is_ready());
        assert!(poll_once(Pin::new(&mut owned)).is_ready());
    }
    let again = token.clone().run_until_cancelled_owned(async { 7 });
    assert_eq!(poll_once(pin!(again)), Poll::Ready(None));
}
