//! Models of the mailbox: remote wake × poll, close, abort, and drivers that go. The tasks are real;
//! all their entries go through the mailbox, as those made on other threads do.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::task::{Poll, Waker};

use super::mailbox::Mailbox;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, Mutex, model};
use crate::park::block_on_parked;
use crate::task::owned::OwnedTasks;
use crate::task::{Header, Id, JoinHandle, Notified, Schedule, TaskRef, new_listed_task};

#[derive(Clone)]
struct Remote(Arc<Shared>);

struct Shared {
    mailbox: Mailbox,
    tasks: OwnedTasks,
}

impl Schedule for Remote {
    fn schedule(&self, entry: Notified) {
        self.0.mailbox.push(entry);
    }

    fn requeue(&self, entry: Notified) {
        self.0.mailbox.push(entry);
    }

    fn unlink(&self, header: &Header, _list: u32) -> bool {
        self.0.tasks.unlink(header)
    }
}

impl Remote {
    fn new() -> Remote {
        Remote(Arc::new(Shared {
            mailbox: Mailbox::new(),
            tasks: OwnedTasks::new(),
        }))
    }

    fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        let (task, entry, handle) =
            new_listed_task(future, self.clone(), Id::next(), 0, Location::caller());
        self.0.tasks.link(task).expect("the list is open");
        self.0.mailbox.push(entry);
        handle
    }

    fn run(&self) {
        let mut entries = VecDeque::new();
        self.0.mailbox.take(&mut entries);
        entries.into_iter().for_each(Notified::run);
    }

    /// Drives until no task is left.
    fn drive(&self, number: u64) {
        block_on_parked(poll_fn(|cx| {
            self.0.mailbox.register(number, cx.waker());
            self.run();
            match self.0.tasks.len() {
                0 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        }));
    }

    /// As [`super::Local::close`].
    fn close(&self) {
        self.0.tasks.close().into_iter().for_each(TaskRef::shutdown);
        self.0.mailbox.close(drop, || self.0.tasks.len() > 0);
    }
}

/// Something that happens once, elsewhere.
#[derive(Clone)]
struct Door(Arc<Mutex<(bool, Option<Waker>)>>);

impl Door {
    fn new() -> Door {
        Door(Arc::new(Mutex::new((false, None))))
    }

    fn open(&self) {
        let waker = {
            let mut door = self.0.lock();
            door.0 = true;
            door.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn pass(&self) -> impl Future<Output = ()> + use<> {
        let door = self.clone();
        poll_fn(move |cx| {
            let waker = cx.waker().clone();
            let mut door = door.0.lock();
            if door.0 {
                return Poll::Ready(());
            }
            door.1 = Some(waker);
            Poll::Pending
        })
    }
}

/// Counts its drop.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        // Relaxed: read by the same thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn loom_local_wake_vs_poll() {
    model(|| {
        let (remote, door) = (Remote::new(), Door::new());
        let handle = remote.spawn(door.pass());
        let opener = loom::thread::spawn(move || door.open());
        remote.drive(1);
        assert!(handle.is_finished());
        opener.join().unwrap();
    });
}

/// Fault 5.
#[test]
fn loom_local_wake_vs_close() {
    model(|| {
        let (remote, door) = (Remote::new(), Door::new());
        let count = Arc::new(AtomicUsize::new(0));
        let (counted, pass) = (Counted(Arc::clone(&count)), door.pass());
        let handle = remote.spawn(async move {
            let _counted = counted;
            pass.await;
        });
        remote.run();
        let opener = loom::thread::spawn(move || door.open());
        remote.close();
        // Relaxed: the closer itself has dropped it, before it went on.
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert!(handle.is_finished());
        opener.join().unwrap();
    });
}

/// Fault 5.
#[test]
fn loom_local_abort_vs_close() {
    model(|| {
        let (remote, door) = (Remote::new(), Door::new());
        let count = Arc::new(AtomicUsize::new(0));
        let (counted, pass) = (Counted(Arc::clone(&count)), door.pass());
        let handle = remote.spawn(async move {
            let _counted = counted;
            pass.await;
        });
        remote.run();
        let abort = handle.abort_handle();
        let aborter = loom::thread::spawn(move || abort.abort());
        remote.close();
        // Relaxed: as above.
        assert_eq!(count.load(Ordering::Relaxed), 1);
        aborter.join().unwrap();
    });
}

#[test]
fn loom_local_two_drivers() {
    model(|| {
        let (remote, door) = (Remote::new(), Door::new());
        let handle = remote.spawn(door.pass());
        remote.0.mailbox.register(1, Waker::noop());
        remote.run();
        let opener = loom::thread::spawn(move || door.open());
        remote.0.mailbox.leave(1);
        remote.drive(2);
        assert!(handle.is_finished());
        opener.join().unwrap();
    });
}
