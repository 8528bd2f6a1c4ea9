//! Who waits with his thread where tasks are polled is told so, and what a panic drops is free again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use runtime::sync::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard,
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard, Semaphore, broadcast, mpsc, oneshot,
};

use crate::runtimes;
use crate::support::Watchdog;

/// A call that waits with its thread, by the name that its panic gives. Each would be ready at once:
/// whether it had to wait makes no difference.
type Blocks = (&'static str, fn());

const BLOCKING: [Blocks; 15] = [
    ("Mutex::blocking_lock", || {
        drop(Mutex::new(()).blocking_lock());
    }),
    ("Mutex::blocking_lock_owned", || {
        drop(Arc::new(Mutex::new(())).blocking_lock_owned());
    }),
    ("RwLock::blocking_read", || {
        drop(RwLock::new(()).blocking_read());
    }),
    ("RwLock::blocking_write", || {
        drop(RwLock::new(()).blocking_write());
    }),
    ("Semaphore::blocking_acquire", || {
        drop(Semaphore::new(1).blocking_acquire());
    }),
    ("Semaphore::blocking_acquire_many", || {
        drop(Semaphore::new(2).blocking_acquire_many(2));
    }),
    ("Semaphore::blocking_acquire_owned", || {
        drop(Arc::new(Semaphore::new(1)).blocking_acquire_owned());
    }),
    ("Semaphore::blocking_acquire_many_owned", || {
        drop(Arc::new(Semaphore::new(2)).blocking_acquire_many_owned(2));
    }),
    ("oneshot::Receiver::blocking_recv", || {
        let (sender, receiver) = oneshot::channel();
        sender.send(1).expect("somebody receives");
        assert_eq!(receiver.blocking_recv(), Ok(1));
    }),
    ("broadcast::Receiver::blocking_recv", || {
        let (sender, mut receiver) = broadcast::channel(1);
        sender.send(1).expect("somebody receives");
        assert_eq!(receiver.blocking_recv(), Ok(1));
    }),
    ("mpsc::Receiver::blocking_recv", || {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(1).expect("there is room");
        assert_eq!(receiver.blocking_recv(), Some(1));
    }),
    ("mpsc::Receiver::blocking_recv_many", || {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(1).expect("there is room");
        receiver.blocking_recv_many(&mut Vec::new(), 1);
    }),
    ("mpsc::Sender::blocking_send", || {
        let (sender, _receiver) = mpsc::channel(1);
        sender.blocking_send(1).expect("there is room");
    }),
    ("mpsc::UnboundedReceiver::blocking_recv", || {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        sender.send(1).expect("somebody receives");
        assert_eq!(receiver.blocking_recv(), Some(1));
    }),
    ("mpsc::UnboundedReceiver::blocking_recv_many", || {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        sender.send(1).expect("somebody receives");
        receiver.blocking_recv_many(&mut Vec::new(), 1);
    }),
];

/// The text of the panic of each; `None` of who did not panic.
fn texts() -> Vec<(&'static str, Option<String>)> {
    let called = BLOCKING.iter().map(|(name, blocks)| {
        let panic = catch_unwind(AssertUnwindSafe(blocks)).err();
        let text = panic.map(|panic| match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(_) => String::from("something else"),
        });
        (*name, text)
    });
    called.collect()
}

#[test]
fn fault_085_each_blocking_call_panics_where_tasks_are_polled_and_nowhere_else() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        let task = runtime.spawn(async { texts() });
        let in_task = runtime.block_on(task).expect("the task ends");
        let in_caller = runtime.block_on(async { texts() });
        for (name, text) in in_task.into_iter().chain(in_caller) {
            let text = text.unwrap_or_else(|| panic!("{name} blocks the thread"));
            let named = text.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
            assert!(named.clone().any(|word| word == name), "{name}: {text}");
        }
        let closure = runtime.spawn_blocking(texts);
        let elsewhere = runtime.block_on(closure).expect("the closure ends");
        for (name, text) in elsewhere.into_iter().chain(texts()) {
            assert_eq!(text, None, "{name} may block there");
        }
    }
}

/// Runs what ends in a panic of its own.
fn panics(with: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(with)).expect_err("it panics");
    assert_eq!(panic.downcast_ref(), Some(&"with it in hand"));
}

/// Holds it until the panic drops it.
fn panic_with<T>(_held: T) {
    panic!("with it in hand");
}

