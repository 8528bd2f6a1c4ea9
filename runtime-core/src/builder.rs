//! The settings of a runtime, and how it is made from them.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::local_runtime::{LocalOptions, LocalRuntime};
use crate::loom;
use crate::runtime::Runtime;
use crate::scheduler::{Config, Flavor, IoMode, MAX_SLOTS, Shared, Stall};
use crate::timer::clock::Clock;
use crate::util::thread_end;

/// The environment variable that overrides the default number of workers.
const WORKERS_VARIABLE: &str = "RUNTIME_WORKER_THREADS";

/// The variable that the field's standard vocabulary knows; the other one goes first.
const WORKERS_VARIABLE_STANDARD: &str = "TOKIO_WORKER_THREADS";

/// A stack that a system is taken to have to give, until it is asked for.
const SURE_STACK: usize = 64 << 20;

/// Above this musl takes a size for none, at which the standard library panics.
const MAX_STACK: usize = usize::MAX / 4;

/// The settings of a runtime.
///
/// I/O and timers need no enabling; `enable_all` and its like are accepted and do nothing.
///
/// A runtime keeps its hooks as long as anything keeps the runtime. A hook that owns a
/// [`Handle`](crate::Handle) to its own runtime closes a circle, and the memory of that runtime is
/// never freed: call [`Handle::current`](crate::Handle::current) in the hook instead, which works on
/// all threads but those of the blocking pool.
///
/// ```
/// use runtime::runtime::Builder;
///
/// let runtime = Builder::new_multi_thread()
///     .worker_threads(2)
///     .thread_name("app")
///     .enable_all()
///     .build()?;
/// assert_eq!(runtime.block_on(async { 1 }), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Builder {
    config: Config,
    workers: Option<usize>,
    start_paused: bool,
    start_now: bool,
}

impl Builder {
    /// A runtime whose tasks run on the thread that is in `block_on`.
    pub fn new_current_thread() -> Builder {
        Builder::new(Flavor::CurrentThread)
    }

    /// A runtime whose tasks run on several threads that steal from each other.
    pub fn new_multi_thread() -> Builder {
        Builder::new(Flavor::MultiThread)
    }

    fn new(flavor: Flavor) -> Builder {
        Builder {
            config: Config {
                name: None,
                flavor,
                worker_threads: 1,
                max_blocking_threads: 512,
                thread_name: None,
                stack_size: None,
                keep_alive: Duration::from_secs(10),
                on_thread_start: None,
                on_thread_stop: None,
                on_thread_park: None,
                on_thread_unpark: None,
                event_interval: 61,
                global_queue_interval: 61,
                stall_policy: Some(Duration::from_millis(10)),
                on_stall: None,
                io_mode: IoMode::default(),
            },
            workers: None,
            start_paused: false,
            start_now: false,
        }
    }

    /// Accepted for compatibility: I/O and timers are always there.
    pub fn enable_all(&mut self) -> &mut Builder {
        self
    }

    /// Accepted for compatibility: I/O is always there.
    pub fn enable_io(&mut self) -> &mut Builder {
        self
    }

    /// Accepted for compatibility: timers are always there.
    pub fn enable_time(&mut self) -> &mut Builder {
        self
    }

    /// Accepted for compatibility: how many events one look at the driver takes at most is the
    /// driver's own choice.
    ///
    /// # Panics
    /// If `capacity` is 0.
    #[track_caller]
    pub fn max_io_events_per_tick(&mut self, capacity: usize) -> &mut Builder {
        assert!(capacity > 0, "max_io_events_per_tick must be non-zero");
        self
    }

    /// Accepted for compatibility, as [`Builder::max_io_events_per_tick`].
    ///
    /// # Panics
    /// If `capacity` is 0.
    #[track_caller]
    pub fn max_io_events_per_busy_tick(&mut self, capacity: usize) -> &mut Builder {
        assert!(capacity > 0, "max_io_events_per_busy_tick must be non-zero");
        self
    }

    /// How many slots there are, that is how many tasks run at once; at most 1024 are used.
    ///
    /// Default: the number of cores that the process may use, or the environment variable
    /// `RUNTIME_WORKER_THREADS` (or `TOKIO_WORKER_THREADS`), if it is set. The cores are counted when the
    /// process, or the one that it was forked from, first needs them, and not again: who changes them
    /// later says here how many there are. A current-thread runtime has one, whatever is set.
    ///
    /// # Panics
    /// If `count` is 0.
    #[track_caller]
    pub fn worker_threads(&mut self, count: usize) -> &mut Builder {
        assert!(count > 0, "worker_threads must be at least 1");
        self.workers = Some(count.min(MAX_SLOTS));
        self
    }

