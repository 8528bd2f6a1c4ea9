//! Files and folders. One thread runs the blocking closures in turn: whatever was begun is done when
//! the next has its answer.

use std::cell::OnceCell;
use std::fs as now;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use runtime::fs::{self, DirBuilder, DirEntry, File, OpenOptions, ReadDir};
use runtime::io::{AsyncReadExt, AsyncWriteExt};

use super::Case;
use super::drive::{case, lossless};

const FILE: &str = "io: fs/file";
const PATHS: &str = "io: fs/paths";
const FOLDERS: &str = "io: fs/directories";
const LISTING: &str = "io: fs/read_dir";

pub(crate) const CASES: &[Case] = &[
    ("io: fs/contents", "read", || {
        looks(async |it| fs::read(it.a()).await)
    }),
    ("io: fs/contents", "read_to_string", || {
        looks(async |it| fs::read_to_string(it.a()).await.map(String::into_bytes));
    }),
    ("io: fs/contents", "write", || {
        does(
            async |it| fs::write(it.fresh(), "text").await,
            |it| it.fresh_has(b"text"),
        );
    }),
    ("io: fs/contents", "copy", || {
        does(
            async |it| fs::copy(it.a(), it.fresh()).await,
            |it| it.fresh_has(b"abc"),
        );
    }),
    ("io: fs/dir_builder", "DirBuilder::create", || {
        does(
            async |it| DirBuilder::new().create(it.fresh()).await,
            |it| it.fresh().is_dir(),
        );
    }),
    (FOLDERS, "create_dir", || {
        does(
            async |it| fs::create_dir(it.fresh()).await,
            |it| it.fresh().is_dir(),
        );
    }),
    (FOLDERS, "create_dir_all", || {
        does(
            async |it| fs::create_dir_all(it.fresh().join("x")).await,
            |it| it.fresh().join("x").is_dir(),
        );
    }),
    (FOLDERS, "remove_dir", || {
        does(
            async |it| fs::remove_dir(it.empty()).await,
            |it| !it.empty().exists(),
        );
    }),
    (FOLDERS, "remove_dir_all", || {
        does(
            async |it| fs::remove_dir_all(it.full()).await,
            |it| !it.full().exists(),
        );
    }),
    (FILE, "File::open", || {
        looks(async |it| File::open(it.a()).await.map(drop))
    }),
    (FILE, "File::create", || {
        does(
            async |it| File::create(it.fresh()).await,
            |it| it.fresh_has(b""),
        );
    }),
    (FILE, "File::create_new", || {
        does(
            async |it| File::create_new(it.fresh()).await,
            |it| it.fresh_has(b""),
        );
    }),
    (FILE, "File::sync_all", || {
        on_file(async |it| it.sync_all().await)
    }),
    (FILE, "File::sync_data", || {
        on_file(async |it| it.sync_data().await)
    }),
    (FILE, "File::set_len", || {
        changes(
            async |it| it.set_len(1).await,
            |it| now::read(it.a()).ok() == Some(b"a".to_vec()),
        );
    }),
    (FILE, "File::metadata", || {
        on_file(async |it| Ok(it.metadata().await?.len() == 3))
    }),
    (FILE, "File::try_clone", || {
        on_file(async |it| it.try_clone().await.map(drop))
    }),
    (FILE, "File::into_std", into_std),
    (FILE, "File::set_permissions", || {
        changes(
            async |it| it.set_permissions(now::Permissions::from_mode(0o600)).await,
            |it| mode(&it.a()) == 0o600,
        );
    }),
    (FILE, "File::set_times", || {
        changes(
            async |it| {
                it.set_times(fs::FileTimes::new().set_modified(long_ago()))
                    .await
            },
            |it| it.is_from_long_ago(),
        );
    }),
    (FILE, "File::set_modified", || {
        changes(
            async |it| it.set_modified(long_ago()).await,
            |it| it.is_from_long_ago(),
        );
    }),
    (FILE, "File::discard_failed_write", discard_failed_write),
    ("io: fs/file/unix", "File::read_at", || {
        on_file(async |it| {
            let mut buf = [0; 2];
            Ok((it.read_at(&mut buf, 1).await?, buf))
        });
    }),
    ("io: fs/file/unix", "File::write_at", || {
        changes(
            async |it| it.write_at(b"x", 1).await.map(drop),
            |it| now::read(it.a()).ok() == Some(b"axc".to_vec()),
        );
    }),
    ("io: fs/links", "hard_link", || {
        does(
            async |it| fs::hard_link(it.a(), it.fresh()).await,
            |it| it.fresh_has(b"abc"),
        );
    }),
    ("io: fs/links", "read_link", || {
        looks(async |it| fs::read_link(it.link()).await)
    }),
    ("io: fs/links/unix", "symlink", || {
        does(
            async |it| fs::symlink(it.a(), it.fresh()).await,
            |it| it.fresh().is_symlink(),
        );
    }),
    ("io: fs/open_options", "OpenOptions::open", || {
        does(
            async |it| {
                OpenOptions::new()
                    .write(true)
                    .create(true)
                    .open(it.fresh())
                    .await
            },
            |it| it.fresh_has(b""),
        );
    }),
    (PATHS, "canonicalize", || {
        looks(async |it| fs::canonicalize(it.a()).await)
    }),
    (PATHS, "metadata", || {
        looks(async |it| Ok(fs::metadata(it.a()).await?.len()))
    }),
    (PATHS, "symlink_metadata", || {
        looks(async |it| Ok(fs::symlink_metadata(it.link()).await?.is_symlink()));
    }),
    (PATHS, "try_exists", || {
        looks(async |it| fs::try_exists(it.a()).await)
    }),
    (PATHS, "rename", || {
        does(
            async |it| fs::rename(it.a(), it.fresh()).await,
            |it| it.fresh_has(b"abc"),
        );
    }),
    (PATHS, "remove_file", || {
        does(
            async |it| fs::remove_file(it.a()).await,
            |it| !it.a().exists(),
        );
    }),
    (PATHS, "set_permissions", || {
        does(
            async |it| fs::set_permissions(it.a(), now::Permissions::from_mode(0o600)).await,
            |it| mode(&it.a()) == 0o600,
        );
    }),
    (LISTING, "read_dir", || {
        looks(async |it| fs::read_dir(it.full()).await.map(drop))
    }),
    (LISTING, "ReadDir::next_entry", next_entry),
    (LISTING, "DirEntry::metadata", || {
        on_entry(async |it| Ok(it.metadata().await?.len() == 0))
    }),
    (LISTING, "DirEntry::file_type", || {
        on_entry(async |it| Ok(it.file_type().await?.is_file()))
    }),
];

