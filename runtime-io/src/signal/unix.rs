//! Signals of Unix, by kind.

use std::fmt;
use std::io;
use std::os::raw::c_int;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use runtime_core::{Handle, coop};

mod board;
mod disposition;
mod hub;

use hub::{Courier, Hub};

use super::listeners::Place;

/// Which signal.
///
/// ```
/// use runtime::signal::unix::SignalKind;
///
/// assert_eq!(SignalKind::from(15), SignalKind::terminate());
/// assert_eq!(SignalKind::terminate().as_raw_value(), 15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(c_int);

impl SignalKind {
    /// The signal of this number, such as a real-time signal; whether it can be listened to turns
    /// out in [`signal`].
    pub const fn from_raw(signum: c_int) -> SignalKind {
        SignalKind(signum)
    }

    /// The number.
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }

    /// SIGALRM: a timer of the system ran out. Ends a process by default.
    pub const fn alarm() -> SignalKind {
        SignalKind(libc::SIGALRM)
    }

    /// SIGCHLD: a child changed its state. Ignored by default.
    pub const fn child() -> SignalKind {
        SignalKind(libc::SIGCHLD)
    }

    /// SIGHUP: the terminal is gone. Ends a process by default.
    pub const fn hangup() -> SignalKind {
        SignalKind(libc::SIGHUP)
    }

    /// SIGINT: Ctrl-C. Ends a process by default.
    pub const fn interrupt() -> SignalKind {
        SignalKind(libc::SIGINT)
    }

    /// SIGIO: a descriptor is ready. Ends a process by default.
    pub const fn io() -> SignalKind {
        SignalKind(libc::SIGIO)
    }

    /// SIGPIPE: a write to a pipe without a reader. Ends a process by default; Rust's own start-up
    /// has it ignored.
    pub const fn pipe() -> SignalKind {
        SignalKind(libc::SIGPIPE)
    }

    /// SIGQUIT: Ctrl-\\. Ends a process with a dump by default.
    pub const fn quit() -> SignalKind {
        SignalKind(libc::SIGQUIT)
    }

    /// SIGTERM: somebody asks the process to end. It does by default.
    pub const fn terminate() -> SignalKind {
        SignalKind(libc::SIGTERM)
    }

    /// SIGUSR1: for whatever the program likes. Ends a process by default.
    pub const fn user_defined1() -> SignalKind {
        SignalKind(libc::SIGUSR1)
    }

    /// SIGUSR2: for whatever the program likes. Ends a process by default.
    pub const fn user_defined2() -> SignalKind {
        SignalKind(libc::SIGUSR2)
    }

    /// SIGWINCH: the terminal has another size. Ignored by default.
    pub const fn window_change() -> SignalKind {
        SignalKind(libc::SIGWINCH)
    }
}

#[cfg(any(
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "macos",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "illumos"
))]
impl SignalKind {
    /// SIGINFO: the terminal asks how things go. Ignored by default.
    pub const fn info() -> SignalKind {
        SignalKind(libc::SIGINFO)
    }
}

impl From<c_int> for SignalKind {
    fn from(signum: c_int) -> SignalKind {
        SignalKind::from_raw(signum)
    }
}

impl From<SignalKind> for c_int {
    fn from(kind: SignalKind) -> c_int {
        kind.as_raw_value()
    }
}

/// Begins to listen to signals of a kind.
///
/// From the first listener on, the signal does not do any more what the system does by default,
/// also when the last listener is gone; [`restore_default`] gives that back. Handlers that other
/// libraries have installed before are called as well.
///
/// A forked child that wants to listen calls this anew; listeners of its parent stay silent there.
///
/// # Errors
/// For a signal that the system does not let anyone catch, or whose handler could not go on (SIGKILL,
/// SIGSTOP, SIGILL, SIGFPE, SIGSEGV), or a number that is none; what the operating system says of a
/// handler or a descriptor.
///
/// # Panics
/// If the calling thread is in no runtime.
///
/// ```
/// use runtime::signal::unix::{SignalKind, signal};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut hangups = signal(SignalKind::hangup())?;
/// std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status()?;
/// hangups.recv().await;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    // Panics before anything is installed.
    let _runtime = Handle::current();
    hub::check(kind.0)?;
    let hub = hub::hub()?;
    let courier = hub.courier()?;
    // In place before the handler is: nothing that it takes down is handed out without us.
    let place = hub.board.listen(kind.0);
    let signal = Signal {
        hub,
        place,
        courier,
    };
    hub.install(kind.0)?;
    Ok(signal)
}

