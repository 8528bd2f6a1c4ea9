//! Directories made to order.

use std::io;
use std::path::Path;

use crate::pool::ask;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix::Mode;

#[cfg(not(unix))]
mod modeless;
#[cfg(not(unix))]
use modeless::Mode;

/// How to make a directory.
///
/// ```
/// use runtime::fs::DirBuilder;
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-builder-{}", std::process::id()));
/// DirBuilder::new().recursive(true).create(dir.join("a/b")).await?;
/// assert!(runtime::fs::metadata(dir.join("a/b")).await?.is_dir());
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    mode: Mode,
}

impl DirBuilder {
    /// One directory, with the usual permissions.
    pub fn new() -> Self {
        DirBuilder::default()
    }

    /// Whether those above it that are missing are made too; then it may be there already.
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: once begun it is done; who gives up does not learn how it ended.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let dir = std::env::temp_dir().join(format!("runtime-create-{}", std::process::id()));
    /// runtime::fs::DirBuilder::new().create(&dir).await?;
    /// # std::fs::remove_dir_all(&dir)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn create(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref().to_owned();
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(self.recursive);
        self.mode.apply(&mut builder);
        ask(move || builder.create(path)).await
    }
}
