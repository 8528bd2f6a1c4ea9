//! A waker that counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Relaxed: a count, read after the wakes by the same thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A counting waker and its count.
#[derive(Debug)]
pub(crate) struct Woken {
    count: Arc<Count>,
    pub(crate) waker: Waker,
}

impl Woken {
    pub(crate) fn new() -> Woken {
        let count = Arc::new(Count::default());
        Woken {
            waker: Waker::from(Arc::clone(&count)),
            count,
        }
    }

    pub(crate) fn times(&self) -> usize {
        // Relaxed: as above.
        self.count.0.load(Ordering::Relaxed)
    }

    /// How many clones of the waker are kept somewhere.
    pub(crate) fn kept(&self) -> usize {
        Arc::strong_count(&self.count) - 2
    }

    pub(crate) fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.waker))
    }
}
