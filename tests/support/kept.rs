//! What a test wants never to be dropped, where a search for leaks finds it.

use std::any::Any;
use std::sync::Mutex;

static KEPT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

/// Keeps it until the process ends; it is never dropped.
pub(crate) fn keep(it: impl Any + Send) {
    KEPT.lock()
        .expect("a push does not panic")
        .push(Box::new(it));
}

/// Keeps it, and lends it for ever.
pub(crate) fn lend<T: Any + Send + Sync>(it: T) -> &'static T {
    let it: &'static T = Box::leak(Box::new(it));
    keep(it);
    it
}
