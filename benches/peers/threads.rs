//! Threads of the operating system: what tasks are to replace.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::pipes;
use crate::row::{Body, Divisor, Entry, Figure};
use crate::usage::{Usage, resident_memory};

const TASKS: u64 = 500;
const CREATED: u64 = 2_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("brigade_switch_pipes", TASKS, 20, over_pipes),
        Entry::new("brigade_switch_channels", TASKS, 20, over_channels),
        Entry::measure(&["brigade_create", "brigade_memory"], create),
    ]
}

/// The ends of the line, and whoever stands in it; they end with the first end.
struct Line<First, Last> {
    first: Option<First>,
    last: Last,
    threads: Vec<JoinHandle<()>>,
}

impl<First, Last> Drop for Line<First, Last> {
    fn drop(&mut self) {
        drop(self.first.take());
        for thread in self.threads.drain(..) {
            // Its end is all that is wanted of it.
            let _ended = thread.join();
        }
    }
}

fn over_pipes() -> Body {
    let (first, mut incoming) = pipes::blocking().expect("there are pipes");
    let mut threads = Vec::new();
    for _ in 0..TASKS {
        let (mut outgoing, next) = pipes::blocking().expect("there are pipes");
        let mut source = std::mem::replace(&mut incoming, next);
        threads.push(thread::spawn(move || {
            let mut byte = [0];
            while source.read_exact(&mut byte).is_ok() {
                if outgoing.write_all(&byte).is_err() {
                    return;
                }
            }
        }));
    }
    let mut line = Line {
        first: Some(first),
        last: incoming,
        threads,
    };
    Box::new(move |rounds| {
        let start = Instant::now();
        let mut byte = [7];
        for _ in 0..rounds {
            let first = line.first.as_mut().expect("it is there until the drop");
            first.write_all(&byte).expect("the line stands");
            line.last.read_exact(&mut byte).expect("the line stands");
        }
        start.elapsed()
    })
}

fn over_channels() -> Body {
    let (first, mut incoming): (SyncSender<u8>, Receiver<u8>) = sync_channel(1);
    let mut threads = Vec::new();
    for _ in 0..TASKS {
        let (outgoing, next) = sync_channel(1);
        let source = std::mem::replace(&mut incoming, next);
        threads.push(thread::spawn(move || {
            for byte in source {
                if outgoing.send(byte).is_err() {
                    return;
                }
            }
        }));
    }
    let line = Line {
        first: Some(first),
        last: incoming,
        threads,
    };
    Box::new(move |rounds| {
        let start = Instant::now();
        for _ in 0..rounds {
            let first = line.first.as_ref().expect("it is there until the drop");
            first.send(7).expect("the line stands");
            assert_eq!(line.last.recv(), Ok(7));
        }
        start.elapsed()
    })
}

/// What it takes to have one more thread that waits, with the memory that is really in use: the
/// stack that is only reserved costs nothing.
fn create(divisor: Divisor) -> Vec<Figure> {
    let count = (CREATED / divisor).max(1);
    let begun = Arc::new(crate::work::Countdown::new(count));
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let memory = resident_memory();
    let (before, start) = (Usage::now(), Instant::now());
    let wait = |_| {
        let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
        thread::spawn(move || {
            begun.one_less();
            let (open, opened) = &*gate;
            let closed = open.lock().expect("nobody panics with it");
            let waited = opened.wait_while(closed, |open| !*open);
            drop(waited.expect("nobody panics with it"));
        })
    };
    let threads: Vec<_> = (0..count).map(wait).collect();
    begun.wait();
    let (time, used) = (start.elapsed(), Usage::now() - before);
    let memory = resident_memory().saturating_sub(memory);
    let (open, opened) = &*gate;
    *open.lock().expect("nobody panics with it") = true;
    opened.notify_all();
    for thread in threads {
        thread.join().expect("it does not panic");
    }
    let each = count as f64;
    let time = Figure::new("brigade_create", "ns", time.as_nanos() as f64 / each);
    let memory = Figure::new("brigade_memory", "bytes", memory as f64 / each);
    vec![used.per(each, time), memory]
}
