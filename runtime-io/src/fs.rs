//! Files and directories.
//!
//! Operating systems offer no readiness for files, so what would block runs on the runtime's pool
//! of blocking threads: one job a call. A read that the page cache can serve is done at once where
//! the operating system can say so (`cached.rs`).
//!
//! | file | its one job |
//! |---|---|
//! | `paths.rs`, `contents.rs`, `directories.rs`, `links.rs` | functions of paths |
//! | `read_dir.rs`, `dir_builder.rs`, `open_options.rs`, `file_times.rs` | the types beside `File` |
//! | `file.rs`, `file/cursor.rs` | a file, and the state machine of its position |
//! | `cached.rs` | reads that need no thread |

mod cached;

mod paths;
pub use paths::{
    canonicalize, metadata, remove_file, rename, set_permissions, symlink_metadata, try_exists,
};

mod contents;
pub use contents::{copy, read, read_to_string, write};

mod directories;
pub use directories::{create_dir, create_dir_all, remove_dir, remove_dir_all};

mod links;
#[cfg(unix)]
pub use links::symlink;
pub use links::{hard_link, read_link};
#[cfg(windows)]
pub use links::{symlink_dir, symlink_file};

mod dir_builder;
pub use dir_builder::DirBuilder;

mod read_dir;
pub use read_dir::{DirEntry, ReadDir, read_dir};

mod open_options;
pub use open_options::OpenOptions;

mod file_times;
pub use file_times::FileTimes;

mod failed_write;
pub use failed_write::FailedWrite;

mod file;
pub use file::File;
