//! Disks that are full, small, broken or slow to say so: no `Ok` after lost bytes, and exact counts.
#![allow(unsafe_code, reason = "mounts a small disk")]

use std::ffi::CString;
use std::fs;
use std::io::{ErrorKind, SeekFrom};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runtime::fs::{File, OpenOptions};
use runtime::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufWriter};

use crate::everything::scratch;
use crate::runtimes;
use crate::support::in_own_process;

const DISK: usize = 512 << 10;

/// A disk of 512 KiB that only this thread sees, and those that it starts; `None` without the right
/// to have one.
fn small_disk() -> Option<PathBuf> {
    let path = scratch("disk");
    fs::create_dir(&path).expect("made");
    let c_path = CString::new(path.to_str().expect("text")).expect("no zero");
    // SAFETY: no pointers.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return None;
    }
    let private = libc::MS_REC | libc::MS_PRIVATE;
    let none = std::ptr::null();
    // SAFETY: the names end with zeros; the others are none.
    let outcome = unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) };
    assert_eq!(outcome, 0, "{}", std::io::Error::last_os_error());
    let options = CString::new(format!("size={DISK}")).expect("no zero");
    let tmpfs = c"tmpfs".as_ptr();
    // SAFETY: all end with zeros and live throughout the call.
    let outcome = unsafe { libc::mount(tmpfs, c_path.as_ptr(), tmpfs, 0, options.as_ptr().cast()) };
    (outcome == 0).then_some(path)
}

/// Runs `test` with a small disk, in a process of its own.
fn with_small_disk(name: &str, test: impl Fn(&Path)) {
    in_own_process(name, || match small_disk() {
        Some(disk) => {
            test(&disk);
            let c_path = CString::new(disk.to_str().expect("text")).expect("no zero");
            // SAFETY: the name ends with a zero.
            let outcome = unsafe { libc::umount(c_path.as_ptr()) };
            assert_eq!(outcome, 0, "{}", std::io::Error::last_os_error());
            fs::remove_dir(disk).expect("removed");
        }
        None => println!("{name}: not without the right to mount; others use /dev/full"),
    });
}

/// Different at each place.
fn bytes(count: usize, seed: usize) -> Vec<u8> {
    (0..count)
        .map(|place| ((place + seed) % 251) as u8)
        .collect()
}

/// Writes chunks until something fails; gives all bytes of which a write said that they are taken.
async fn write_until_full(file: &mut File, chunk: usize, flushes: bool) -> Vec<u8> {
    let mut accepted = Vec::new();
    loop {
        let next = bytes(chunk, accepted.len());
        match file.write(&next).await {
            Ok(count) => accepted.extend_from_slice(&next[..count]),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull);
                return accepted;
            }
        }
        if flushes && file.flush().await.is_err() {
            return accepted;
        }
        assert!(accepted.len() <= 2 * DISK, "the disk holds no more");
    }
}

/// The same for each size of a chunk, and whether each write is flushed.
fn each_way(disk: &Path, test: impl Fn(&Path, usize, bool)) {
    for chunk in [1 << 20, 100_000, 4096, 777] {
        for flushes in [false, true] {
            println!("chunks of {chunk} bytes, flushed: {flushes}");
            let path = disk.join("file");
            test(&path, chunk, flushes);
            fs::remove_file(&path).expect("removed");
        }
    }
}

#[test]
fn fault_064_on_a_full_disk_each_accepted_byte_is_written_or_given_back() {
    const NAME: &str = "disk::fault_064_on_a_full_disk_each_accepted_byte_is_written_or_given_back";
    with_small_disk(NAME, |disk| {
        for runtime in runtimes() {
            each_way(disk, |path, chunk, flushes| {
                runtime.block_on(async {
                    let ballast = disk.join("ballast");
                    fs::write(&ballast, bytes(64 << 10, 0)).expect("there is room yet");
                    let mut file = File::create(path).await.expect("made");
                    let accepted = write_until_full(&mut file, chunk, flushes).await;
                    for _ in 0..2 {
                        let error = file.flush().await.expect_err("full");
                        assert_eq!(error.raw_os_error(), Some(libc::ENOSPC));
                        file.sync_all().await.expect_err("full");
                        file.sync_data().await.expect_err("full");
                        file.shutdown().await.expect_err("full");
                        file.write(b"more").await.expect_err("full");
                    }
                    let failed = file.discard_failed_write().await.expect("it failed");
                    let written = fs::read(path).expect("read");
                    let (on_disk, missing) = accepted.split_at(written.len());
                    assert!(written == on_disk, "bytes that nobody wrote");
                    assert!(
                        failed.unwritten() == missing,
                        "bytes that nobody accounts for"
                    );
                    assert!(!missing.is_empty());
                    // With room again it goes on where it was.
                    fs::remove_file(ballast).expect("removed");
                    let room = missing.len().min(60 << 10);
                    file.write_all(&missing[..room]).await.expect("accepted");
                    file.sync_all().await.expect("there is room");
                    let whole = fs::read(path).expect("read");
                    assert!(whole == accepted[..written.len() + room]);
                });
            });
        }
    });
}

