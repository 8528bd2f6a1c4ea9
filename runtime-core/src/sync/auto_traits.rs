//! Send, Sync and Unpin of every public type, as the vocabulary has them, checked at compile time.

use std::cell::Cell;
use std::rc::Rc;

use super::{
    AcquireError, Barrier, BarrierWaitResult, CancellationToken, MappedMutexGuard, Mutex,
    MutexGuard, Notify, OnceCell, OwnedMappedMutexGuard, OwnedMutexGuard,
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit,
    RwLock, RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard, Semaphore, SemaphorePermit,
    SetOnce, TryAcquireError, TryLockError, WaitForCancellationFuture,
    WaitForCancellationFutureOwned,
};
use super::{broadcast, futures, mpsc, oneshot, watch};

/// Neither Send nor Sync; Send only; both.
type Neither = Rc<u8>;
type Moves = Cell<u8>;
type Both = u8;

/// Resolves only if the type does not have the trait: with it, two candidates are ambiguous.
trait AmbiguousIfSend<A> {
    fn check() {}
}
impl<T: ?Sized> AmbiguousIfSend<()> for T {}
impl<T: ?Sized + Send> AmbiguousIfSend<u8> for T {}

trait AmbiguousIfSync<A> {
    fn check() {}
}
impl<T: ?Sized> AmbiguousIfSync<()> for T {}
impl<T: ?Sized + Sync> AmbiguousIfSync<u8> for T {}

trait AmbiguousIfUnpin<A> {
    fn check() {}
}
impl<T: ?Sized> AmbiguousIfUnpin<()> for T {}
impl<T: ?Sized + Unpin> AmbiguousIfUnpin<u8> for T {}

fn send<T: ?Sized + Send>() {}
fn sync<T: ?Sized + Sync>() {}
fn unpin<T: ?Sized + Unpin>() {}

macro_rules! check {
    ($type:ty: Send Sync Unpin) => {
        send::<$type>();
        sync::<$type>();
        unpin::<$type>();
    };
    ($type:ty: Send Sync !Unpin) => {
        send::<$type>();
        sync::<$type>();
        let _ = <$type as AmbiguousIfUnpin<_>>::check;
    };
    ($type:ty: Send !Sync) => {
        send::<$type>();
        let _ = <$type as AmbiguousIfSync<_>>::check;
        unpin::<$type>();
    };
    ($type:ty: !Send Sync) => {
        let _ = <$type as AmbiguousIfSend<_>>::check;
        sync::<$type>();
        unpin::<$type>();
    };
    ($type:ty: !Send !Sync) => {
        let _ = <$type as AmbiguousIfSend<_>>::check;
        let _ = <$type as AmbiguousIfSync<_>>::check;
        unpin::<$type>();
    };
}

/// Both with values that may move: locks and channels, which lend a value to one side at a time.
macro_rules! check_like_a_lock {
    ($($name:ident)::+ $(<$lifetime:lifetime>)?) => {
        check!($($name)::+<$($lifetime,)? Neither>: !Send !Sync);
        check!($($name)::+<$($lifetime,)? Moves>: Send Sync Unpin);
        check!($($name)::+<$($lifetime,)? Both>: Send Sync Unpin);
    };
}

/// Both with values that may be shared: a value that many may read at once.
macro_rules! check_like_a_lock_for_readers {
    ($($name:ident)::+) => {
        check!($($name)::+<Neither>: !Send !Sync);
        check!($($name)::+<Moves>: !Send !Sync);
        check!($($name)::+<Both>: Send Sync Unpin);
    };
}

/// As the value itself: guards and errors that carry it.
macro_rules! check_like_the_value {
    ($($name:ident)::+ $(<$lifetime:lifetime>)?) => {
        check!($($name)::+<$($lifetime,)? Neither>: !Send !Sync);
        check!($($name)::+<$($lifetime,)? Moves>: Send !Sync);
        check!($($name)::+<$($lifetime,)? Both>: Send Sync Unpin);
    };
}

/// Both with values that may be shared: those that give `&T` to many at a time.
macro_rules! check_like_a_cell {
    ($($name:ident)::+) => {
        check!($($name)::+<Neither>: !Send !Sync);
        check!($($name)::+<Moves>: Send !Sync);
        check!($($name)::+<Both>: Send Sync Unpin);
    };
}

/// Guards of a lock that many read: nothing without values that may be shared.
macro_rules! check_like_a_share {
    ($($name:ident)::+ $(<$lifetime:lifetime>)?) => {
        check!($($name)::+<$($lifetime,)? Neither>: !Send !Sync);
        check!($($name)::+<$($lifetime,)? Moves>: !Send !Sync);
        check!($($name)::+<$($lifetime,)? Both>: Send Sync Unpin);
    };
}

