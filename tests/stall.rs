//! Tasks that hold their threads: what else there is goes on, within bounds that are measured
//! against a control.
//!
//! The stalled tasks block in `std`, as a system call or a long computation would.

mod support;

#[path = "stall/blocked.rs"]
mod blocked;
#[path = "stall/fairness.rs"]
mod fairness;
#[path = "stall/reports.rs"]
mod reports;
#[path = "stall/timers.rs"]
mod timers;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use runtime::runtime::{Builder, Runtime};

fn builder(workers: usize) -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers);
    builder
}

fn runtime(workers: usize) -> Runtime {
    builder(workers).build().expect("a runtime")
}

/// Tasks that block their threads until this is dropped.
struct Blocked {
    _release: Sender<()>,
}

/// Blocks so many slots, and returns when they are blocked.
fn block(runtime: &Runtime, slots: usize) -> Blocked {
    let (release, released) = channel::<()>();
    let released: Arc<Mutex<Receiver<()>>> = Arc::new(Mutex::new(released));
    let (begun, has_begun) = channel();
    for _ in 0..slots {
        let (begun, released) = (begun.clone(), Arc::clone(&released));
        drop(runtime.spawn(async move {
            begun.send(()).expect("the test waits");
            // Ends for all of them when the sender is gone.
            let _ = released.lock().map(|released| released.recv());
        }));
    }
    for _ in 0..slots {
        has_begun.recv().expect("it begins");
    }
    Blocked { _release: release }
}
