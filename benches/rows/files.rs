//! The blocking pool: closures on it, and reads of files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::rt;
use super::rt::fs::File;
use super::rt::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
use super::rt::task::spawn_blocking;
use super::support::{default_runtime, in_task};
use crate::row::{Body, Entry};
use crate::scratch::Scratch;

const BURSTS: u64 = 25;
const BURST: u64 = 16;

/// Bytes of a file that is read from its beginning to its end, again and again.
const FILE: u64 = 2 * 1024 * 1024;
const READS: u64 = 512;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("spawn_blocking_1", BURSTS * BURST, 40, || blocking(1)),
        Entry::new("spawn_blocking_8", 8 * BURSTS * BURST, 6, || blocking(8)),
        Entry::new("fs_read_4k_1", READS, 20, || reads(4_096, 1)),
        Entry::new("fs_read_4k_64", READS, 20, || reads(4_096, 64)),
        Entry::new("fs_read_64k_1", READS, 10, || reads(65_536, 1)),
        Entry::new("fs_read_64k_64", READS, 10, || reads(65_536, 64)),
        Entry::new("fs_read_cold", FILE / 65_536, 8, cold),
    ]
}

/// Tasks that each hand 16 closures to the pool and wait for them, 25 times.
fn blocking(tasks: u64) -> Body {
    in_task(default_runtime(), move || async move {
        let bursts = || async {
            for _ in 0..BURSTS {
                let handles: Vec<_> = (0..BURST).map(|_| spawn_blocking(|| {})).collect();
                for handle in handles {
                    handle.await.expect("an empty closure does not panic");
                }
            }
        };
        let handles: Vec<_> = (0..tasks).map(|_| rt::spawn(bursts())).collect();
        for handle in handles {
            handle.await.expect("a task does not panic");
        }
    })
}

/// Reads that the page cache serves, by so many tasks with a descriptor each.
fn reads(bytes: usize, tasks: u64) -> Body {
    let scratch = Arc::new(Scratch::of(FILE));
    in_task(default_runtime(), move || {
        let scratch = Arc::clone(&scratch);
        async move {
            let task = || rt::spawn(read(Arc::clone(&scratch), bytes, READS / tasks));
            let handles: Vec<_> = (0..tasks).map(|_| task()).collect();
            for handle in handles {
                handle.await.expect("a reader does not panic");
            }
        }
    })
}

async fn read(scratch: Arc<Scratch>, bytes: usize, times: u64) {
    let mut file = File::open(scratch.path()).await.expect("it is there");
    let mut buffer = vec![0; bytes];
    let mut left = FILE;
    for _ in 0..times {
        if left < bytes as u64 {
            let sought = file.seek(SeekFrom::Start(0)).await;
            sought.expect("a file can seek");
            left = FILE;
        }
        let read = file.read_exact(&mut buffer).await;
        read.expect("the file is long enough");
        left -= bytes as u64;
    }
}

/// 64 KiB at a time of a file that the page cache has forgotten.
fn cold() -> Body {
    let runtime = default_runtime();
    let scratch = Scratch::of(FILE);
    Box::new(move |rounds| {
        let mut total = Duration::ZERO;
        for _ in 0..rounds {
            scratch.forget();
            let path = scratch.path().to_path_buf();
            let task = runtime.spawn(async move {
                let start = Instant::now();
                let mut file = File::open(path).await.expect("it is there");
                let mut buffer = vec![0; 65_536];
                while file.read(&mut buffer).await.expect("a file can be read") > 0 {}
                start.elapsed()
            });
            total += runtime.block_on(task).expect("a reader does not panic");
        }
        total
    })
}
