//! How files are opened on Windows, through the public face.
#![cfg(windows)]

mod support;

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::windows::fs::MetadataExt;
use std::path::{Path, PathBuf};

use runtime::fs::{File, OpenOptions};
use runtime::io::{AsyncReadExt, AsyncWriteExt};
use support::Watchdog;

/// Numbers of the system's.
const GENERIC_READ: u32 = 0x8000_0000;
const FILE_READ_ATTRIBUTES: u32 = 0x80;
const FILE_SHARE_READ: u32 = 1;
const FILE_ATTRIBUTE_READONLY: u32 = 1;
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
const SECURITY_IDENTIFICATION: u32 = 0x1_0000;
const ERROR_SHARING_VIOLATION: i32 = 32;

/// A name of one test's own, free at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let name = format!("runtime-windows-files-{}-{name}", std::process::id());
        Scratch(std::env::temp_dir().join(name))
    }

    fn with(name: &str, contents: &[u8]) -> Scratch {
        let scratch = Scratch::new(name);
        fs::write(&scratch.0, contents).expect("written");
        scratch
    }
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn run<F: Future<Output = ()>>(test: F) {
    let _watchdog = Watchdog::new();
    runtime::Runtime::new().expect("a runtime").block_on(test);
}

/// Closed when this returns.
async fn close(file: File) {
    drop(file.into_std().await);
}

fn to_read() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

fn to_write() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

#[test]
fn a_file_that_is_shared_with_nobody_is_refused_to_the_next() {
    run(async {
        let path = Scratch::with("alone", b"mine");
        let alone = to_read().share_mode(0).open(&path).await.expect("opened");
        let refused = to_read().open(&path).await.expect_err("nobody else may");
        assert_eq!(refused.raw_os_error(), Some(ERROR_SHARING_VIOLATION));
        close(alone).await;
        to_read().open(&path).await.expect("free again");
    });
}

#[test]
fn a_file_that_is_shared_to_read_is_refused_to_who_writes() {
    run(async {
        let path = Scratch::with("readers", b"ours");
        let mut reader = to_read();
        let reader = reader.share_mode(FILE_SHARE_READ).open(&path).await;
        let _reader = reader.expect("opened");
        let mut beside = to_read().open(&path).await.expect("opened");
        let mut read = String::new();
        beside.read_to_string(&mut read).await.expect("read");
        assert_eq!(read, "ours");
        let refused = to_write().open(&path).await.expect_err("not to write");
        assert_eq!(refused.raw_os_error(), Some(ERROR_SHARING_VIOLATION));
    });
}

#[test]
fn a_file_is_made_with_the_attributes_that_are_asked_for() {
    run(async {
        let path = Scratch::new("attributes");
        let mut options = to_write();
        options.create_new(true).attributes(FILE_ATTRIBUTE_READONLY);
        let mut file = options.open(&path).await.expect("made");
        // Who makes it may write all the same.
        file.write_all(b"once").await.expect("written");
        file.flush().await.expect("written");
        close(file).await;
        let found = runtime::fs::metadata(&path).await.expect("it is there");
        assert_ne!(found.file_attributes() & FILE_ATTRIBUTE_READONLY, 0);
        assert_eq!(found.len(), 4);

        let mut free: Permissions = found.permissions();
        #[expect(clippy::permissions_set_readonly_false, reason = "Windows only")]
        free.set_readonly(false);
        let changed = runtime::fs::set_permissions(&path, free).await;
        changed.expect("it can be removed");
    });
}

#[test]
fn a_file_that_goes_with_its_handle_is_gone_when_it_is_closed() {
    run(async {
        let path = Scratch::new("fleeting");
        let mut options = to_write();
        options
            .create_new(true)
            .custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
        let file = options.open(&path).await.expect("made");
        assert!(runtime::fs::try_exists(&path).await.expect("known"));
        close(file).await;
        assert!(!runtime::fs::try_exists(&path).await.expect("known"));
    });
}

#[test]
fn an_access_mode_stands_for_what_read_and_write_say() {
    run(async {
        let path = Scratch::with("access", b"bytes");
        let mut reading = OpenOptions::new();
        let reading = reading.write(true).access_mode(GENERIC_READ).open(&path);
        let mut reading = reading.await.expect("opened");
        let mut read = String::new();
        reading.read_to_string(&mut read).await.expect("read");
        assert_eq!(read, "bytes");

        let mut looking = OpenOptions::new();
        let looking = looking.access_mode(FILE_READ_ATTRIBUTES).open(&path);
        let mut looking = looking.await.expect("opened");
        assert_eq!(looking.metadata().await.expect("known").len(), 5);
        let refused = looking.read_u8().await.expect_err("not to be read");
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    });
}

#[test]
fn flags_for_the_other_end_of_a_pipe_do_a_file_no_harm() {
    run(async {
        let path = Scratch::with("pipe", b"a file");
        let mut options = to_read();
        options.security_qos_flags(SECURITY_IDENTIFICATION);
        let mut file = options.open(&path).await.expect("opened");
        let mut read = String::new();
        file.read_to_string(&mut read).await.expect("read");
        assert_eq!(read, "a file");
    });
}