#[test]
fn fault_064_whole_files_and_copies_on_a_full_disk_are_errors() {
    const NAME: &str = "disk::fault_064_whole_files_and_copies_on_a_full_disk_are_errors";
    with_small_disk(NAME, |disk| {
        let (small, large) = (disk.join("small"), scratch("large"));
        fs::write(&large, bytes(DISK + 1, 0)).expect("written");
        for runtime in runtimes() {
            runtime.block_on(async {
                let full = |error: std::io::Error| {
                    assert_eq!(error.kind(), ErrorKind::StorageFull);
                };
                full(
                    runtime::fs::write(&small, bytes(DISK + 1, 0))
                        .await
                        .expect_err("full"),
                );
                full(runtime::fs::copy(&large, &small).await.expect_err("full"));
                let mut from = File::open(&large).await.expect("opened");
                let mut to = File::create(&small).await.expect("made");
                let copied = async {
                    runtime::io::copy(&mut from, &mut to).await?;
                    to.flush().await
                };
                full(copied.await.expect_err("full"));
                let mut buffered = BufWriter::new(File::create(&small).await.expect("made"));
                let written = async {
                    buffered.write_all(&bytes(DISK + 1, 0)).await?;
                    buffered.flush().await
                };
                full(written.await.expect_err("full"));
                fs::remove_file(&small).expect("removed");
            });
        }
        fs::remove_file(&large).expect("removed");
    });
}

/// A device that breaks down: address 0 of this process cannot be written.
#[test]
fn fault_064_an_error_of_the_device_stays_until_it_is_discarded() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let mut memory = OpenOptions::new();
            let memory = memory.read(true).write(true).open("/proc/self/mem").await;
            let mut memory = memory.expect("opened");
            memory.write_all(b"lost").await.expect("accepted");
            for _ in 0..2 {
                let error = memory.flush().await.expect_err("no such memory");
                assert_eq!(error.raw_os_error(), Some(libc::EIO));
                memory.write(b"more").await.expect_err("no such memory");
            }
            let failed = memory.discard_failed_write().await.expect("it failed");
            assert_eq!(failed.unwritten(), b"lost");
            memory.flush().await.expect("discarded");
            memory.read_u8().await.expect_err("no such memory either");
        });
    }
}

/// Files with accepted bytes, dropped in every way, also with their runtime.
#[test]
fn fault_066_what_was_accepted_is_written_whoever_goes_first() {
    for runtime in runtimes() {
        let path = scratch("dirty");
        let expected = bytes(300_000, 7);
        let mut kept = Some(runtime.block_on(async {
            let mut append = OpenOptions::new();
            append.append(true).create(true);
            let mut file = append.open(&path).await.expect("opened");
            file.write_all(&expected[..200_000])
                .await
                .expect("accepted");
            drop(file);
            let mut file = append.open(&path).await.expect("opened");
            file.write_all(&expected[200_000..])
                .await
                .expect("accepted");
            file
        }));
        drop(runtime);
        // The end of the runtime has written it, whether or not the handle lives.
        let mut written = fs::read(&path).expect("read");
        // Two handles, and so in either order.
        written.sort_unstable();
        let mut all = expected;
        all.sort_unstable();
        assert!(written == all, "{} bytes", written.len());
        drop(kept.take());
        fs::remove_file(&path).expect("removed");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(bool, Vec<u8>),
    Seek(bool, u64),
    Read(bool, usize),
    Flush(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = proptest::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        4 => (any::<bool>(), bytes).prop_map(|(which, bytes)| Step::Write(which, bytes)),
        1 => (any::<bool>(), 0..100_u64).prop_map(|(which, place)| Step::Seek(which, place)),
        2 => (any::<bool>(), 1..40_usize).prop_map(|(which, count)| Step::Read(which, count)),
        1 => any::<bool>().prop_map(Step::Flush),
    ]
}

async fn append_alike(steps: Vec<Step>) {
    use std::io::{Read, Seek, Write};

    let paths = [scratch("append-ours"), scratch("append-std")];
    let mut options = fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    let mut ours = Vec::new();
    let mut std = Vec::new();
    for _ in 0..2 {
        ours.push(File::from_std(options.open(&paths[0]).expect("opened")));
        std.push(options.open(&paths[1]).expect("opened"));
    }
    for step in steps {
        match step {
            // Flushed at once, since the order between the two handles counts.
            Step::Write(which, bytes) => {
                let file = &mut ours[usize::from(which)];
                file.write_all(&bytes).await.expect("accepted");
                file.flush().await.expect("written");
                std[usize::from(which)].write_all(&bytes).expect("written");
            }
            Step::Seek(which, place) => {
                let to = SeekFrom::Start(place);
                let sought = ours[usize::from(which)].seek(to).await.expect("moved");
                assert_eq!(sought, std[usize::from(which)].seek(to).expect("moved"));
            }
            Step::Read(which, count) => {
                let (mut one, mut other) = (vec![0; count], vec![0; count]);
                let read = ours[usize::from(which)].read(&mut one).await.expect("read");
                let model = std[usize::from(which)].read(&mut other).expect("read");
                assert_eq!((read, one), (model, other));
            }
            Step::Flush(which) => ours[usize::from(which)].flush().await.expect("nothing"),
        }
    }
    let [one, other] = paths.map(|path| {
        let contents = fs::read(&path).expect("read");
        fs::remove_file(path).expect("removed");
        contents
    });
    assert_eq!(one, other);
}

#[test]
fn fault_068_two_handles_that_append_do_as_the_standard_librarys() {
    let runtime = runtimes().next().expect("one");
    let steps = proptest::collection::vec(step(), 1..30);
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(append_alike(steps));
        Ok(())
    });
    outcome.expect("alike");
}
