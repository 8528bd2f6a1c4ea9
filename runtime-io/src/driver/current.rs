//! What I/O asks of the runtime around it; the only file that knows where a runtime is found.
//!
//! Until core has a handle to ask, one reactor with a thread of its own serves the process.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use runtime_core::loom::Mutex;
use runtime_core::park::driver::{Driver, Poller};
use runtime_core::util::wake_list::WakeList;

use super::reactor::{self, Reactor};

static REACTOR: OnceLock<Reactor> = OnceLock::new();

/// The current runtime's reactor, made at the first call.
///
/// # Errors
/// What the operating system says of making it.
///
/// # Panics
/// If the calling thread is in no runtime.
#[track_caller]
pub(super) fn reactor() -> io::Result<Reactor> {
    if let Some(reactor) = REACTOR.get() {
        return Ok(reactor.clone());
    }
    let (mut selector, reactor) = reactor::open()?;
    if REACTOR.set(reactor.clone()).is_ok() {
        thread::Builder::new().name("io".into()).spawn(move || {
            let mut events = Vec::new();
            let mut wakers = WakeList::new();
            while selector.poll(None, &mut events).is_ok() {
                reactor.dispatch(&events, &mut wakers);
                events.clear();
                let _ = wakers.wake_all_caught();
            }
        })?;
    }
    Ok(REACTOR
        .get()
        .expect("set just now, by this thread or another")
        .clone())
}

/// Ends after `duration`.
pub(crate) fn sleep(duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
    Box::pin(on_thread(move || thread::sleep(duration)))
}

/// Runs a closure that may block, on a thread where that harms nobody.
///
/// # Errors
/// If the runtime shuts down first.
pub(crate) async fn spawn_blocking<T: Send + 'static>(
    closure: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    Ok(on_thread(closure).await)
}

struct OnThread<T>(Arc<Mutex<(Option<T>, Option<Waker>)>>);

fn on_thread<T: Send + 'static>(closure: impl FnOnce() -> T + Send + 'static) -> OnThread<T> {
    let shared = Arc::new(Mutex::new((None, None::<Waker>)));
    let theirs = Arc::clone(&shared);
    thread::spawn(move || {
        let value = closure();
        let waker = {
            let mut shared = theirs.lock();
            shared.0 = Some(value);
            shared.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    });
    OnThread(shared)
}

impl<T> Future for OnThread<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let waker = cx.waker().clone();
        let mut shared = self.0.lock();
        if let Some(value) = shared.0.take() {
            return Poll::Ready(value);
        }
        let old = shared.1.replace(waker);
        drop(shared);
        drop(old);
        Poll::Pending
    }
}