#[test]
fn fault_086_each_guard_of_a_mutex_that_a_panic_drops_is_released() {
    let mutex = Arc::new(Mutex::new((1, 2)));
    let take = || mutex.try_lock().expect("it was released");
    let own = || {
        Arc::clone(&mutex)
            .try_lock_owned()
            .expect("it was released")
    };
    panics(|| panic_with(take()));
    panics(|| panic_with(MutexGuard::map(take(), |pair| &mut pair.0)));
    panics(|| {
        let guard = MutexGuard::map(take(), |pair| &mut pair.0);
        panic_with(MappedMutexGuard::map(guard, |number| number));
    });
    panics(|| panic_with(own()));
    panics(|| panic_with(OwnedMutexGuard::map(own(), |pair| &mut pair.0)));
    panics(|| {
        let guard = OwnedMutexGuard::map(own(), |pair| &mut pair.0);
        panic_with(OwnedMappedMutexGuard::map(guard, |number| number));
    });
    // While it is narrowed it is in nobody's hand.
    panics(|| {
        let _ = OwnedMutexGuard::map(own(), |_| -> &mut u8 { panic!("with it in hand") });
    });
    panics(|| {
        let _ = MutexGuard::map(take(), |_| -> &mut u8 { panic!("with it in hand") });
    });
    assert_eq!(*take(), (1, 2));
    drop(own());
    assert_eq!(Arc::strong_count(&mutex), 1, "an owned guard is gone whole");
}

#[test]
fn fault_086_each_guard_of_an_rwlock_that_a_panic_drops_is_released() {
    let lock = Arc::new(RwLock::new((1, 2)));
    // Whoever holds it, in whatever way, refuses a writer.
    let write = || lock.try_write().expect("it was released");
    let own = || {
        Arc::clone(&lock)
            .try_write_owned()
            .expect("it was released")
    };
    let read = || {
        drop(write());
        lock.try_read().expect("it was released")
    };
    let own_read = || {
        drop(write());
        Arc::clone(&lock).try_read_owned().expect("it was released")
    };
    panics(|| panic_with(read()));
    panics(|| panic_with(RwLockReadGuard::map(read(), |pair| &pair.0)));
    panics(|| panic_with(own_read()));
    panics(|| panic_with(OwnedRwLockReadGuard::map(own_read(), |pair| &pair.0)));
    panics(|| panic_with(write()));
    panics(|| panic_with(write().downgrade()));
    panics(|| panic_with(RwLockWriteGuard::downgrade_map(write(), |pair| &pair.0)));
    panics(|| {
        let guard = RwLockWriteGuard::map(write(), |pair| &mut pair.0);
        panic_with(RwLockMappedWriteGuard::map(guard, |number| number));
    });
    panics(|| panic_with(own()));
    panics(|| panic_with(own().downgrade()));
    panics(|| panic_with(OwnedRwLockWriteGuard::downgrade_map(own(), |pair| &pair.0)));
    panics(|| {
        let guard = OwnedRwLockWriteGuard::map(own(), |pair| &mut pair.0);
        panic_with(OwnedRwLockMappedWriteGuard::map(guard, |number| number));
    });
    panics(|| {
        let _ = OwnedRwLockWriteGuard::map(own(), |_| -> &mut u8 { panic!("with it in hand") });
    });
    panics(|| {
        let _ = OwnedRwLockReadGuard::map(own_read(), |_| -> &u8 { panic!("with it in hand") });
    });
    assert_eq!(*write(), (1, 2));
    drop(own());
    assert_eq!(Arc::strong_count(&lock), 1, "an owned guard is gone whole");
}

#[test]
fn fault_086_each_permit_that_a_panic_drops_is_given_back() {
    let semaphore = Arc::new(Semaphore::new(3));
    panics(|| panic_with(semaphore.try_acquire()));
    panics(|| panic_with(semaphore.try_acquire_many(3)));
    panics(|| panic_with(Arc::clone(&semaphore).try_acquire_owned()));
    panics(|| {
        let mut permit = semaphore.try_acquire_many(3).expect("three are there");
        let part = permit.split(1);
        panic_with((permit, part));
    });
    panics(|| {
        let all = Arc::clone(&semaphore).try_acquire_many_owned(3);
        let mut permit = all.expect("three are there");
        let part = permit.split(2);
        panic_with((permit, part));
    });
    assert_eq!(semaphore.available_permits(), 3);
    assert_eq!(
        Arc::strong_count(&semaphore),
        1,
        "an owned permit is gone whole"
    );

    let (sender, mut receiver) = mpsc::channel::<u8>(2);
    panics(|| panic_with(sender.try_reserve()));
    panics(|| panic_with(sender.try_reserve_many(2)));
    panics(|| panic_with(sender.clone().try_reserve_owned()));
    assert_eq!(sender.capacity(), 2);
    drop(sender);
    assert_eq!(
        receiver.try_recv(),
        Err(mpsc::error::TryRecvError::Disconnected),
        "an owned permit's sender is gone"
    );
}
