//! What a process has once for all its runtimes: the board, the bell, and a courier a runtime.
//!
//! **The bell** is a pipe, both ends non-blocking. It holds a byte or two at most: who rings found
//! an empty board (`board.rs`), so a write never finds it full.
//!
//! **Couriers.** Each runtime that listens has one: a waker with the bell's end at the runtime's
//! driver. When the bell rings the driver wakes it, and it delivers there and then: no task and no
//! thread, and a runtime that nobody drives at the moment keeps no other from hearing. It lives
//! until its runtime shuts down. Then it wakes all listeners, and those that are polled elsewhere
//! get a courier there: a signal outlives the runtime that it was made in.
//!
//! **Forked children** have a board and a bell of their own from their first [`hub`] on
//! (`per_process.rs`). Until then a handler that they have inherited does nothing: the parent's bell
//! is none of theirs, and its number may be that of a file which they have opened.
//!
//! **Handlers.** signal-hook-registry keeps them: other libraries' stay in service beside ours. We
//! add that they run on the alternate stack, if the thread has one. A handler is installed once and
//! stays; [`restore_default`] puts the system's own behaviour in its place, and the next listener
//! ours again.
#![allow(unsafe_code, reason = "installing a signal handler")]

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use mio::Interest;
use mio::unix::pipe::{self, Receiver, Sender};
use runtime_core::loom::Mutex;
use runtime_core::runtime::Id;
use runtime_core::{Handle, coop};

use super::board::{self, Board, SIGNALS};
use super::disposition;
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::per_process::PerProcess;

static HUB: PerProcess<Hub> = PerProcess::new();

/// A bit a signal that has our handler; children inherit both.
static INSTALLED: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];

/// What a process has once.
pub(super) struct Hub {
    pub(super) board: Board,
    bell: Sender,
    bell_end: Receiver,
    couriers: Mutex<Vec<Arc<Courier>>>,
    /// Held while a handler is installed, or taken out.
    installing: Mutex<()>,
}

/// The hub of this process.
///
/// # Errors
/// What the operating system says of a pipe.
pub(super) fn hub() -> io::Result<&'static Hub> {
    HUB.get_or_make(|| {
        let (bell, bell_end) = pipe::new()?;
        Ok(Hub {
            board: Board::new(),
            bell,
            bell_end,
            couriers: Mutex::new(Vec::new()),
            installing: Mutex::new(()),
        })
    })
}

/// Steps (1) and (2); runs in a signal handler.
fn arrived(signal: i32) {
    if let Some(hub) = HUB.peek() {
        if hub.board.note(signal) {
            // It cannot be full; were it broken there would be nobody to tell. Bounded by the
            // signals that interrupt this one's handler.
            let ring = || (&hub.bell).write(&[1]);
            while matches!(ring(), Err(error) if error.kind() == io::ErrorKind::Interrupted) {}
        }
    }
}

/// Whether this signal may be listened to.
///
/// # Errors
/// If not.
pub(super) fn check(signal: i32) -> io::Result<()> {
    let is_known = (1..=SIGNALS).contains(&signal);
    if is_known && !signal_hook_registry::FORBIDDEN.contains(&signal) {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "signal {signal} cannot be listened to"
        )))
    }
}

impl Hub {
    /// Sees to it that `signal` reaches [`arrived`].
    ///
    /// It has been [`check`]ed.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn install(&self, signal: i32) -> io::Result<()> {
        let (word, bit) = board::bit(signal);
        let installed = &INSTALLED[word];
        let _one = self.installing.lock();
        // Relaxed: the lock orders what this process does, fork what its parent did.
        if installed.load(Ordering::Relaxed) & bit == 0 {
            // SAFETY: the action is async-signal-safe: atomic operations, `getpid` and a `write`.
            unsafe { signal_hook_registry::register(signal, move || arrived(signal)) }?;
            // Relaxed: as above.
            installed.fetch_or(bit, Ordering::Relaxed);
        }
        disposition::catch(signal)
    }

    /// The courier of the current runtime.
    ///
    /// # Errors
    /// What the operating system says; after a shutdown.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub(super) fn courier(&'static self) -> io::Result<Arc<Courier>> {
        let runtime = Handle::current().id();
        let mut couriers = self.couriers.lock();
        if let Some(found) = couriers.iter().find(|courier| courier.runtime == runtime) {
            return Ok(Arc::clone(found));
        }
        let end = Evented::new(BellEnd(&self.bell_end), Interest::READABLE)?;
        let courier = Arc::new(Courier {
            hub: self,
            runtime,
            end: Mutex::new(Some(end)),
            open: AtomicBool::new(true),
        });
        courier.empty_and_arm()?;
        couriers.push(Arc::clone(&courier));
        drop(couriers);
        self.board.deliver();
        Ok(courier)
    }
}

/// Lets `signal` do from now on what the system does by default.
///
/// # Errors
/// For a signal that cannot be listened to.
pub(super) fn restore_default(signal: i32) -> io::Result<()> {
    check(signal)?;
    let _one = hub()?.installing.lock();
    disposition::restore_default(signal)
}

/// The bell's end, which is never closed.
#[derive(Debug)]
struct BellEnd(&'static Receiver);

impl AsRawFd for BellEnd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Who delivers in one runtime; woken by its driver.
pub(super) struct Courier {
    hub: &'static Hub,
    runtime: Id,
    /// Gone after the runtime's shutdown.
    end: Mutex<Option<Evented<BellEnd>>>,
    open: AtomicBool,
}

impl Courier {
    /// Whether its runtime lives.
    ///
    /// A listener leaves its waker first and asks then; the courier closes first and wakes all
    /// then, under the same lock: one of the two sees the other.
    pub(super) fn is_open(&self) -> bool {
        // Acquire: pairs with `close`.
        self.open.load(Ordering::Acquire)
    }

    /// Step (a).
    ///
    /// # Errors
    /// After a shutdown.
    fn empty_and_arm(self: &Arc<Self>) -> io::Result<()> {
        let waker = Waker::from(Arc::clone(self));
        let mut cx = Context::from_waker(&waker);
        // The budget of the task that happens to run here is not ours.
        let _unlimited = coop::unconstrained();
        let end = self.end.lock();
        let Some(end) = &*end else {
            return Ok(());
        };
        let mut bytes = [0; 16];
        loop {
            match end.poll_io(Direction::Read, &mut cx, || (&mut &*end.0).read(&mut bytes)) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Ok(()),
            }
        }
    }

    fn close(&self) {
        self.hub
            .couriers
            .lock()
            .retain(|courier| !std::ptr::eq(&**courier, self));
        // Release: pairs with `is_open`.
        self.open.store(false, Ordering::Release);
        let end = self.end.lock().take();
        drop(end);
        self.hub.board.stir();
    }
}

impl Wake for Courier {
    fn wake(self: Arc<Self>) {
        let outcome = self.empty_and_arm();
        self.hub.board.deliver();
        if outcome.is_err() {
            self.close();
        }
    }
}
