//! A child process that was started.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::process::{self, ExitStatus, Output};

use runtime_core::macros::{branch, try_join};

use super::pipes::{ChildStderr, ChildStdin, ChildStdout};
use super::system::{self, exit, exit::Watch};
use crate::io::{AsyncRead, AsyncReadExt, again};

#[cfg(windows)]
mod windows;

/// A child process; made by [`Command::spawn`](super::Command::spawn).
///
/// Dropping it lets the child go on, unless [`kill_on_drop`](super::Command::kill_on_drop) says
/// otherwise. Either way no zombie stays: a child that nobody waits for is reaped within a second of
/// its end, also when its runtime is gone. (Where the system refuses the thread that does that, it is
/// asked again as often as a child is waited for or dropped.)
///
/// It may be awaited in another runtime than it was started in.
///
/// ```
/// use runtime::process::Command;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut child = Command::new("sh").args(["-c", "exit 3"]).spawn()?;
/// assert_eq!(child.wait().await?.code(), Some(3));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Child {
    state: State,
    /// What the child reads, if its command said `Stdio::piped`.
    pub stdin: Option<ChildStdin>,
    /// What the child writes to standard output, if its command said `Stdio::piped`.
    pub stdout: Option<ChildStdout>,
    /// What the child writes to standard error, if its command said `Stdio::piped`.
    pub stderr: Option<ChildStderr>,
}

#[derive(Debug)]
enum State {
    Running(Running),
    Ended(ExitStatus),
    /// Somebody else has its status; what the system said of that.
    Lost(io::Error),
}

/// A child that was not reaped; dropped, it is the reaper's.
struct Running {
    /// `None` only while it is dropped.
    child: Option<process::Child>,
    watch: Watch,
    kill_on_drop: bool,
}

impl Child {
    /// Takes over a child of std's.
    ///
    /// # Errors
    /// What the operating system says of its pipes; the child is killed, and reaped (P2).
    #[track_caller]
    pub(super) fn from_std(child: process::Child, kill_on_drop: bool) -> io::Result<Child> {
        let mut running = Running {
            child: Some(child),
            watch: Watch::Nothing,
            kill_on_drop: true,
        };
        let child = running.child();
        let stdin = child.stdin.take().map(ChildStdin::from_std);
        let stdout = child.stdout.take().map(ChildStdout::from_std);
        let stderr = child.stderr.take().map(ChildStderr::from_std);
        let (stdin, stdout, stderr) =
            (stdin.transpose()?, stdout.transpose()?, stderr.transpose()?);
        running.kill_on_drop = kill_on_drop;
        Ok(Child {
            state: State::Running(running),
            stdin,
            stdout,
            stderr,
        })
    }

    /// The system's number of the child; `None` once its end was seen, or it turned out that somebody
    /// else has seen it: another process may have the number then.
    pub fn id(&self) -> Option<u32> {
        match &self.state {
            State::Running(running) => running.child.as_ref().map(process::Child::id),
            State::Ended(_) | State::Lost(_) => None,
        }
    }

    /// Tells the child to die (SIGKILL; on Windows `TerminateProcess`), and does not wait for it.
    ///
    /// # Errors
    /// What the operating system says; none for a child that has ended.
    pub fn start_kill(&mut self) -> io::Result<()> {
        // P1: if somebody else has reaped it, a stranger may have its number.
        let _ = self.try_wait();
        if let State::Running(running) = &mut self.state {
            running.child().kill()?;
            running.kill_on_drop = false;
        }
        Ok(())
    }

