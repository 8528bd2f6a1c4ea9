//! A bucket brigade: a byte handed down a line of tasks, after Jim Blandy's comparison of threads
//! and tasks.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::rt;
use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::net::unix::pipe;
use super::rt::sync::mpsc;
use super::support::{default_runtime, in_task};
use crate::resident;
use crate::row::{Body, Divisor, Entry, Figure};
use crate::usage::Usage;

const TASKS: u64 = 500;
const CREATED: u64 = 10_000;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("brigade_switch_pipes", TASKS, 40, over_pipes),
        Entry::new("brigade_switch_channels", TASKS, 500, over_channels),
        Entry::measure(&["brigade_create", "brigade_memory"], create),
    ]
}

/// Each hop is a pipe of the kernel.
fn over_pipes() -> Body {
    let runtime = default_runtime();
    let mut ends = Some(runtime.block_on(line_of_pipes()).expect("there are pipes"));
    Box::new(move |rounds| {
        let (mut first, mut last) = ends.take().expect("put back after every run");
        let task = runtime.spawn(async move {
            let start = Instant::now();
            let mut byte = [7];
            for _ in 0..rounds {
                first.write_all(&byte).await.expect("the line stands");
                last.read_exact(&mut byte).await.expect("the line stands");
            }
            (start.elapsed(), first, last)
        });
        let (time, first, last) = runtime.block_on(task).expect("it does not panic");
        ends = Some((first, last));
        time
    })
}

async fn line_of_pipes() -> io::Result<(pipe::Sender, pipe::Receiver)> {
    let (first, mut incoming) = pipe::pipe()?;
    for _ in 0..TASKS {
        let (mut outgoing, next) = pipe::pipe()?;
        let mut source = std::mem::replace(&mut incoming, next);
        rt::spawn(async move {
            let mut byte = [0];
            while source.read_exact(&mut byte).await.is_ok() {
                if outgoing.write_all(&byte).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok((first, incoming))
}

fn over_channels() -> Body {
    let runtime = default_runtime();
    let (first, mut incoming) = mpsc::channel::<u8>(1);
    for _ in 0..TASKS {
        let (outgoing, next) = mpsc::channel(1);
        let mut source = std::mem::replace(&mut incoming, next);
        runtime.spawn(async move {
            while let Some(byte) = source.recv().await {
                if outgoing.send(byte).await.is_err() {
                    return;
                }
            }
        });
    }
    let last = Arc::new(rt::sync::Mutex::new(incoming));
    in_task(runtime, move || {
        let (first, last) = (first.clone(), Arc::clone(&last));
        async move {
            first.send(7).await.expect("the line stands");
            assert_eq!(last.lock().await.recv().await, Some(7));
        }
    })
}

/// What it takes to have one more task that waits for a byte, its channel aside: time until a byte
/// has gone through all of them, and bytes.
fn create(divisor: Divisor) -> Vec<Figure> {
    let count = (CREATED / divisor).max(1);
    let runtime = default_runtime();
    let gates = rt::sync::Semaphore::new(0);
    let gates = Arc::new(gates);
    let create = || {
        let bytes = resident::bytes();
        let (before, start) = (Usage::now(), Instant::now());
        let begun = Arc::new(crate::work::Countdown::new(count));
        for _ in 0..count {
            let (begun, gates) = (Arc::clone(&begun), Arc::clone(&gates));
            runtime.spawn(async move {
                begun.one_less();
                drop(begun);
                let _closed = gates.acquire().await;
            });
        }
        begun.wait();
        let (time, used) = (start.elapsed(), Usage::now() - before);
        (time, used, resident::bytes() - bytes)
    };
    // What a runtime allocates once, it has by then.
    create();
    let (time, used, bytes) = create();
    let each = count as f64;
    let time = Figure::new("brigade_create", "ns", time.as_nanos() as f64 / each);
    let memory = Figure::new("brigade_memory", "bytes", bytes as f64 / each);
    vec![used.per(each, time), memory]
}
