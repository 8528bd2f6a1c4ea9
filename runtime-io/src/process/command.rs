//! How a child is to be started.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{self, ExitStatus, Output, Stdio};

use runtime_core::Handle;

use super::child::Child;

#[cfg(unix)]
mod unix;

#[cfg(windows)]
mod windows;

/// A program with its arguments, environment and streams, to be started as often as wanted.
///
/// It is `std::process::Command`, whose children are awaited.
///
/// ```
/// use runtime::process::Command;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let output = Command::new("sh").arg("-c").arg("echo $GREETING").env("GREETING", "hello").output();
/// assert_eq!(output.await?.stdout, b"hello\n");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Command {
    std: process::Command,
    kill_on_drop: bool,
}

impl Command {
    /// A program, looked up in `PATH` if the name has no slash, without arguments, with the
    /// environment, the folder and the streams of this process.
    pub fn new<S: AsRef<OsStr>>(program: S) -> Command {
        Command::from(process::Command::new(program))
    }

    /// As std knows it.
    pub fn as_std(&self) -> &process::Command {
        &self.std
    }

    /// As std knows it, to change.
    pub fn as_std_mut(&mut self) -> &mut process::Command {
        &mut self.std
    }

    /// Std's command; whether to kill on drop is lost.
    pub fn into_std(self) -> process::Command {
        self.std
    }

    /// Adds an argument.
    pub fn arg<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.std.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<I, S>(&mut self, args: I) -> &mut Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.std.args(args);
        self
    }

    /// Sets a variable of the environment.
    pub fn env<K, V>(&mut self, key: K, val: V) -> &mut Command
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.env(key, val);
        self
    }

    /// Sets variables of the environment.
    pub fn envs<I, K, V>(&mut self, vars: I) -> &mut Command
    where
        I: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.envs(vars);
        self
    }

    /// Takes a variable out of the environment.
    pub fn env_remove<K: AsRef<OsStr>>(&mut self, key: K) -> &mut Command {
        self.std.env_remove(key);
        self
    }

    /// Inherits nothing of the environment.
    pub fn env_clear(&mut self) -> &mut Command {
        self.std.env_clear();
        self
    }

    /// Sets the folder in which the child starts.
    pub fn current_dir<P: AsRef<Path>>(&mut self, dir: P) -> &mut Command {
        self.std.current_dir(dir);
        self
    }

    /// Sets where the child reads from: inherited by default, also in [`output`](Command::output).
    pub fn stdin<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdin(cfg);
        self
    }

    /// Sets where the child writes to: inherited by default.
    pub fn stdout<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdout(cfg);
        self
    }

    /// Sets where the child writes errors to: inherited by default.
    pub fn stderr<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stderr(cfg);
        self
    }

    /// Whether a child is killed when its [`Child`] is dropped before its end was seen, as with a
    /// future that is cancelled. It is not, by default.
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Command {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// What [`kill_on_drop`](Command::kill_on_drop) was set to.
    pub fn get_kill_on_drop(&self) -> bool {
        self.kill_on_drop
    }

    /// Starts a child.
    ///
    /// # Errors
    /// What the operating system says of the program, or of a process or a pipe. No child is left
    /// then.
    ///
    /// # Panics
    /// If the calling thread is in no runtime; no child was started.
    #[track_caller]
    pub fn spawn(&mut self) -> io::Result<Child> {
        let _runtime = Handle::current();
        let child = self.std.spawn()?;
        Child::from_std(child, self.kill_on_drop)
    }

    /// Starts a child, now, and gives a future that waits for its end.
    ///
    /// Pipes that the command asks for are closed when that begins.
    ///
    /// # Errors
    /// Those of [`spawn`](Command::spawn) and [`Child::wait`].
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossy: the child goes on, or is killed, as [`kill_on_drop`](Command::kill_on_drop) says.
    ///
    /// ```
    /// use runtime::process::Command;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// assert!(!Command::new("false").status().await?.success());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        let child = self.spawn();
        async {
            let mut child = child?;
            child.stdout.take();
            child.stderr.take();
            child.wait().await
        }
    }

    /// Starts a child with its output piped, now, and gives a future that reads it all.
    ///
    /// Standard input is inherited; say `Stdio::null` or `Stdio::piped` if that is not wanted.
    ///
    /// # Errors
    /// Those of [`spawn`](Command::spawn) and [`Child::wait_with_output`].
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    ///
    /// # Cancel safety
    /// Lossy: as with [`status`](Command::status); what was read is lost.
    ///
    /// ```
    /// use runtime::process::Command;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let output = Command::new("sh").args(["-c", "echo out; echo bad >&2"]).output().await?;
    /// assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"bad\n"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + use<> {
        self.std.stdout(Stdio::piped());
        self.std.stderr(Stdio::piped());
        let child = self.spawn();
        async { child?.wait_with_output().await }
    }
}

impl From<process::Command> for Command {
    fn from(std: process::Command) -> Command {
        Command {
            std,
            kill_on_drop: false,
        }
    }
}
