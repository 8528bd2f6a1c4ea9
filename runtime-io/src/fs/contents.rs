//! Whole files at once: one job each.

use std::io;
use std::path::Path;

use crate::pool::ask;

/// Reads a whole file.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let manifest = runtime::fs::read("Cargo.toml").await?;
/// assert!(manifest.starts_with(b"["));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::read(path)).await
}

/// Reads a whole file that is text.
///
/// # Errors
/// What the operating system says; `InvalidData` if it is not UTF-8; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let manifest = runtime::fs::read_to_string("Cargo.toml").await?;
/// assert!(manifest.contains("[package]"));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref().to_owned();
    ask(move || std::fs::read_to_string(path)).await
}

/// Writes a whole file; what was there before is gone.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-write-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// let path = dir.join("file");
/// runtime::fs::write(&path, "text").await?;
/// assert_eq!(runtime::fs::read(&path).await?, b"text");
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    let contents = contents.as_ref().to_owned();
    ask(move || std::fs::write(path, contents)).await
}

/// Copies a file's contents and permissions; gives how many bytes there were.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-copy-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::write(dir.join("one"), "text").await?;
/// assert_eq!(runtime::fs::copy(dir.join("one"), dir.join("two")).await?, 4);
/// assert_eq!(runtime::fs::read(dir.join("two")).await?, b"text");
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<u64, io::Error> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    ask(move || std::fs::copy(from, to)).await
}
