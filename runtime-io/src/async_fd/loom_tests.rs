//! Models of a foreign descriptor: guards that clear early, late and in parts while events come, and
//! a value that is taken apart and registered anew.
//!
//! The source and what a guard has seen are the real ones; a lock stands for the kernel's end, which
//! tells of what arrives while the descriptor is registered, by an event that its owner may not live
//! to see.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering};
use std::task::{Context, Poll, Wake, Waker};

use loom::thread;
use runtime_core::loom::{Arc, Mutex, model};
use runtime_core::util::wake_list::WakeList;

use super::guard::Seen;
use crate::driver::readiness::{Direction, Place, ReadyEvent, Source};
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

impl Count {
    fn get(&self) -> usize {
        // SeqCst: as above.
        self.0.load(StdOrdering::SeqCst)
    }
}

#[derive(Default)]
struct Kernel {
    bytes: usize,
    registered: bool,
}

struct Fd {
    source: Source,
    kernel: Mutex<Kernel>,
}

impl Fd {
    fn registered() -> Arc<Fd> {
        let fd = Fd {
            source: Source::new(),
            kernel: Mutex::new(Kernel::default()),
        };
        fd.register();
        Arc::new(fd)
    }

    /// The kernel tells at once of what is there.
    fn register(&self) {
        let bytes = {
            let mut kernel = self.kernel.lock();
            kernel.registered = true;
            kernel.bytes
        };
        if bytes > 0 {
            self.event(self.source.generation(), Ready::READABLE);
        }
    }

    /// What `into_inner` and dropping do.
    fn take_apart(&self) {
        self.kernel.lock().registered = false;
        self.source.vacate();
    }

    /// The far end sends, a byte at a time. An event bears the name under which the descriptor was
    /// registered then, whoever has the source when it comes.
    fn arrive(&self, bytes: usize) {
        for _ in 0..bytes {
            let registered = {
                let mut kernel = self.kernel.lock();
                kernel.bytes += 1;
                kernel.registered.then(|| self.source.generation())
            };
            if let Some(generation) = registered {
                self.event(generation, Ready::READABLE);
            }
        }
    }

    fn event(&self, generation: u32, ready: Ready) {
        let mut wakers = WakeList::new();
        self.source
            .dispatch(generation, u32::MAX, ready, &mut wakers);
        wakers.wake_all();
    }

    /// A byte, or it would block.
    fn read(&self) -> bool {
        let mut kernel = self.kernel.lock();
        let left = kernel.bytes.checked_sub(1);
        kernel.bytes = left.unwrap_or(0);
        left.is_some()
    }

    fn poll(&self, direction: Direction, waker: &Waker) -> Poll<ReadyEvent> {
        self.source
            .poll_ready(direction, &mut Context::from_waker(waker))
    }

    fn clear(&self, seen: &mut Seen, ready: Ready) {
        if let Some(event) = seen.take(ready) {
            self.source.clear(event);
        }
    }

    /// `readable` and `try_io` until a byte is there (true) or the waker is left (false).
    fn read_or_wait(&self, place: &mut Place, waker: &Waker) -> bool {
        for _ in 0..8 {
            let polled = self.source.poll_listed(place, Interest::READABLE, waker);
            let Poll::Ready(event) = polled else {
                return false;
            };
            let mut guard = Seen::new(Some(event));
            if self.read() {
                return true;
            }
            self.clear(&mut guard, Ready::ALL);
        }
        panic!("asks for ever");
    }
}

/// A reader of one byte: whether it got it, and how often it was woken.
fn reader(fd: &Fd) -> (bool, StdArc<Count>) {
    let count = StdArc::new(Count::default());
    let waker = Waker::from(StdArc::clone(&count));
    (fd.read_or_wait(&mut Place::default(), &waker), count)
}

