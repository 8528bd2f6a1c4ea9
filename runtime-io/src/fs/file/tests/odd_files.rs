//! Files that are none: devices, pipes, what the kernel makes up; and very long ones.

use std::io::{ErrorKind, Read, SeekFrom, Write};
use std::process::{Command, Stdio};

use super::{File, Scratch, abandon_read, runtime};
use crate::fs::OpenOptions;
use crate::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

#[test]
fn fault_064_a_full_device_is_never_ok_after_lost_bytes() {
    runtime().block_on(async {
        let mut full = OpenOptions::new();
        let mut full = full.write(true).open("/dev/full").await.expect("opened");
        full.write_all(b"lost").await.expect("accepted");
        for _ in 0..2 {
            let error = full.flush().await.expect_err("full");
            assert_eq!(error.kind(), ErrorKind::StorageFull);
            full.sync_all().await.expect_err("full");
            full.shutdown().await.expect_err("full");
            full.write(b"more").await.expect_err("full");
        }
        let failed = full.discard_failed_write().await.expect("it failed");
        assert_eq!(failed.unwritten(), b"lost");
        full.flush().await.expect("discarded");
        full.write(b"again").await.expect("accepted");
        full.flush().await.expect_err("full");
    });
}

#[test]
fn fault_068_what_the_kernel_makes_up_reads_as_in_the_standard_library() {
    runtime().block_on(async {
        for path in ["/proc/self/cmdline", "/proc/version", "/dev/null"] {
            let expected = std::fs::read(path).expect("read");
            let mut file = File::open(path).await.expect("opened");
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await.expect("read");
            assert_eq!(bytes, expected, "{path}");
            assert_eq!(crate::fs::read(path).await.expect("read"), expected);
        }
        let mut zero = File::open("/dev/zero").await.expect("opened");
        let mut bytes = [1; 100];
        zero.read_exact(&mut bytes).await.expect("read");
        assert_eq!(bytes, [0; 100]);
    });
}

#[test]
fn fault_068_a_pipe_gives_what_comes_and_keeps_it_over_a_write() {
    let mut child = Command::new("printf")
        .arg("abcdef")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let reader = child.stdout.take().expect("a pipe");
    runtime().block_on(async {
        let mut file = File::from(std::os::fd::OwnedFd::from(reader));
        let mut buf = [0; 8];
        assert_eq!(file.read(&mut buf[..3]).await.expect("read"), 3);
        file.seek(SeekFrom::Start(0)).await.expect_err("a pipe");
        assert_eq!(file.read(&mut buf).await.expect("read"), 3);
        assert_eq!(&buf[..3], b"def");
        assert_eq!(file.read(&mut buf).await.expect("the end"), 0);
    });
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn fault_068_a_stream_that_cannot_go_back_keeps_its_unread_bytes() {
    let (one, mut other) = std::os::unix::net::UnixStream::pair().expect("a pair");
    runtime().block_on(async {
        let mut file = File::from(std::os::fd::OwnedFd::from(one));
        file.cached = false.into();
        let mut buf = [0; 3];
        abandon_read(&mut file, buf.len());
        other.write_all(b"abc").expect("written");
        file.write_all(b"xyz").await.expect("accepted");
        file.flush().await.expect("written");
        other.read_exact(&mut buf).expect("read");
        assert_eq!(&buf, b"xyz");
        assert_eq!(file.read(&mut buf).await.expect("read"), 3);
        assert_eq!(&buf, b"abc");
    });
}

#[test]
fn fault_068_a_sparse_file_of_a_tebibyte() {
    let scratch = Scratch::new();
    runtime().block_on(async {
        let mut file = File::create_new(&scratch).await.expect("made");
        let far = 1 << 40;
        assert_eq!(file.seek(SeekFrom::Start(far)).await.expect("moved"), far);
        file.write_all(b"end").await.expect("accepted");
        file.sync_all().await.expect("written");
        assert_eq!(file.metadata().await.expect("known").len(), far + 3);
        let mut buf = [1; 6];
        assert_eq!(file.read_at(&mut buf, far - 3).await.expect("read"), 6);
        assert_eq!(&buf, b"\0\0\0end");
    });
}

#[test]
fn fault_068_two_handles_that_append_lose_nothing() {
    let scratch = Scratch::new();
    runtime().block_on(async {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        let mut one = options.open(&scratch).await.expect("opened");
        let mut two = options.open(&scratch).await.expect("opened");
        for _ in 0..100 {
            one.write_all(b"1").await.expect("accepted");
            two.write_all(b"2").await.expect("accepted");
        }
        one.flush().await.expect("written");
        two.flush().await.expect("written");
    });
    let contents = scratch.contents();
    assert_eq!(contents.len(), 200);
    assert_eq!(contents.iter().filter(|byte| **byte == b'1').count(), 100);
}
