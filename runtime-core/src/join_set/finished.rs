//! The places whose tasks have ended, in that order, and the one who waits for the next.
//!
//! **States.** Behind one lock: the list of places, and the waker of a joiner that found the list
//! empty. The waker is there only while the list is empty.
//!
//! **Steps.** Completer: (1) store the output; (2) ring: under the lock, add the place and take the
//! waker; (3) after the lock, wake it. Joiner: (a) under the lock, take a place; (b) none: under
//! the same lock, leave the waker.
//!
//! **No end is missed.** Is (2) before (b), (a) has found the place. Is (2) after (b), it finds the
//! waker. The lock orders (1) before the joiner's look at the handle. A joiner that goes leaves a
//! waker behind that at most wakes a task once for nothing.
//!
//! No waker is cloned, woken or dropped under the lock: (b) is done in two turns of the lock, the
//! clone between them, and the second turn begins with (a) again.
//!
//! Models: `loom_join_set_complete_vs_join_next`, `…_abort_all_…`, `…_drop_…`, `…_detach_…`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::loom::Mutex;

pub(super) struct Finished {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    places: VecDeque<usize>,
    joiner: Option<Waker>,
}

impl Finished {
    pub(super) fn new() -> Finished {
        Finished {
            state: Mutex::new(State::default()),
        }
    }

    /// The waker for the task at `place`.
    pub(super) fn doorbell(finished: &Arc<Finished>, place: usize) -> Waker {
        Waker::from(Arc::new(Doorbell {
            place,
            finished: Arc::clone(finished),
        }))
    }

    /// Steps 2 and 3.
    pub(super) fn ring(&self, place: usize) {
        let joiner = {
            let mut state = self.state.lock();
            state.places.push_back(place);
            state.joiner.take()
        };
        if let Some(joiner) = joiner {
            joiner.wake();
        }
    }

    /// Step (a) alone.
    pub(super) fn pop(&self) -> Option<usize> {
        self.state.lock().places.pop_front()
    }

    /// Steps (a) and (b).
    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<usize> {
        {
            let mut state = self.state.lock();
            if let Some(place) = state.places.pop_front() {
                return Poll::Ready(place);
            }
            let joiner = state.joiner.as_ref();
            if joiner.is_some_and(|joiner| joiner.will_wake(cx.waker())) {
                return Poll::Pending;
            }
        }
        let waker = cx.waker().clone();
        let (polled, unused) = {
            let mut state = self.state.lock();
            match state.places.pop_front() {
                Some(place) => (Poll::Ready(place), Some(waker)),
                None => (Poll::Pending, state.joiner.replace(waker)),
            }
        };
        drop(unused);
        polled
    }
}

/// What a task's end wakes.
struct Doorbell {
    place: usize,
    finished: Arc<Finished>,
}

impl Wake for Doorbell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.finished.ring(self.place);
    }
}
