//! What I/O asks of the runtime around it; the only file that knows where a runtime is found.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use runtime_core::park::driver::{Driver, Poller};
use runtime_core::task::JoinHandle;
use runtime_core::{Handle, time};

use super::lookups::Answer;
use super::reactor::{self, Reactor};

/// The current runtime's reactor, made at the first call.
///
/// # Errors
/// What the operating system says of making it.
///
/// # Panics
/// If the calling thread is in no runtime.
#[track_caller]
pub(super) fn reactor() -> io::Result<Reactor> {
    let Ok(handle) = Handle::try_current() else {
        panic!(
            "no runtime on this thread: an I/O object needs one, made inside of `block_on`, \
                a task or the scope of `Handle::enter`"
        );
    };
    let driver = handle.driver_or_install(|| {
        let (selector, reactor) = reactor::open()?;
        let poller: Box<dyn Poller> = Box::new(selector);
        let driver: Arc<dyn Driver> = Arc::new(reactor);
        Ok((poller, driver))
    })?;
    let ours = driver.as_any().downcast_ref::<Reactor>();
    Ok(ours
        .expect("this crate's driver, or none, is installed")
        .clone())
}

/// A while from the first poll on; an error if the runtime ends before it is over.
///
/// The sleep is a task's: a task is dropped before its runtime's timers end, and who waits for it is
/// told. A timer of the waiter's own would panic there: he may be no task, but on a thread that
/// outlives the runtime.
#[derive(Debug)]
pub(crate) struct Pause {
    runtime: Handle,
    duration: Duration,
    sleeping: Option<JoinHandle<()>>,
}

impl Pause {
    /// One in the current runtime, not yet begun.
    ///
    /// # Panics
    /// If the calling thread is in no runtime.
    #[track_caller]
    pub(crate) fn new(duration: Duration) -> Pause {
        Pause {
            runtime: Handle::current(),
            duration,
            sleeping: None,
        }
    }
}

impl Future for Pause {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Pause {
            runtime,
            duration,
            sleeping,
        } = &mut *self;
        let sleeping = sleeping.get_or_insert_with(|| {
            let duration = *duration;
            runtime.spawn(async move { time::sleep(duration).await })
        });
        let slept = ready!(Pin::new(sleeping).poll(cx));
        Poll::Ready(slept.map_err(|_| super::shut_down()))
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(sleeping) = &self.sleeping {
            sleeping.abort();
        }
    }
}

/// Asks for the addresses of a name on a thread where that may hang; see `lookups.rs`.
///
/// A paused clock does not jump while somebody waits for it.
///
/// # Errors
/// What `ask` says, or the operating system of a thread; after a shutdown.
///
/// # Panics
/// If the calling thread is in no runtime.
pub(crate) async fn lookup(ask: impl FnOnce() -> Answer + Send + 'static) -> Answer {
    let lookups = reactor()?.lookups();
    let _hold = Handle::current().hold_clock();
    lookups.ask(ask).await
}
