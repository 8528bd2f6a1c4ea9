//! Files against what the standard library does with them, and against full devices.

#[cfg(unix)]
mod buffered;

#[cfg(unix)]
mod model;

#[cfg(unix)]
mod offsets;

#[cfg(target_os = "linux")]
mod odd_files;

use std::io::Seek;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::Poll;

use futures::poll;
use runtime_core::builder::Builder;
use runtime_core::runtime::Runtime;

use super::File;
use crate::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// A path of one test's own; what is there is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: only to tell the paths apart.
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("runtime-file-test-{}-{number}", std::process::id());
        Scratch(std::env::temp_dir().join(name))
    }

    fn holding(bytes: &[u8]) -> Scratch {
        let scratch = Scratch::new();
        std::fs::write(&scratch.0, bytes).expect("written");
        scratch
    }

    fn open(&self) -> std::fs::File {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.open(&self.0).expect("opened")
    }

    fn contents(&self) -> Vec<u8> {
        std::fs::read(&self.0).expect("read")
    }
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// As after a read that was given up while a thread was at it.
fn abandon_read(file: &mut File, count: usize) {
    let cursor = file.cursor.get_mut();
    cursor.start_read(&file.file, count);
}

/// With or without the page cache: both ways must give the same.
fn opened(scratch: &Scratch, cached: bool) -> File {
    let mut file = File::from_std(scratch.open());
    file.cached = AtomicBool::new(cached);
    file
}

