//! What is asked of a path, and what is done to the name.

use std::fs::{Metadata, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use crate::pool::ask;

/// The absolute path, with all symbolic links followed and no `.` or `..` in it.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let manifest = runtime::fs::canonicalize("./Cargo.toml").await?;
/// assert!(manifest.is_absolute());
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::canonicalize(path)).await
}

/// What is known of a file or directory; a symbolic link is followed.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// assert!(runtime::fs::metadata("Cargo.toml").await?.is_file());
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::metadata(path)).await
}

/// As [`metadata`], of a symbolic link itself.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let about = runtime::fs::symlink_metadata("Cargo.toml").await?;
/// assert!(!about.is_symlink());
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::symlink_metadata(path)).await
}

/// Whether something is there, a symbolic link followed.
///
/// # Errors
/// If it cannot be told, for instance without permission to look; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// assert!(runtime::fs::try_exists("Cargo.toml").await?);
/// assert!(!runtime::fs::try_exists("nowhere").await?);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    let path = path.as_ref().to_owned();
    ask(move || path.try_exists()).await
}

/// Gives a file or directory another name; a file that has it is replaced.
///
/// Both must be on the same file system.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-rename-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::write(dir.join("draft"), "text").await?;
/// runtime::fs::rename(dir.join("draft"), dir.join("final")).await?;
/// assert_eq!(runtime::fs::read(dir.join("final")).await?, b"text");
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    ask(move || std::fs::rename(from, to)).await
}

/// Removes a file's name; the file itself goes with its last name and handle.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-remove-file-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// let path = dir.join("file");
/// runtime::fs::write(&path, "text").await?;
/// runtime::fs::remove_file(&path).await?;
/// assert!(!runtime::fs::try_exists(&path).await?);
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::remove_file(path)).await
}

/// Sets who may do what with a file or directory.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-permissions-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// let path = dir.join("file");
/// runtime::fs::write(&path, "text").await?;
/// let mut permissions = runtime::fs::metadata(&path).await?.permissions();
/// permissions.set_readonly(true);
/// runtime::fs::set_permissions(&path, permissions).await?;
/// assert!(runtime::fs::metadata(&path).await?.permissions().readonly());
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn set_permissions(path: impl AsRef<Path>, perm: Permissions) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::set_permissions(path, perm)).await
}