/// A guard is kept while bytes come, and clears when it has read what it knew of.
/// Fault 44.
#[test]
fn loom_async_fd_a_guard_that_clears_late() {
    model(|| {
        let fd = Fd::registered();
        fd.arrive(1);
        let other = Arc::clone(&fd);
        let far = thread::spawn(move || other.arrive(1));
        let count = StdArc::new(Count::default());
        let waker = Waker::from(StdArc::clone(&count));
        let Poll::Ready(event) = fd.poll(Direction::Read, &waker) else {
            panic!("a byte is there");
        };
        let mut guard = Seen::new(Some(event));
        let mut read = usize::from(fd.read());
        assert_eq!(read, 1);
        let drained = !fd.read();
        read += usize::from(!drained);
        if drained {
            fd.clear(&mut guard, Ready::ALL);
        }
        let waits = fd.poll(Direction::Read, &waker).is_pending();
        far.join().unwrap();
        if read < 2 && waits {
            assert_eq!(count.get(), 1, "a byte came and nobody was woken");
            assert!(fd.poll(Direction::Read, &waker).is_ready());
        }
    });
}

/// Two tasks wait, and clear what the other's byte brought.
#[test]
fn loom_async_fd_two_readers_against_arrival() {
    model(|| {
        let fd = Fd::registered();
        let other = Arc::clone(&fd);
        let reading = thread::spawn(move || reader(&other));
        let other = Arc::clone(&fd);
        let far = thread::spawn(move || other.arrive(2));
        let here = reader(&fd);
        far.join().unwrap();
        for (got, count) in [here, reading.join().unwrap()] {
            assert!(got || count.get() == 1, "a byte came and nobody was woken");
            assert!(got || reader(&fd).0, "woken for nothing");
        }
    });
}

/// Each of two guards forgets a direction of the same readiness, while an event may come.
#[test]
fn loom_async_fd_two_guards_clear_a_part_each() {
    for comes in [false, true] {
        model(move || {
            let fd = Fd::registered();
            let generation = fd.source.generation();
            fd.event(
                generation,
                Ready::READABLE | Ready::WRITABLE | Ready::PRIORITY,
            );
            let other = Arc::clone(&fd);
            let interest = Interest::READABLE | Interest::WRITABLE | Interest::PRIORITY;
            let seen = fd.source.readiness(interest);
            let clearing = thread::spawn(move || {
                other.clear(&mut Seen::new(seen), Ready::WRITABLE);
            });
            let other = Arc::clone(&fd);
            let far = thread::spawn(move || {
                if comes {
                    other.event(generation, Ready::WRITABLE);
                }
            });
            let mut guard = Seen::new(seen);
            fd.clear(&mut guard, Ready::READABLE);
            clearing.join().unwrap();
            far.join().unwrap();
            let writable = fd.source.readiness(Interest::WRITABLE).is_some();
            assert_eq!(writable, comes, "an event was forgotten, or kept");
            let urgent = fd.source.readiness(Interest::PRIORITY);
            assert!(urgent.is_some(), "cleared by nobody");
            let readable = fd.source.readiness(Interest::READABLE).is_some();
            assert!(comes || !readable, "an event was kept");
        });
    }
}

/// The value is taken apart and registered by somebody else, who hears of a byte that is left; an
/// event of the first owner's time says nothing to the second.
/// Fault 45.
#[test]
fn loom_async_fd_registered_anew_against_arrival() {
    model(|| {
        let fd = Fd::registered();
        let gone = StdArc::new(Count::default());
        let waker = Waker::from(StdArc::clone(&gone));
        assert!(fd.poll(Direction::Read, &waker).is_pending());
        drop(waker);
        let other = Arc::clone(&fd);
        let far = thread::spawn(move || other.arrive(1));
        let read = fd.read();
        fd.take_apart();
        assert_eq!(StdArc::strong_count(&gone), 1, "nobody holds its waker");
        fd.register();
        let (got, count) = reader(&fd);
        far.join().unwrap();
        if read {
            assert!(!got && count.get() == 0, "an event of the first owner's");
            assert!(fd.source.readiness(Interest::READABLE).is_none());
        } else {
            assert!(got || count.get() == 1, "a byte came and nobody was woken");
            assert!(got || reader(&fd).0, "woken for nothing");
        }
    });
}
