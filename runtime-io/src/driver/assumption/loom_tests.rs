//! Models of the way from an assumption to a source. The source is the real one; a lock stands for
//! the kernel's socket, and a bit for the registration's token.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering};
use std::task::{Wake, Waker};

use loom::thread;
use runtime_core::loom::atomic::{AtomicBool, Ordering};
use runtime_core::loom::{Arc, Mutex, model};
use runtime_core::util::wake_list::WakeList;

use super::Assumption;
use crate::driver::readiness::{Place, Source};
use crate::io::{Interest, Ready};

/// Counts wakes outside the model.
#[derive(Default)]
struct Count(StdAtomicUsize);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        // SeqCst: outside of the model, where nothing depends on it.
        self.0.fetch_add(1, StdOrdering::SeqCst);
    }
}

#[derive(Default)]
struct Kernel {
    bytes: usize,
    attached: bool,
}

struct Socket {
    assumption: Assumption,
    attached: AtomicBool,
    source: Source,
    kernel: Mutex<Kernel>,
}

impl Socket {
    fn accepted() -> Arc<Socket> {
        Arc::new(Socket {
            assumption: Assumption::new(Ready::READABLE),
            attached: AtomicBool::new(false),
            source: Source::new(),
            kernel: Mutex::new(Kernel::default()),
        })
    }

    fn event(&self) {
        let mut wakers = WakeList::new();
        let generation = self.source.generation();
        self.source
            .dispatch(generation, u32::MAX, Ready::READABLE, &mut wakers);
        wakers.wake_all();
    }

    /// The peer sends, and the selector tells of it if it was asked to.
    fn arrive(&self, bytes: usize) {
        let attached = {
            let mut kernel = self.kernel.lock();
            kernel.bytes += bytes;
            kernel.attached
        };
        if attached {
            self.event();
        }
    }

    fn is_attached(&self) -> bool {
        // Acquire: pairs with `attach`.
        self.attached.load(Ordering::Acquire)
    }

    /// The selector tells at once of what is there.
    fn attach(&self) {
        let first = {
            let mut kernel = self.kernel.lock();
            (!std::mem::replace(&mut kernel.attached, true)).then_some(kernel.bytes)
        };
        // Release: as a token is published; by the second of two as well, which stands for waiting.
        self.attached.store(true, Ordering::Release);
        if first.is_some_and(|bytes| bytes > 0) {
            self.event();
        }
    }

    /// `ready`, then `try_read`, until there is a byte (true) or the waker is left (false).
    fn read_or_wait(&self, place: &mut Place, waker: &Waker) -> bool {
        for _ in 0..8 {
            if self.is_attached() || !self.assumption.holds(Interest::READABLE) {
                self.attach();
                let polled = self.source.poll_listed(place, Interest::READABLE, waker);
                if polled.is_pending() {
                    return false;
                }
            }
            if self.try_read() {
                return true;
            }
        }
        panic!("asks for ever");
    }

    fn try_read(&self) -> bool {
        let event = match self.is_attached() {
            false => None,
            true => match self.source.readiness(Interest::READABLE) {
                None => return false,
                event => event,
            },
        };
        let mut kernel = self.kernel.lock();
        if let Some(left) = kernel.bytes.checked_sub(1) {
            kernel.bytes = left;
            return true;
        }
        drop(kernel);
        self.assumption.end(Interest::READABLE);
        if let Some(event) = event {
            self.source.clear(event);
        }
        false
    }
}

/// A reader of one byte: whether it got it, and how often it was woken.
fn reader(socket: &Socket) -> (bool, StdArc<Count>) {
    let count = StdArc::new(Count::default());
    let got = socket.read_or_wait(&mut Place::default(), &Waker::from(StdArc::clone(&count)));
    (got, count)
}

fn woken(count: &Count) -> usize {
    // SeqCst: as above.
    count.0.load(StdOrdering::SeqCst)
}

#[test]
fn loom_assumption_reader_against_arrival() {
    model(|| {
        let socket = Socket::accepted();
        let peer = {
            let socket = Arc::clone(&socket);
            thread::spawn(move || socket.arrive(1))
        };
        let (got, count) = reader(&socket);
        peer.join().unwrap();
        assert!(
            got || woken(&count) == 1,
            "a byte came and nobody was woken"
        );
        assert!(got || reader(&socket).0, "woken for nothing");
    });
}

#[test]
fn loom_assumption_two_readers_against_arrival() {
    model(|| {
        let socket = Socket::accepted();
        let other = {
            let socket = Arc::clone(&socket);
            thread::spawn(move || reader(&socket))
        };
        let peer = {
            let socket = Arc::clone(&socket);
            thread::spawn(move || socket.arrive(2))
        };
        let here = reader(&socket);
        peer.join().unwrap();
        for (got, count) in [here, other.join().unwrap()] {
            assert!(
                got || woken(&count) >= 1,
                "a byte came and nobody was woken"
            );
            assert!(got || reader(&socket).0, "woken for nothing");
        }
    });
}
