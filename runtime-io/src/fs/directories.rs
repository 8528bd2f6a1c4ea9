//! Directories made and removed.

use std::io;
use std::path::Path;

use crate::pool::ask;

/// Makes a directory; the one above it must be there.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-create-dir-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::create_dir(dir.join("new")).await?;
/// assert!(runtime::fs::metadata(dir.join("new")).await?.is_dir());
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::create_dir(path)).await
}

/// Makes a directory and those above it that are missing; it may be there already.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-create-dirs-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::create_dir_all(dir.join("a/b/c")).await?;
/// assert!(runtime::fs::metadata(dir.join("a/b/c")).await?.is_dir());
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::create_dir_all(path)).await
}

/// Removes an empty directory.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-remove-dir-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::create_dir(dir.join("new")).await?;
/// runtime::fs::remove_dir(dir.join("new")).await?;
/// assert!(!runtime::fs::try_exists(dir.join("new")).await?);
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::remove_dir(path)).await
}

/// Removes a directory with all that is in it; symbolic links are removed, not followed.
///
/// # Errors
/// What the operating system says of the first that cannot be removed; if the runtime ends
/// first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-remove-dirs-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::create_dir_all(dir.join("a/b/c")).await?;
/// runtime::fs::remove_dir_all(dir.join("a")).await?;
/// assert!(!runtime::fs::try_exists(dir.join("a")).await?);
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::remove_dir_all(path)).await
}
