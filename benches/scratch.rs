//! Files of this process, gone when they are dropped.
#![allow(unsafe_code, reason = "posix_fadvise has no safe face in std")]

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A path that nobody else has, in that folder.
fn fresh(folder: &Path) -> PathBuf {
    // Relaxed: a number of its own for each.
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Relaxed: as above.
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("runtime-benches-{}-{number}", std::process::id()))
}

/// A file to read from.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn of(bytes: u64) -> Scratch {
        let binary = std::env::current_exe().expect("the binary has a path");
        // Beside the binary: the folder of temporary files may be in memory.
        let path = fresh(binary.parent().expect("a file is in a folder"));
        let bytes = vec![7; usize::try_from(bytes).expect("a small number")];
        fs::write(&path, bytes).expect("the disk has room");
        Scratch(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Asks the kernel to forget what it has of the file in memory.
    pub(crate) fn forget(&self) {
        let file = File::open(&self.0).expect("it is there");
        // What has not been written yet cannot be forgotten.
        file.sync_all().expect("the disk takes it");
        let descriptor = file.as_raw_fd();
        // SAFETY: the call only looks at the descriptor, which is open.
        let status = unsafe { libc::posix_fadvise(descriptor, 0, 0, libc::POSIX_FADV_DONTNEED) };
        assert_eq!(status, 0, "the advice is one that exists");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is a small file in a folder of build products.
        let _left = fs::remove_file(&self.0);
    }
}

/// Where a Unix socket is bound: in the folder of temporary files, since its path must be short.
#[derive(Debug)]
pub(crate) struct SocketPath(String);

impl SocketPath {
    pub(crate) fn new() -> SocketPath {
        let path = fresh(&std::env::temp_dir());
        SocketPath(path.into_os_string().into_string().expect("it is text"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        // Nobody misses a socket that is left.
        let _left = fs::remove_file(&self.0);
    }
}
