//! Several names for one thing.

use std::io;
use std::path::{Path, PathBuf};

use crate::pool::ask;

/// Gives a file one more name on its file system.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-hard-link-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::write(dir.join("one"), "text").await?;
/// runtime::fs::hard_link(dir.join("one"), dir.join("two")).await?;
/// assert_eq!(runtime::fs::read(dir.join("two")).await?, b"text");
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    ask(move || std::fs::hard_link(original, link)).await
}

/// Where a symbolic link points to.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let error = runtime::fs::read_link("Cargo.toml").await.expect_err("it is no link");
/// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::read_link(path)).await
}

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::symlink;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{symlink_dir, symlink_file};