    /// Kills the child and waits until it has gone.
    ///
    /// # Errors
    /// Those of [`start_kill`](Child::start_kill) and [`wait`](Child::wait).
    ///
    /// # Cancel safety
    /// Resumable: the child is killed at the first poll; who calls again waits on.
    ///
    /// ```
    /// use runtime::process::Command;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// child.kill().await?;
    /// assert_eq!(child.id(), None);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn kill(&mut self) -> io::Result<()> {
        self.start_kill()?;
        self.wait().await?;
        Ok(())
    }

    /// Waits for the end of the child, and closes its standard input first: a child that reads to
    /// the end would otherwise wait for us. Again and again the same status, or that it is lost.
    ///
    /// A child that writes more than a pipe holds waits until somebody reads:
    /// [`wait_with_output`](Child::wait_with_output) does both.
    ///
    /// # Errors
    /// Somebody else has reaped the child, or the process ignores SIGCHLD: its status is lost. What
    /// the operating system says.
    ///
    /// # Panics
    /// If the calling thread is in no runtime, while the child runs.
    ///
    /// # Cancel safety
    /// Lossless; standard input stays closed.
    ///
    /// ```
    /// use runtime::process::Command;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut child = Command::new("true").spawn()?;
    /// assert!(child.wait().await?.success());
    /// assert!(child.wait().await?.success());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        let outcome = match &mut self.state {
            State::Ended(status) => return Ok(*status),
            State::Lost(error) => return Err(again(error)),
            State::Running(running) => {
                let Running { child, watch, .. } = running;
                let child = child.as_mut().expect("it was not dropped");
                poll_fn(|cx| watch.poll_exit(child, cx)).await
            }
        };
        self.keep(outcome.as_ref().copied());
        outcome
    }

    /// The status, if the child has ended.
    ///
    /// # Errors
    /// As with [`wait`](Child::wait).
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let outcome = match &mut self.state {
            State::Ended(status) => return Ok(Some(*status)),
            State::Lost(error) => return Err(again(error)),
            State::Running(running) => exit::look(running.child()),
        };
        if let Some(found) = outcome.as_ref().copied().transpose() {
            self.keep(found);
        }
        outcome
    }

    /// Keeps what was found, if it is the last that the system tells of the child.
    fn keep(&mut self, found: Result<ExitStatus, &io::Error>) {
        let state = match found {
            Ok(status) => State::Ended(status),
            Err(error) if exit::is_lost(error) => State::Lost(again(error)),
            Err(_) => return,
        };
        if let State::Running(running) = &mut self.state {
            // It refers to the child.
            running.watch = Watch::Nothing;
            // Reaped: nothing is left to be done.
            running.child = None;
        }
        self.state = state;
    }

    /// Waits for the end of the child and reads all that it writes meanwhile; of the streams that
    /// are piped. Standard input is closed.
    ///
    /// It ends when the child has ended and nobody holds the other ends of the pipes any more: a
    /// grandchild may. What is read is kept in memory, without a bound.
    ///
    /// # Errors
    /// Those of [`wait`](Child::wait) and of reading.
    ///
    /// # Panics
    /// If the calling thread is in no runtime, while the child runs.
    ///
    /// # Cancel safety
    /// Lossy: the child is dropped, and what was read is lost.
    ///
    /// ```
    /// use runtime::process::Command;
    /// use std::process::Stdio;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
    /// assert_eq!(child.wait_with_output().await?.stdout, b"hello\n");
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait_with_output(mut self) -> io::Result<Output> {
        let (mut out, mut error) = (self.stdout.take(), self.stderr.take());
        let all = pin!((
            branch(self.wait()),
            branch(read_to_end(&mut out)),
            branch(read_to_end(&mut error)),
        ));
        let (status, stdout, stderr) = try_join(all).await?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }
}

async fn read_to_end<R: AsyncRead + Unpin>(pipe: &mut Option<R>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

impl Running {
    fn child(&mut self) -> &mut process::Child {
        self.child.as_mut().expect("it was not dropped")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // P1.
        if self.kill_on_drop && !exit::has_ended(&mut child) {
            // If it fails the child lives on, and is reaped all the same.
            let _ = child.kill();
        }
        // It refers to the child.
        self.watch = Watch::Nothing;
        system::leave(child);
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("id", &self.child.as_ref().map(process::Child::id))
            .field("kill_on_drop", &self.kill_on_drop)
            .finish_non_exhaustive()
    }
}
