//! How a file is opened.

use std::io;
use std::path::Path;

use super::File;
use crate::pool::ask;

#[cfg(unix)]
mod unix;

#[cfg(windows)]
mod windows;

/// How to open a file: to read, to write, to make it.
///
/// ```
/// use runtime::fs::OpenOptions;
/// use runtime::io::AsyncWriteExt;
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let path = std::env::temp_dir().join(format!("runtime-options-{}", std::process::id()));
/// let mut log = OpenOptions::new().append(true).create(true).open(&path).await?;
/// log.write_all(b"started\n").await?;
/// log.flush().await?;
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions {
    options: std::fs::OpenOptions,
}

impl OpenOptions {
    /// All off.
    pub fn new() -> OpenOptions {
        OpenOptions {
            options: std::fs::OpenOptions::new(),
        }
    }

    /// To read.
    pub fn read(&mut self, read: bool) -> &mut OpenOptions {
        self.options.read(read);
        self
    }

    /// To write, over what is there.
    pub fn write(&mut self, write: bool) -> &mut OpenOptions {
        self.options.write(write);
        self
    }

    /// To write, each time behind the end as it is then.
    pub fn append(&mut self, append: bool) -> &mut OpenOptions {
        self.options.append(append);
        self
    }

    /// Empties a file that is there.
    pub fn truncate(&mut self, truncate: bool) -> &mut OpenOptions {
        self.options.truncate(truncate);
        self
    }

    /// Makes the file if it is not there.
    pub fn create(&mut self, create: bool) -> &mut OpenOptions {
        self.options.create(create);
        self
    }

    /// Makes the file; fails if something of that name is there, in one step.
    pub fn create_new(&mut self, create_new: bool) -> &mut OpenOptions {
        self.options.create_new(create_new);
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    /// What the operating system says; `InvalidInput` for options that contradict each other; if
    /// the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: who gives up gets no file; it may have been made or emptied all the same.
    ///
    /// ```
    /// use runtime::fs::OpenOptions;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let manifest = OpenOptions::new().read(true).open("Cargo.toml").await?;
    /// assert!(manifest.metadata().await?.is_file());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (options, path) = (self.options.clone(), path.as_ref().to_owned());
        ask(move || options.open(path)).await.map(File::from_std)
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl From<std::fs::OpenOptions> for OpenOptions {
    fn from(options: std::fs::OpenOptions) -> OpenOptions {
        OpenOptions { options }
    }
}