#[test]
fn auto_traits_of_the_locks_are_those_of_the_vocabulary() {
    check_like_a_cell!(RwLock);
    check_like_a_cell!(OnceCell);
    check_like_a_cell!(SetOnce);
    check_like_a_share!(RwLockReadGuard<'static>);
    check_like_a_share!(RwLockWriteGuard<'static>);
    check_like_a_share!(RwLockMappedWriteGuard<'static>);
    check_like_a_share!(OwnedRwLockReadGuard);
    check_like_a_share!(OwnedRwLockWriteGuard);
    check_like_a_share!(OwnedRwLockMappedWriteGuard);
    check!(OwnedRwLockReadGuard<Both, Moves>: !Send !Sync);
    check!(OwnedRwLockMappedWriteGuard<Moves, Both>: !Send !Sync);
    check!(Semaphore: Send Sync Unpin);
    check!(SemaphorePermit<'static>: Send Sync Unpin);
    check!(OwnedSemaphorePermit: Send Sync Unpin);
    check!(AcquireError: Send Sync Unpin);
    check!(TryAcquireError: Send Sync Unpin);
    check!(Barrier: Send Sync Unpin);
    check!(BarrierWaitResult: Send Sync Unpin);
}

#[test]
fn auto_traits_are_those_of_the_vocabulary() {
    check_like_a_lock!(Mutex);
    check_like_the_value!(MutexGuard<'static>);
    check_like_the_value!(MappedMutexGuard<'static>);
    check_like_the_value!(OwnedMutexGuard);
    check!(OwnedMappedMutexGuard<Neither, Both>: !Send !Sync);
    check!(OwnedMappedMutexGuard<Moves, Neither>: !Send !Sync);
    check!(OwnedMappedMutexGuard<Both, Neither>: !Send !Sync);
    check!(OwnedMappedMutexGuard<Moves, Both>: Send !Sync);
    check!(OwnedMappedMutexGuard<Both, Moves>: Send !Sync);
    check!(OwnedMappedMutexGuard<Both, Both>: Send Sync Unpin);
    check!(TryLockError: Send Sync Unpin);
    check!(Notify: Send Sync Unpin);
    check!(futures::Notified<'static>: Send Sync !Unpin);
    check!(futures::OwnedNotified: Send Sync !Unpin);
    check!(CancellationToken: Send Sync Unpin);
    check!(WaitForCancellationFuture<'static>: Send Sync !Unpin);
    check!(WaitForCancellationFutureOwned: Send Sync Unpin);
    check_like_a_lock!(oneshot::Sender);
    check_like_a_lock!(oneshot::Receiver);
    check_like_a_lock!(mpsc::Sender);
    check_like_a_lock!(mpsc::WeakSender);
    check_like_a_lock!(mpsc::Receiver);
    check_like_a_lock!(mpsc::Permit<'static>);
    check_like_a_lock!(mpsc::PermitIterator<'static>);
    check_like_a_lock!(mpsc::OwnedPermit);
    check_like_a_lock!(mpsc::UnboundedSender);
    check_like_a_lock!(mpsc::WeakUnboundedSender);
    check_like_a_lock!(mpsc::UnboundedReceiver);
    check_like_the_value!(mpsc::error::SendError);
    check_like_the_value!(mpsc::error::TrySendError);
    check_like_a_lock!(broadcast::Sender);
    check_like_a_lock!(broadcast::WeakSender);
    check_like_a_lock!(broadcast::Receiver);
    check_like_the_value!(broadcast::error::SendError);
    check_like_a_lock_for_readers!(watch::Sender);
    check_like_a_lock_for_readers!(watch::Receiver);
    check!(watch::Ref<'static, Neither>: !Send !Sync);
    check!(watch::Ref<'static, Moves>: !Send !Sync);
    check!(watch::Ref<'static, Both>: !Send Sync);
    check_like_the_value!(watch::error::SendError);
}

/// Takes a future whose type has no name apart.
fn is_send_and_sync(_: &(impl Send + Sync)) {}

#[test]
fn futures_may_move_between_threads() {
    let mutex = Mutex::new(Cell::new(0));
    is_send_and_sync(&mutex.lock());
    let (tx, mut rx) = mpsc::channel::<Cell<u8>>(1);
    is_send_and_sync(&tx.reserve());
    is_send_and_sync(&tx.closed());
    is_send_and_sync(&rx.recv());
    is_send_and_sync(&Notify::new().notified());
    is_send_and_sync(&RwLock::new(0).read());
    is_send_and_sync(&RwLock::new(0).write());
    is_send_and_sync(&Semaphore::new(0).acquire());
    is_send_and_sync(&Barrier::new(0).wait());
    is_send_and_sync(&SetOnce::<u8>::new().wait());
    let (tx, mut rx) = broadcast::channel::<Cell<u8>>(1);
    is_send_and_sync(&tx.closed());
    is_send_and_sync(&rx.recv());
    let (tx, mut rx) = watch::channel(1);
    is_send_and_sync(&tx.closed());
    is_send_and_sync(&rx.changed());
    is_send_and_sync(&rx.wait_for(|_| true));
}
