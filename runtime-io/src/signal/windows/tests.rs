#![allow(unsafe_code, reason = "calls the handler as the system does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT};

use super::{ctrl_break, ctrl_c, handler};

/// Counts wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // SeqCst: read by the same thread.
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// What the system does when keys are pressed.
fn raise(event: u32) -> bool {
    // SAFETY: it may be called at any time.
    unsafe { handler(event) != 0 }
}

/// One test: the listeners of a process are one state.
#[test]
fn an_event_is_heard_by_who_listens_to_it_and_else_left_to_the_system() {
    assert!(!raise(CTRL_C_EVENT), "nobody listens");
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut cx = Context::from_waker(&waker);
    let (mut first, mut second) = (ctrl_c().unwrap(), ctrl_c().unwrap());
    let mut other = ctrl_break().unwrap();
    assert!(first.poll_recv(&mut cx).is_pending());
    assert!(other.poll_recv(&mut cx).is_pending());

    assert!(raise(CTRL_C_EVENT));
    assert!(raise(CTRL_C_EVENT));
    // SeqCst: written by the same thread.
    assert_eq!(count.0.load(Ordering::SeqCst), 1, "two events were one");
    assert_eq!(first.poll_recv(&mut cx), Poll::Ready(Some(())));
    assert_eq!(second.poll_recv(&mut cx), Poll::Ready(Some(())));
    assert!(first.poll_recv(&mut cx).is_pending());
    assert!(other.poll_recv(&mut cx).is_pending());

    drop(other);
    assert!(!raise(CTRL_BREAK_EVENT), "the only one has gone");
    drop((first, second));
    assert!(!raise(CTRL_C_EVENT));
}