#[test]
fn fault_065_a_cancelled_read_gives_its_bytes_to_the_next() {
    let scratch = Scratch::holding(b"abcdefgh");
    let runtime = runtime();
    let mut file = opened(&scratch, false);
    runtime.block_on(async {
        abandon_read(&mut file, 4);
        let mut buf = [0; 8];
        assert_eq!(file.read(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf[..4], b"abcd");
        assert_eq!(file.read(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf[..4], b"efgh");
        assert_eq!(file.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn fault_065_what_comes_after_a_cancelled_read_begins_where_it_began() {
    let scratch = Scratch::holding(b"abcdefgh");
    let runtime = runtime();
    runtime.block_on(async {
        let mut file = opened(&scratch, false);
        abandon_read(&mut file, 4);
        file.write_all(b"AB").await.unwrap();
        file.flush().await.unwrap();
        assert_eq!(scratch.contents(), b"ABcdefgh");
        abandon_read(&mut file, 4);
        assert_eq!(file.stream_position().await.unwrap(), 2);
        abandon_read(&mut file, 4);
        let mut clone = file.try_clone().await.unwrap();
        assert_eq!(clone.read_u8().await.unwrap(), b'c');
        abandon_read(&mut clone, 4);
        drop(file);
        let mut std = clone.into_std().await;
        assert_eq!(std::io::Seek::stream_position(&mut std).unwrap(), 3);
    });
}

#[test]
fn fault_066_a_write_that_nobody_has_begun_is_done_at_the_end_of_the_runtime() {
    let scratch = Scratch::new();
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).max_blocking_threads(1);
    let runtime = runtime.build().unwrap();
    let (go, gate) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || gate.recv());
    let mut file = File::from_std(scratch.open());
    runtime.block_on(async {
        assert_eq!(file.write(b"last words").await.unwrap(), 10);
        assert!(poll!(std::pin::pin!(file.flush())).is_pending());
    });
    runtime.shutdown_background();
    futures::executor::block_on(file.flush()).expect("it knows");
    assert_eq!(scratch.contents(), b"last words");
    drop(go);
}

#[test]
fn after_the_runtime_calls_fail_and_change_nothing() {
    let scratch = Scratch::holding(b"abcdefgh");
    let dead = runtime();
    let handle = dead.handle().clone();
    drop(dead);
    let mut file = opened(&scratch, false);
    let mut buf = [0; 4];
    {
        let _enter = handle.enter();
        futures::executor::block_on(async {
            file.read(&mut buf).await.unwrap_err();
            file.write(b"late").await.unwrap_err();
            file.set_len(0).await.unwrap_err();
            file.sync_all().await.unwrap_err();
            file.metadata().await.unwrap_err();
            file.flush().await.expect("nothing was accepted");
            file.rewind().await.unwrap_err();
        });
    }
    assert_eq!(scratch.contents(), b"abcdefgh");
    runtime().block_on(async {
        assert_eq!(file.read(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"abcd");
    });
}

#[test]
fn fault_064_a_failed_write_stays_until_it_is_discarded() {
    let scratch = Scratch::holding(b"abc");
    runtime().block_on(async {
        let mut file = File::open(&scratch).await.unwrap();
        file.write(b"XY").await.expect("accepted");
        let error = file.flush().await.unwrap_err();
        let number = error.raw_os_error();
        assert!(number.is_some());
        assert_eq!(file.flush().await.unwrap_err().raw_os_error(), number);
        assert_eq!(file.sync_all().await.unwrap_err().raw_os_error(), number);
        assert_eq!(file.sync_data().await.unwrap_err().raw_os_error(), number);
        assert_eq!(file.shutdown().await.unwrap_err().raw_os_error(), number);
        assert_eq!(file.write(b"Z").await.unwrap_err().raw_os_error(), number);
        assert_eq!(file.read_u8().await.expect("reading goes on"), b'a');
        let (error, unwritten) = file.discard_failed_write().await.unwrap().into_parts();
        assert_eq!((error.raw_os_error(), &unwritten[..]), (number, &b"XY"[..]));
        assert!(file.discard_failed_write().await.is_none());
        file.flush().await.expect("nothing is missing any more");
    });
}

#[test]
fn a_seek_that_fails_leaves_the_position() {
    let scratch = Scratch::holding(b"abcdefgh");
    runtime().block_on(async {
        let mut file = opened(&scratch, false);
        abandon_read(&mut file, 4);
        let before_the_start = std::io::SeekFrom::Current(-1);
        file.seek(before_the_start).await.unwrap_err();
        assert_eq!(file.read_u8().await.unwrap(), b'a');
        let far = std::io::SeekFrom::Current(i64::MIN);
        file.seek(far).await.unwrap_err();
        assert_eq!(file.read_u8().await.unwrap(), b'b');
    });
}

#[test]
fn a_seek_beside_another_operation_is_refused() {
    let scratch = Scratch::holding(b"abcdefgh");
    runtime().block_on(async {
        let mut file = opened(&scratch, false);
        abandon_read(&mut file, 4);
        let start = std::io::SeekFrom::Start(0);
        let pinned = std::pin::Pin::new(&mut file);
        crate::io::AsyncSeek::start_seek(pinned, start).unwrap_err();
    });
}

#[test]
fn a_write_is_one_poll_and_the_next_waits_for_it() {
    let scratch = Scratch::new();
    runtime().block_on(async {
        let mut file = opened(&scratch, true);
        assert!(poll!(std::pin::pin!(file.write(b"a"))).is_ready());
        file.flush().await.unwrap();
        let empty = poll!(std::pin::pin!(file.write(b"")));
        assert!(matches!(empty, Poll::Ready(Ok(0))));
    });
    assert_eq!(scratch.contents(), b"a");
}

#[test]
fn fault_065_a_file_is_given_back_where_its_reader_stood() {
    let scratch = Scratch::holding(b"abcdefgh");
    runtime().block_on(async {
        for taken in 0..3 {
            let mut file = opened(&scratch, false);
            abandon_read(&mut file, 4);
            if taken > 0 {
                file.read_exact(&mut [0; 2][..taken]).await.unwrap();
            }
            // Without one that reads, a thread is at it for a while.
            let std = loop {
                match file.try_into_std() {
                    Ok(std) => break std,
                    Err(again) => file = again,
                }
            };
            assert_eq!((&std).stream_position().unwrap(), taken as u64);
        }
    });
}

#[test]
fn a_file_is_given_back_only_when_nothing_is_under_way() {
    let scratch = Scratch::holding(b"abcdefgh");
    let runtime = Builder::new_multi_thread().max_blocking_threads(1).build();
    let runtime = runtime.unwrap();
    let (go, gate) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || gate.recv());
    runtime.block_on(async {
        let mut file = opened(&scratch, false);
        abandon_read(&mut file, 4);
        let file = file.try_into_std().expect_err("a read is under way");
        drop(go);
        let _std = file.into_std().await;
    });
}
