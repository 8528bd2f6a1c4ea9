//! What I/O asks of the runtime around it; the only file that knows where a runtime is found.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use runtime_core::park::driver::{Driver, Poller};
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

/// Ends after `duration`.
pub(crate) fn sleep(duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
    Box::pin(time::sleep(duration))
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