/// A folder: `a` holds `abc`, `link` leads to it, `full` has 70 entries for who asks for it, and there
/// is no `fresh`.
#[derive(Debug)]
struct Folder {
    place: PathBuf,
    filled: OnceCell<()>,
}

impl Folder {
    fn new() -> Folder {
        let place = std::env::temp_dir().join(format!("runtime-cancel-{}", std::process::id()));
        let folder = Folder {
            place,
            filled: OnceCell::new(),
        };
        let _ = now::remove_dir_all(&folder.place);
        ok(now::create_dir(&folder.place));
        ok(now::create_dir(folder.empty()));
        ok(now::write(folder.a(), "abc"));
        ok(std::os::unix::fs::symlink(folder.a(), folder.link()));
        folder
    }

    fn a(&self) -> PathBuf {
        self.place.join("a")
    }

    fn link(&self) -> PathBuf {
        self.place.join("link")
    }

    fn empty(&self) -> PathBuf {
        self.place.join("empty")
    }

    fn full(&self) -> PathBuf {
        let full = self.place.join("full");
        self.filled.get_or_init(|| {
            ok(now::create_dir(&full));
            for number in 0..ENTRIES {
                ok(now::write(full.join(number.to_string()), ""));
            }
        });
        full
    }

    fn fresh(&self) -> PathBuf {
        self.place.join("fresh")
    }

    fn fresh_has(&self, bytes: &[u8]) -> bool {
        now::read(self.fresh()).is_ok_and(|it| it == bytes)
    }

    fn is_from_long_ago(&self) -> bool {
        ok(ok(now::metadata(self.a())).modified()) == long_ago()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = now::remove_dir_all(&self.place);
    }
}

/// More than one turn of the listing.
const ENTRIES: usize = 70;

#[track_caller]
fn ok<T>(result: io::Result<T>) -> T {
    result.expect("the disk works")
}

fn mode(path: &Path) -> u32 {
    ok(now::metadata(path)).permissions().mode() & 0o777
}

fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

/// Changes nothing: done anew, it gives what it always gives.
fn looks<R: PartialEq + std::fmt::Debug>(op: impl AsyncFn(&Folder) -> io::Result<R>) {
    case(
        async || (Folder::new(), ()),
        &[|()| ()],
        async |it: &mut Folder| ok(op(it).await),
        async |it, (), dropped| {
            let anew = ok(op(it).await);
            assert!(dropped.output.is_none_or(|output| output == anew));
            assert_eq!(ok(now::read(it.a())), b"abc");
            if it.filled.get().is_some() {
                assert_eq!(ok(now::read_dir(it.full())).count(), ENTRIES);
            }
            assert!(!it.fresh().exists());
        },
    );
}