/// Lets a signal do again what the system does by default, such as end the process.
///
/// Listeners that exist hear nothing from then on, until [`signal`] is called for that kind again.
/// Handlers of other libraries go as well: the signal has no handler afterwards.
///
/// # Errors
/// For a signal that cannot be listened to; what the operating system says.
///
/// ```
/// use runtime::signal::unix::{SignalKind, restore_default, signal};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let first = signal(SignalKind::interrupt())?;
/// drop(first);
/// // A second Ctrl-C ends the process, whatever it is busy with.
/// restore_default(SignalKind::interrupt())?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn restore_default(kind: SignalKind) -> io::Result<()> {
    hub::restore_default(kind.0)
}

/// Listens to signals of one kind; made by [`signal`].
///
/// Each listener hears each signal. Signals that arrive before the last one was received are one:
/// after a burst there is one, at least, to receive, as the system itself has it.
///
/// It may be polled in another runtime than it was made in, also when that has ended. As long as no
/// runtime that listens is driven, signals wait. Where no runtime is left to listen the answer is
/// `None`; what came meanwhile is there once it is polled in one that lives.
///
/// ```
/// use runtime::signal::unix::{SignalKind, signal};
/// use runtime::time::{Duration, timeout};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut reload = signal(SignalKind::user_defined1())?;
/// assert!(timeout(Duration::from_millis(1), reload.recv()).await.is_err(), "nobody asked");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a listener does nothing unless it is asked"]
pub struct Signal {
    hub: &'static Hub,
    place: Place,
    /// Of the runtime that this was made or last polled in, when the one before had ended.
    courier: Arc<Courier>,
}

impl Signal {
    /// Waits for the next signal; `None` if there is nobody to deliver one: the runtime has ended, and
    /// where this is polled no other can take its place.
    ///
    /// # Cancel safety
    /// Lossless: a signal that was not received stays.
    ///
    /// ```
    /// use runtime::signal::unix::{SignalKind, signal};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut hangups = signal(SignalKind::hangup())?;
    /// let me = std::process::id().to_string();
    /// std::process::Command::new("kill").args(["-HUP", &me]).status()?;
    /// assert_eq!(hangups.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv(&mut self) -> Option<()> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Polls for the next signal; `None` as with [`recv`](Signal::recv). Only the waker of the last
    /// call is woken.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let unit = ready!(coop::poll_proceed(cx));
        if self.hub.board.poll(self.place, cx.waker()).is_pending() {
            if self.is_followed() {
                return Poll::Pending;
            }
            unit.made();
            return Poll::Ready(None);
        }
        unit.made();
        Poll::Ready(Some(()))
    }

    /// Whether somebody delivers: this runtime does from now on, if the one that did has ended. One
    /// that has ended itself, or has no descriptors left, cannot.
    fn is_followed(&mut self) -> bool {
        if self.courier.is_open() {
            return true;
        }
        let courier = Handle::try_current().map(|_| self.hub.courier());
        let Ok(Ok(courier)) = courier else {
            return false;
        };
        self.courier = courier;
        true
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        self.hub.board.leave(self.place);
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("kind", &SignalKind(self.place.signal()))
            .finish_non_exhaustive()
    }
}

/// What Ctrl-C is here.
#[track_caller]
pub(super) fn ctrl_c() -> io::Result<Signal> {
    signal(SignalKind::interrupt())
}
