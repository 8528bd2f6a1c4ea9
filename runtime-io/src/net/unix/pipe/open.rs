//! Opening a pipe that has a path.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::descriptor::check_is_pipe;
use super::{Receiver, Sender};

/// How to open a pipe that has a path, a FIFO.
///
/// ```no_run
/// use runtime::net::unix::pipe;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let receiver = pipe::OpenOptions::new().open_receiver("orders")?;
/// let sender = pipe::OpenOptions::new().open_sender("orders")?;
/// # drop((sender, receiver));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    read_write: bool,
    unchecked: bool,
}

impl OpenOptions {
    /// Opens one direction, and checks that the path is a pipe.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Whether to open both directions, as only Linux can: then a sender needs no receiver, and a
    /// receiver does not come to an end when the last sender leaves.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn read_write(&mut self, value: bool) -> &mut OpenOptions {
        self.read_write = value;
        self
    }

    /// Whether to leave out the check that the path is a pipe.
    pub fn unchecked(&mut self, value: bool) -> &mut OpenOptions {
        self.unchecked = value;
        self
    }

    /// Opens the end that reads. Before the first sender comes it is at its end.
    ///
    /// # Errors
    /// `InvalidInput` if it is no pipe; what the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        Receiver::from_file_unchecked(self.open(path.as_ref(), true, self.read_write)?)
    }

    /// Opens the end that writes.
    ///
    /// # Errors
    /// `ENXIO` if nobody has it open to read; `InvalidInput` if it is no pipe; what the operating
    /// system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        Sender::from_file_unchecked(self.open(path.as_ref(), self.read_write, true)?)
    }

    fn open(&self, path: &Path, read: bool, write: bool) -> io::Result<File> {
        let file = fs::OpenOptions::new()
            .read(read)
            .write(write)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)?;
        if !self.unchecked {
            check_is_pipe(&file)?;
        }
        Ok(file)
    }
}
