//! A multi-threaded, work-stealing async runtime: slots, threads and one seat.
//!
//! An application writes [`main`], spawns tasks, joins them, and uses sockets, timers, channels and
//! locks that never block a thread. Worker threads steal tasks from each other's queues; whichever
//! of them has nothing to do sleeps in the I/O driver and runs what it wakes.
//!
//! ```no_run
//! use runtime::io::{AsyncReadExt, AsyncWriteExt};
//! use runtime::net::TcpListener;
//!
//! #[runtime::main]
//! async fn main() -> std::io::Result<()> {
//!     let listener = TcpListener::bind("127.0.0.1:50000").await?;
//!     loop {
//!         let (mut stream, _peer) = listener.accept().await?;
//!         runtime::spawn(async move {
//!             let mut buffer = [0; 4096];
//!             while let Ok(read @ 1..) = stream.read(&mut buffer).await {
//!                 if stream.write_all(&buffer[..read]).await.is_err() {
//!                     break;
//!                 }
//!             }
//!         });
//!     }
//! }
//! ```
//!
//! Module paths, names and signatures are those of the field's standard vocabulary, so that code
//! moves over by renaming the crate. I/O and timers need no enabling; threads start when they are
//! first needed; a blocked worker is reported, and rescued by a spare slot.
//!
//! # Features
//!
//! All are on by default (`full`): `rt`, `rt-multi-thread`, `macros`, `net`, `io-util`, `sync`,
//! `time`, `fs`, `io-std`, `process`, `signal`;
//! `parking_lot` is accepted and changes nothing. Not among them: `futures-io` makes our streams
//! those of crates that are written against `futures-io`, and theirs ours; `test-util` adds `time::pause` and its like;
//! `tracing` makes each task a span of that crate's.
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(doctest)]
mod guide;

#[doc(hidden)]
pub mod macros;

#[cfg(feature = "macros")]
pub use runtime_macros::{main, test};

#[cfg(feature = "rt")]
pub use crate::runtime::{Builder, Handle, Runtime};
#[cfg(feature = "rt")]
pub use crate::task::spawn;

/// Runtimes: made by a [`Builder`], used through a [`Handle`].
///
/// ```
/// use runtime::runtime::Builder;
///
/// let runtime = Builder::new_multi_thread().worker_threads(2).build()?;
/// let answer = runtime.block_on(async { runtime::spawn(async { 6 * 7 }).await.unwrap() });
/// assert_eq!(answer, 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "rt")]
pub mod runtime {
    pub use runtime_core::builder::Builder;
    pub use runtime_core::handle::{Handle, RuntimeFlavor, RuntimeMetrics, TryCurrentError};
    pub use runtime_core::local_runtime::{LocalOptions, LocalRuntime};
    pub use runtime_core::runtime::{Id, Runtime, is_rt_shutdown_err, worker_index};
    pub use runtime_core::{EnterGuard, IoMode, Stall};
}

/// Tasks: small threads of control, many on few threads.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let task = runtime::spawn(async { 1 + 1 });
/// assert_eq!(task.await.unwrap(), 2);
///
/// let file = runtime::task::spawn_blocking(|| std::fs::metadata("Cargo.toml"));
/// assert!(file.await.unwrap().is_ok());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "rt")]
pub mod task {
    pub use runtime_core::coop::face::{Unconstrained, consume_budget, unconstrained};
    pub use runtime_core::join_set::{self, JoinSet};
    pub use runtime_core::local_set::{LocalEnterGuard, LocalSet, spawn_local};
    pub use runtime_core::spawn::{block_in_place, spawn, spawn_blocking, yield_now};
    pub use runtime_core::task::{AbortHandle, Id, JoinError, JoinHandle, id, try_id};

    /// The budget of a poll: how a task that is always ready still lets others run.
    ///
    /// Each poll of a task starts with 128 units. What makes progress (a receive, a lock, a read)
    /// spends one; with none left it wakes its task and returns `Pending`, and the task goes to the
    /// back of its queue. Waiting costs nothing.
    ///
    /// ```
    /// use runtime::task::coop;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// assert!(coop::has_budget_remaining());
    /// coop::consume_budget().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub mod coop {
        pub use runtime_core::coop::face::{
            Coop, RestoreOnPending, Unconstrained, consume_budget, cooperative, poll_proceed,
            unconstrained,
        };
        pub use runtime_core::coop::has_budget_remaining;
    }

    pub use runtime_core::task_local::{AccessError, LocalKey};

    /// Futures that have names.
    pub mod futures {
        pub use runtime_core::task_local::TaskLocalFuture;
    }
}

/// Timers and clocks: precise below a millisecond, and never early.
///
/// ```
/// use runtime::time::{Duration, Instant, sleep, timeout};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let start = Instant::now();
/// sleep(Duration::from_millis(5)).await;
/// assert!(start.elapsed() >= Duration::from_millis(5));
///
/// let late = timeout(Duration::from_millis(1), std::future::pending::<()>()).await;
/// assert!(late.is_err());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "time")]
pub mod time {
    pub use runtime_core::time::error;
    pub use runtime_core::time::{
        Duration, Instant, Interval, MissedTickBehavior, Sleep, Timeout, interval, interval_at,
        sleep, sleep_until, timeout, timeout_at,
    };
    #[cfg(feature = "test-util")]
    pub use runtime_core::time::{advance, pause, resume};
}

