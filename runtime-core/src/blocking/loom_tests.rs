//! Models of the desk: no job is orphaned, none runs twice.

use std::sync::Arc;

use super::desk::{Desk, Idler, Next, Refused, Submit};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::model;
use crate::park::parker::Parker;

/// A thread's life, as in the pool, with a keep-alive that is over at once where `impatient`.
fn live(desk: &Desk<()>, first: Option<()>, ran: &AtomicUsize, impatient: bool) {
    let parker = Parker::new();
    let me = Idler::new(parker.unparker());
    let mut job = first;
    loop {
        if job.take().is_some() {
            // Relaxed: read after the threads were joined.
            ran.fetch_add(1, Ordering::Relaxed);
        }
        match desk.next(&me) {
            Next::Run(next) => job = Some(next),
            Next::End => break,
            Next::Wait => loop {
                if !impatient {
                    parker.park();
                }
                job = me.take();
                if job.is_some() || desk.give_up(&me) {
                    break;
                }
                loom::thread::yield_now();
            },
        }
        if job.is_none() {
            break;
        }
    }
    desk.ended(false);
}

fn run(impatient: bool, jobs: usize) {
    model(move || {
        let desk = Arc::new(Desk::new(1));
        let ran = Arc::new(AtomicUsize::new(0));
        let mut threads = Vec::new();
        for _ in 0..jobs {
            match desk.submit(()) {
                Submit::Done => {}
                Submit::Closed(()) => unreachable!("open"),
                Submit::Start(job) => {
                    let (desk, ran) = (Arc::clone(&desk), Arc::clone(&ran));
                    threads.push(loom::thread::spawn(move || {
                        live(&desk, Some(job), &ran, impatient);
                    }));
                }
            }
        }
        assert!(
            !desk.is_stuck(),
            "a job is queued for a thread that will look"
        );
        let unbegun = desk.close().len();
        for thread in threads {
            thread.join().unwrap();
        }
        // Relaxed: all threads are done.
        assert_eq!(ran.load(Ordering::Relaxed) + unbegun, jobs);
        assert_eq!(desk.threads(), 0);
    });
}

/// A thread whose keep-alive is over meets a job that is handed to it.
#[test]
fn loom_blocking_idle_thread_vs_submit() {
    run(true, 3);
}

/// A closing pool meets a thread that goes to wait.
#[test]
fn loom_blocking_close_vs_wait() {
    run(false, 2);
}

/// A thread that finds nothing to do meets a job whose own thread is refused.
#[test]
fn loom_blocking_refused_vs_wait() {
    model(|| {
        let desk = Arc::new(Desk::new(2));
        let ran = Arc::new(AtomicUsize::new(0));
        let Submit::Start(first) = desk.submit(()) else {
            unreachable!("the first");
        };
        let thread = {
            let (desk, ran) = (Arc::clone(&desk), Arc::clone(&ran));
            loom::thread::spawn(move || live(&desk, Some(first), &ran, false))
        };
        if let Submit::Start(second) = desk.submit(()) {
            match desk.refused(second) {
                Refused::Queued => {}
                Refused::Closed(()) | Refused::Starved => unreachable!("a thread waits"),
            }
        }
        assert!(!desk.is_stuck(), "a job is queued beside an idle thread");
        let unbegun = desk.close().len();
        thread.join().unwrap();
        // Relaxed: all threads are done.
        assert_eq!(ran.load(Ordering::Relaxed) + unbegun, 2);
    });
}
