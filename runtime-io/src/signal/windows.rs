//! Events of the console and the session on Windows.
//!
//! The system calls a handler on a new thread for each event, so the handler may lock: it marks the
//! listeners and wakes them (`listeners.rs`), and no driver or runtime has part in it. It is
//! installed with the first listener and stays. While nobody listens to an event, the handler says
//! so, and the system goes on to the next one; the last of them, its own, ends the process.
//!
//! The process ends as soon as a handler returns from the console's closing, a logoff or a shutdown,
//! and after some seconds if it does not. So that the program has those seconds, it never does.
#![allow(unsafe_code, reason = "installing a handler")]

use std::fmt;
use std::io;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};
use std::thread;

use runtime_core::coop;
use runtime_core::loom::Mutex;
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
    SetConsoleCtrlHandler,
};
use windows_sys::core::BOOL;

use super::listeners::{Listeners, Place};

/// What the system waits for us to return from before it ends the process.
const FINAL: [u32; 3] = [CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT];

static HUB: OnceLock<Hub> = OnceLock::new();

/// What the process has once.
struct Hub {
    listeners: Listeners,
    is_installed: Mutex<bool>,
}

/// The handler, which the system calls on a thread of its own.
unsafe extern "system" fn handler(event: u32) -> BOOL {
    // It was made before the handler was installed.
    let Some(hub) = HUB.get() else {
        return 0;
    };
    if !hub.listeners.mark(|listened| listened == event as i32) {
        return 0;
    }
    while FINAL.contains(&event) {
        thread::park();
    }
    1
}

fn listen(event: u32) -> io::Result<Listener> {
    let hub = HUB.get_or_init(|| Hub {
        listeners: Listeners::new(),
        is_installed: Mutex::new(false),
    });
    // In place before the handler is: nothing arrives without us.
    let listener = Listener {
        hub,
        place: hub.listeners.listen(event as i32),
    };
    let mut is_installed = hub.is_installed.lock();
    if !*is_installed {
        // SAFETY: the handler may be called at any time, on any thread: all it touches is static.
        if unsafe { SetConsoleCtrlHandler(Some(handler), 1) } == 0 {
            return Err(io::Error::last_os_error());
        }
        *is_installed = true;
    }
    Ok(listener)
}

struct Listener {
    hub: &'static Hub,
    place: Place,
}

impl Listener {
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let unit = ready!(coop::poll_proceed(cx));
        ready!(self.hub.listeners.poll(self.place, cx.waker()));
        unit.made();
        Poll::Ready(Some(()))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.hub.listeners.leave(self.place);
    }
}

/// The example of a listener, which is not run: who would press the keys?
macro_rules! example {
    ($listen:ident) => {
        concat!(
            "```no_run\n# runtime::Runtime::new()?.block_on(async {\n",
            "let mut events = runtime::signal::windows::",
            stringify!($listen),
            "()?;\nevents.recv().await;\n",
            "# Ok::<(), std::io::Error>(())\n# })?;\n# Ok::<(), std::io::Error>(())\n```"
        )
    };
}

macro_rules! event {
    ($type:ident, $listen:ident, $event:ident, $what:literal) => {
        #[doc = concat!("Begins to listen to ", $what, ".")]
        ///
        /// As long as somebody listens, the event does not end the process by itself.
        ///
        /// # Errors
        /// What the operating system says of a handler.
        ///
        #[doc = example!($listen)]
        pub fn $listen() -> io::Result<$type> {
            listen($event).map(|listener| $type { listener })
        }

        #[doc = concat!("Listens to ", $what, "; made by [`", stringify!($listen), "`].")]
        ///
        /// Each listener hears each event. Events that arrive before the last one was received are
        /// one. It belongs to no runtime, and may be polled in any.
        ///
        #[doc = example!($listen)]
        #[must_use = "a listener does nothing unless it is asked"]
        pub struct $type {
            listener: Listener,
        }

        impl $type {
            /// Waits for the next event; always `Some`.
            ///
            /// # Cancel safety
            /// Lossless: an event that was not received stays.
            ///
            #[doc = example!($listen)]
            pub async fn recv(&mut self) -> Option<()> {
                std::future::poll_fn(|cx| self.poll_recv(cx)).await
            }

            /// Polls for the next event; always `Some`. Only the waker of the last call is woken.
            pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
                self.listener.poll_recv(cx)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    };
}

event!(CtrlC, ctrl_c, CTRL_C_EVENT, "Ctrl-C");

event!(CtrlBreak, ctrl_break, CTRL_BREAK_EVENT, "Ctrl-Break");

event!(
    CtrlClose,
    ctrl_close,
    CTRL_CLOSE_EVENT,
    "the closing of the console; the system leaves the program a few seconds then"
);

event!(
    CtrlLogoff,
    ctrl_logoff,
    CTRL_LOGOFF_EVENT,
    "a user's logoff, of which only services are told, and have a few seconds then"
);

event!(
    CtrlShutdown,
    ctrl_shutdown,
    CTRL_SHUTDOWN_EVENT,
    "the system's shutdown, of which only services are told, and have a few seconds then"
);

#[cfg(all(test, not(loom)))]
mod tests;