/// Channels and locks whose waiting never blocks a thread.
///
/// ```
/// use runtime::sync::{Mutex, mpsc};
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let total = Arc::new(Mutex::new(0));
/// let (sender, mut receiver) = mpsc::channel(8);
/// for value in 1..=3 {
///     let (sender, total) = (sender.clone(), Arc::clone(&total));
///     runtime::spawn(async move {
///         *total.lock().await += value;
///         sender.send(value).await.unwrap();
///     });
/// }
/// drop(sender);
/// while receiver.recv().await.is_some() {}
/// assert_eq!(*total.lock().await, 6);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "sync")]
pub mod sync {
    pub use runtime_core::sync::{
        AcquireError, Barrier, BarrierWaitResult, CancellationToken, DropGuard, DropGuardRef,
        MappedMutexGuard, Mutex, MutexGuard, Notify, OnceCell, OwnedMappedMutexGuard,
        OwnedMutexGuard, OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard,
        OwnedSemaphorePermit, RwLock, RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard,
        Semaphore, SemaphorePermit, SetError, SetOnce, SetOnceError, TryAcquireError, TryLockError,
        WaitForCancellationFuture, WaitForCancellationFutureOwned, broadcast, futures, mpsc,
        oneshot, watch,
    };
}

/// Reading and writing bytes: traits, buffers, utilities.
pub mod io {
    #[cfg(feature = "futures-io")]
    pub use runtime_io::futures_io::FuturesIo;
    pub use runtime_io::io::{
        AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, Error, ErrorKind, Interest, ReadBuf, Ready,
        Result, SeekFrom,
    };
    #[cfg(feature = "io-util")]
    pub use runtime_io::io::{
        AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream,
        BufWriter, Chain, DuplexStream, Empty, Join, Lines, ReadHalf, Repeat, SimplexStream, Sink,
        Split, Take, WriteHalf, copy, copy_bidirectional, copy_bidirectional_with_sizes, copy_buf,
        duplex, empty, join, repeat, simplex, sink, split,
    };
    #[cfg(feature = "io-std")]
    pub use runtime_io::stdio::{Stderr, Stdin, Stdout, stderr, stdin, stdout};

    /// Descriptors of somebody else's, to wait for.
    #[cfg(all(unix, feature = "net"))]
    pub mod unix {
        #[doc(hidden)]
        #[allow(deprecated, reason = "the older name stays")]
        pub use runtime_io::async_fd::AsyncFdTryNewError;
        pub use runtime_io::async_fd::{
            AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard, AsyncFdRegisterError, TryIoError,
        };
    }
}

/// Files and directories.
///
/// Operating systems offer no readiness for files, so calls that would block run on the runtime's
/// pool of blocking threads.
///
/// ```
/// use runtime::fs;
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let dir = std::env::temp_dir().join(format!("runtime-fs-{}", std::process::id()));
/// fs::create_dir_all(&dir).await?;
/// fs::write(dir.join("note"), "buy milk").await?;
/// assert_eq!(fs::read_to_string(dir.join("note")).await?, "buy milk");
/// fs::remove_dir_all(&dir).await?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "fs")]
pub mod fs {
    #[cfg(unix)]
    pub use runtime_io::fs::symlink;
    pub use runtime_io::fs::{
        DirBuilder, DirEntry, FailedWrite, File, FileTimes, OpenOptions, ReadDir, canonicalize,
        copy, create_dir, create_dir_all, hard_link, metadata, read, read_dir, read_link,
        read_to_string, remove_dir, remove_dir_all, remove_file, rename, set_permissions,
        symlink_metadata, try_exists, write,
    };
    #[cfg(windows)]
    pub use runtime_io::fs::{symlink_dir, symlink_file};
}

/// Sockets.
#[cfg(feature = "net")]
pub mod net {
    #[cfg(windows)]
    pub use runtime_io::net::windows;
    pub use runtime_io::net::{
        Datagram, Received, TcpListener, TcpSocket, TcpStream, ToSocketAddrs, UdpSocket,
        lookup_host, tcp,
    };
    #[cfg(unix)]
    pub use runtime_io::net::{UnixDatagram, UnixListener, UnixSocket, UnixStream, unix};
}

/// Signals of the operating system: Ctrl-C, and on Unix all the others.
///
/// ```no_run
/// # runtime::Runtime::new()?.block_on(async {
/// runtime::signal::ctrl_c().await?;
/// println!("the end was asked for");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "signal")]
pub mod signal {
    pub use runtime_io::signal::ctrl_c;

    /// The signals of Unix.
    #[cfg(unix)]
    pub mod unix {
        pub use runtime_io::signal::unix::{Signal, SignalKind, restore_default, signal};
    }

    /// Events of the console and the session on Windows.
    #[cfg(windows)]
    pub mod windows {
        pub use runtime_io::signal::windows::{
            CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close,
            ctrl_logoff, ctrl_shutdown,
        };
    }
}

/// Child processes.
///
/// ```
/// use runtime::process::Command;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let output = Command::new("echo").arg("hello").output().await?;
/// assert!(output.status.success());
/// assert_eq!(output.stdout, b"hello\n");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "process")]
pub mod process {
    pub use runtime_io::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
}