    /// Names the runtime: its handles show the name in their `Debug` output and by [`Handle::name`].
    ///
    /// # Panics
    /// If the name is empty or blank.
    ///
    /// [`Handle::name`]: crate::Handle::name
    #[track_caller]
    pub fn name(&mut self, name: impl Into<String>) -> &mut Builder {
        let name = name.into();
        assert!(
            !name.trim().is_empty(),
            "the name of a runtime must not be empty"
        );
        self.config.name = Some(name);
        self
    }

    /// How many threads run blocking closures at once; default 512.
    ///
    /// All others wait their turn, without a bound. A closure that waits for another, while all
    /// threads are at closures that do so, waits for ever: nobody tells it.
    ///
    /// # Panics
    /// If `count` is 0.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, count: usize) -> &mut Builder {
        assert!(count > 0, "max_blocking_threads must be at least 1");
        self.config.max_blocking_threads = count;
        self
    }

    /// The name of every thread; default: the name of its role (`runtime-worker`,
    /// `runtime-sentinel`, `runtime-blocking`, …).
    ///
    /// # Panics
    /// If the name contains a NUL byte.
    #[track_caller]
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Builder {
        let name = name.into();
        assert!(
            !name.contains('\0'),
            "a thread name must not contain a NUL byte"
        );
        self.config.thread_name = Some(Arc::new(move |_role| name.clone()));
        self
    }

    /// Called for the name of each thread that is started. If it panics, the thread gets the name
    /// of its role.
    pub fn thread_name_fn<F>(&mut self, name: F) -> &mut Builder
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        // A name with a NUL byte would make the thread fail to start: it is cut there.
        self.config.thread_name = Some(Arc::new(move |_role| {
            let mut name = name();
            if let Some(end) = name.find('\0') {
                name.truncate(end);
            }
            name
        }));
        self
    }

    /// The stack size of every thread, in bytes; default: that of the platform. One that cannot be had
    /// is an error of [`Builder::build`]. One that is too small for what runs on it ends the process, as
    /// with any thread.
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Builder {
        self.config.stack_size = Some(bytes);
        self
    }

    /// How long an idle thread of the blocking pool waits before it ends; default 10 seconds.
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Builder {
        self.config.keep_alive = duration;
        self
    }

    /// Called on each thread of the runtime when it starts, those for blocking closures included; in
    /// the runtime's context, as everything on these threads.
    ///
    /// A panic of this hook, or of any of the others, ends there: the thread goes on.
    pub fn on_thread_start<F>(&mut self, hook: F) -> &mut Builder
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.config.on_thread_start = Some(Arc::new(hook));
        self
    }

    /// Called on each thread of the runtime before it ends.
    ///
    /// A panic of the hook ends there.
    pub fn on_thread_stop<F>(&mut self, hook: F) -> &mut Builder
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.config.on_thread_stop = Some(Arc::new(hook));
        self
    }

    /// Called on a thread that is about to sleep because it has no work. It should be quick: it
    /// runs each time.
    ///
    /// Also on threads in `block_on`. A panic of the hook ends there, and the thread sleeps.
    pub fn on_thread_park<F>(&mut self, hook: F) -> &mut Builder
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.config.on_thread_park = Some(Arc::new(hook));
        self
    }

    /// Called on a thread that has just been woken, also in `block_on`.
    ///
    /// A panic of the hook ends there, and the thread goes on.
    pub fn on_thread_unpark<F>(&mut self, hook: F) -> &mut Builder
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.config.on_thread_unpark = Some(Arc::new(hook));
        self
    }

    /// After how many polls a busy thread looks into the I/O driver and at the timers; default 61.
    ///
    /// Where the last look brought all that one may, and half of the tasks that waited after it have not
    /// had their poll by then, it is up to twice as many: what the driver has would only wait behind them.
    ///
    /// # Panics
    /// If `polls` is 0.
    #[track_caller]
    pub fn event_interval(&mut self, polls: u32) -> &mut Builder {
        assert!(polls > 0, "event_interval must be at least 1");
        self.config.event_interval = polls;
        self
    }

    /// After how many polls a busy thread takes from the shared queue first; default 61.
    ///
    /// # Panics
    /// If `polls` is 0.
    #[track_caller]
    pub fn global_queue_interval(&mut self, polls: u32) -> &mut Builder {
        assert!(polls > 0, "global_queue_interval must be at least 1");
        self.config.global_queue_interval = polls;
        self
    }

    /// Starts with a paused clock: time moves only by `advance`, or by itself to the next deadline
    /// when there is nothing else to do.
    pub fn start_paused(&mut self, paused: bool) -> &mut Builder {
        self.start_paused = paused;
        self
    }

    /// For how long a poll may go on, while other work waits, before it counts as a stall and, if
    /// all slots are stuck, a spare slot is opened; default 10 ms. `None`: no poll counts as a
    /// stall and there are no spares. Multi-thread runtimes only.
    ///
    /// A waker that blocks the thread by which an event or a timer calls it makes its slot stuck, too;
    /// it is no stall of a task, and not reported.
    pub fn stall_policy(&mut self, limit: Option<Duration>) -> &mut Builder {
        self.config.stall_policy = limit;
        self
    }

    /// Called once for each stall, on a thread of the runtime that is not stuck, with the task's id
    /// and where it was spawned.
    ///
    /// Without a hook a stall of more than 200 ms is a line on standard error, once for each place
    /// that spawns such tasks. A hook that does nothing silences it. A panic of the hook ends there.
    ///
    /// ```
    /// use runtime::runtime::Builder;
    ///
    /// let runtime = Builder::new_multi_thread()
    ///     .on_stall(|stall| eprintln!("{stall}"))
    ///     .build()?;
    /// # drop(runtime);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_stall<F>(&mut self, hook: F) -> &mut Builder
    where
        F: Fn(&Stall) + Send + Sync + 'static,
    {
        self.config.on_stall = Some(Arc::new(hook));
        self
    }

    /// Who sleeps in the I/O driver; multi-thread runtimes only.
    pub fn io_mode(&mut self, mode: IoMode) -> &mut Builder {
        self.config.io_mode = mode;
        self
    }

    /// Starts all worker threads in `build`, which then gives the operating system's error if one
    /// is refused. By default threads start when they are first needed, and a refused one loses
    /// nothing.
    pub fn start_threads_now(&mut self, now: bool) -> &mut Builder {
        self.start_now = now;
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// With [`Builder::start_threads_now`]: if a thread is refused. If no thread can have the stack of
    /// [`Builder::thread_stack_size`]. If the environment variable for the number of workers is set and
    /// is no number above 0.
    pub fn build(&mut self) -> io::Result<Runtime> {
        let mut config = self.config.clone();
        config.worker_threads = match config.flavor {
            Flavor::CurrentThread => 1,
            Flavor::MultiThread => match self.workers {
                Some(workers) => workers,
                None => default_workers()?,
            },
        };
        if let Some(bytes) = config.stack_size {
            try_stack(bytes)?;
        }
        let clock = Clock::new();
        if self.start_paused {
            clock.pause().map_err(io::Error::other)?;
        }
        let runtime = Runtime::from_shared(Shared::new(config, clock));
        if self.start_now {
            runtime.handle().shared().start_all()?;
        }
        Ok(runtime)
    }

    /// Makes a runtime of this thread, whose tasks need not be `Send`.
    ///
    /// # Errors
    /// As [`Builder::build`].
    ///
    /// # Panics
    /// If this is the builder of a multi-thread runtime.
    #[track_caller]
    pub fn build_local(&mut self, _options: LocalOptions) -> io::Result<LocalRuntime> {
        assert!(
            self.config.flavor == Flavor::CurrentThread,
            "only `current_thread` runtimes can be local: begin with Builder::new_current_thread"
        );
        self.build().map(LocalRuntime::from_runtime)
    }
}

