//! Symbolic links, of one kind.

use std::io;
use std::path::Path;

use crate::pool::ask;

/// Makes a symbolic link; what it points to need not be there.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossy: once begun it is done; who gives up does not learn how it ended.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-symlink-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// runtime::fs::symlink("nowhere", dir.join("link")).await?;
/// let target = runtime::fs::read_link(dir.join("link")).await?;
/// assert_eq!(target, std::path::Path::new("nowhere"));
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    ask(move || std::os::unix::fs::symlink(original, link)).await
}
