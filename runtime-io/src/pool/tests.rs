//! Jobs on real runtimes, and what becomes of them at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use runtime_core::builder::Builder;
use runtime_core::runtime::Runtime;

use super::{Job, ask, pair, start, start_duty};

fn one_blocking_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .build()
        .expect("a runtime")
}

fn answer<T>(job: &Job<T>) -> Poll<Option<T>> {
    job.poll_answer(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_question_is_answered() {
    let runtime = one_blocking_thread();
    assert_eq!(runtime.block_on(ask(|| Ok(7))).expect("an answer"), 7);
}

#[test]
fn what_the_work_owns_is_dropped_before_its_answer_is_seen() {
    let runtime = one_blocking_thread();
    let owned = Arc::new(());
    let kept = Arc::clone(&owned);
    runtime.block_on(async {
        let work = move || {
            drop(kept);
            Ok(())
        };
        ask(work).await.expect("an answer");
        assert_eq!(Arc::strong_count(&owned), 1);
    });
}

#[test]
fn a_question_that_panics_is_lost() {
    let runtime = one_blocking_thread();
    let _enter = runtime.enter();
    let panics = start(|| std::panic::resume_unwind(Box::new(())));
    assert_eq!(runtime.block_on(panics), None::<()>);
}

#[test]
fn fault_066_a_duty_that_nobody_has_begun_is_done_at_the_end_of_the_runtime() {
    let runtime = one_blocking_thread();
    let done = Arc::new(AtomicUsize::new(0));
    let (go, gate) = mpsc::channel::<()>();
    let enter = runtime.enter();
    let busy = start(move || gate.recv());
    let duty = start_duty({
        let done = Arc::clone(&done);
        // SeqCst: a counter of a test.
        move || done.fetch_add(1, Ordering::SeqCst)
    })
    .expect("taken");
    let question = start(|| 7);
    drop(enter);
    assert!(answer(&duty).is_pending());
    let releasing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        drop(go);
    });
    drop(runtime);
    // SeqCst: as above.
    assert_eq!(done.load(Ordering::SeqCst), 1);
    assert_eq!(answer(&duty), Poll::Ready(Some(0)));
    assert_eq!(answer(&question), Poll::Ready(None));
    releasing.join().unwrap();
    drop(busy);
}

#[test]
fn fault_066_an_end_with_a_limit_does_not_wait_for_a_duty() {
    let ends: [fn(Runtime); 2] = [Runtime::shutdown_background, |runtime| {
        runtime.shutdown_timeout(Duration::from_millis(20));
    }];
    for end in ends {
        let runtime = one_blocking_thread();
        let (go, gate) = mpsc::channel::<()>();
        let (ended, after) = mpsc::channel();
        let enter = runtime.enter();
        let busy = start(move || gate.recv());
        let waits = move || after.recv_timeout(Duration::from_secs(10));
        let duty = start_duty(waits).expect("taken");
        drop(enter);
        end(runtime);
        ended.send(()).expect("it waits still");
        let answer = futures::executor::block_on(duty);
        assert_eq!(answer, Some(Ok(())), "the end came first");
        drop((go, busy));
    }
}

#[test]
fn a_pool_that_has_closed_takes_no_duty_and_does_not_do_it() {
    let runtime = one_blocking_thread();
    let handle = runtime.handle().clone();
    drop(runtime);
    let _enter = handle.enter();
    assert!(start_duty(|| panic!("done")).is_none());
    assert_eq!(answer(&start(|| 7)), Poll::Ready(None));
}

#[test]
fn a_job_ends_once() {
    let (errand, job) = pair(|| 7);
    errand.run();
    assert_eq!(answer(&job), Poll::Ready(Some(7)));
    assert_eq!(answer(&job), Poll::Ready(None));
}