/// The number of workers where the builder was told none.
fn default_workers() -> io::Result<usize> {
    for variable in [WORKERS_VARIABLE, WORKERS_VARIABLE_STANDARD] {
        let Some(value) = std::env::var_os(variable) else {
            continue;
        };
        let count = value
            .to_str()
            .and_then(|text| text.trim().parse::<usize>().ok());
        return match count {
            Some(count) if count > 0 => Ok(count.min(MAX_SLOTS)),
            _ => {
                let text = format!("{variable} must be a number above 0, it is {value:?}");
                Err(io::Error::new(io::ErrorKind::InvalidInput, text))
            }
        };
    }
    Ok(available_cores())
}

/// Whether a thread can have a stack of that size: better said at once than by threads that never start.
fn try_stack(bytes: usize) -> io::Result<()> {
    if bytes > MAX_STACK {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    if bytes > SURE_STACK {
        let thread = loom::thread::Builder::new().stack_size(bytes);
        thread_end::wait(thread.spawn(|| ())?);
    }
    Ok(())
}

/// How many cores the process may use; asked of the operating system once: on Linux that reads the files
/// of control groups, which takes longer than all else that a runtime is made of.
fn available_cores() -> usize {
    static CORES: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: whoever asks first stores what all others would.
    match CORES.load(Ordering::Relaxed) {
        0 => {
            let cores = std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(MAX_SLOTS);
            // Relaxed: as above.
            CORES.store(cores, Ordering::Relaxed);
            cores
        }
        cores => cores,
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("workers", &self.workers)
            .field("start_paused", &self.start_paused)
            .field("start_threads_now", &self.start_now)
            .finish()
    }
}
