//! Symbolic links, of two kinds.

use std::io;
use std::path::Path;

use crate::pool::ask;

/// Makes a symbolic link to a directory, which need not be there.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-symlink-dir-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::symlink_dir("nowhere", dir.join("link")).await?;
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn symlink_dir(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    ask(move || std::os::windows::fs::symlink_dir(original, link)).await
}

/// Makes a symbolic link to a file, which need not be there.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-symlink-file-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::symlink_file("nowhere", dir.join("link")).await?;
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn symlink_file(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    ask(move || std::os::windows::fs::symlink_file(original, link)).await
}