/// Once begun it is done; never begun, it is not.
fn does<R>(op: impl AsyncFn(&Folder) -> io::Result<R>, is_done: impl Fn(&Folder) -> bool) {
    case(
        async || (Folder::new(), ()),
        &[|()| ()],
        async |it: &mut Folder| ok(op(it).await),
        async |it, (), dropped| {
            ok(fs::metadata(&it.place).await);
            assert_eq!(
                is_done(it),
                dropped.polls > 0,
                "after {} polls",
                dropped.polls
            );
        },
    );
}

async fn open() -> ((File, Folder), ()) {
    let folder = Folder::new();
    let file = ok(OpenOptions::new()
        .read(true)
        .write(true)
        .open(folder.a())
        .await);
    ((file, folder), ())
}

/// Of an open file: changes nothing.
fn on_file<R: PartialEq + std::fmt::Debug>(op: impl AsyncFn(&File) -> io::Result<R>) {
    case(
        open,
        &[|()| ()],
        async |(file, _): &mut (File, Folder)| ok(op(file).await),
        async |(file, folder), (), dropped| {
            let anew = ok(op(file).await);
            assert!(dropped.output.is_none_or(|output| output == anew));
            assert_eq!(ok(now::read(folder.a())), b"abc");
            let mut all = String::new();
            ok(file.read_to_string(&mut all).await);
            assert_eq!(all, "abc", "the position is where it was");
        },
    );
}

/// Of an open file: once begun it is done.
fn changes(op: impl AsyncFn(&File) -> io::Result<()>, is_done: impl Fn(&Folder) -> bool) {
    case(
        open,
        &[|()| ()],
        async |(file, _): &mut (File, Folder)| ok(op(file).await),
        async |(_, folder), (), dropped| {
            ok(fs::metadata(folder.a()).await);
            assert_eq!(
                is_done(folder),
                dropped.polls > 0,
                "after {} polls",
                dropped.polls
            );
        },
    );
}

/// The handle is lost, the accepted bytes are not.
fn into_std() {
    case(
        async || {
            let ((mut file, folder), ()) = open().await;
            ok(file.write_all(b"xyz").await);
            (Some(file), folder)
        },
        &[|_: &mut Folder| ()],
        async |file: &mut Option<File>| file.take().expect("once").into_std().await,
        async |file, folder, dropped| {
            assert_eq!(file.take().is_some(), dropped.polls == 0);
            ok(fs::metadata(folder.a()).await);
            assert_eq!(ok(now::read(folder.a())), b"xyz");
        },
    );
}

fn discard_failed_write() {
    case(
        async || {
            let folder = Folder::new();
            let mut file = ok(File::open(folder.a()).await);
            ok(file.write_all(b"xyz").await);
            (file, folder)
        },
        &[|_: &mut Folder| ()],
        async |file: &mut File| file.discard_failed_write().await,
        async |file, _, dropped| {
            let failed = match dropped.output {
                Some(failed) => failed,
                None => file.discard_failed_write().await,
            };
            assert_eq!(
                failed.expect("it was opened to be read").unwritten(),
                b"xyz"
            );
            assert!(
                file.discard_failed_write().await.is_none(),
                "it is taken once"
            );
        },
    );
}

fn next_entry() {
    case(
        async || {
            let folder = Folder::new();
            let listing = ok(fs::read_dir(folder.full()).await);
            ((listing, Vec::new()), folder)
        },
        &[|_: &mut Folder| ()],
        async |(listing, _): &mut (ReadDir, Vec<String>)| {
            ok(listing.next_entry().await).map(|it| it.file_name().into_string().expect("a number"))
        },
        async |(listing, seen), _, dropped| {
            seen.extend(dropped.output.flatten());
            while let Some(entry) = ok(listing.next_entry().await) {
                seen.push(entry.file_name().into_string().expect("a number"));
            }
            assert_eq!(seen.len(), ENTRIES);
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), ENTRIES, "none twice");
        },
    );
}

fn on_entry(op: impl AsyncFn(&DirEntry) -> io::Result<bool>) {
    lossless(
        async || {
            let folder = Folder::new();
            let mut listing = ok(fs::read_dir(folder.full()).await);
            let entry = ok(listing.next_entry().await).expect("there are some");
            (entry, folder)
        },
        &[|_: &mut Folder| ()],
        async |entry: &mut DirEntry| ok(op(entry).await),
        true,
        |_, _| (),
    );
}
