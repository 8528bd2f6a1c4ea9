//! Channels and locks whose waiting never blocks a thread.

pub use ::runtime::sync::{
    AcquireError, Barrier, BarrierWaitResult, MappedMutexGuard, Mutex, MutexGuard, Notify,
    OnceCell, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedRwLockMappedWriteGuard,
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard, Semaphore, SemaphorePermit,
    SetError, SetOnce, SetOnceError, TryAcquireError, TryLockError,
};

/// Named futures of the primitives.
pub mod futures {
    pub use ::runtime::sync::futures::{Notified, OwnedNotified};
}

/// A channel of many senders and one receiver.
pub mod mpsc {
    pub use ::runtime::sync::mpsc::{
        OwnedPermit, Permit, PermitIterator, Receiver, Sender, UnboundedReceiver, UnboundedSender,
        WeakSender, WeakUnboundedSender, channel, unbounded_channel,
    };

    /// What can go wrong with it.
    pub mod error {
        pub use ::runtime::sync::mpsc::error::{
            SendError, SendTimeoutError, TryRecvError, TrySendError,
        };

        /// Of a receiver as it once was: nothing gives it any more, but older code names it.
        #[doc(hidden)]
        #[deprecated = "nothing gives it"]
        #[derive(Clone, Debug)]
        pub struct RecvError(());

        #[allow(deprecated, reason = "its own implementation")]
        impl ::std::fmt::Display for RecvError {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("channel closed")
            }
        }

        #[allow(deprecated, reason = "as above")]
        impl ::std::error::Error for RecvError {}
    }
}

/// A channel of one value.
pub mod oneshot {
    pub use ::runtime::sync::oneshot::{Receiver, Sender, channel};

    /// What can go wrong with it.
    pub mod error {
        pub use ::runtime::sync::oneshot::error::{RecvError, TryRecvError};
    }
}

/// A channel whose receivers each get every value.
pub mod broadcast {
    pub use ::runtime::sync::broadcast::{Receiver, Sender, WeakSender, channel};

    /// What can go wrong with it.
    pub mod error {
        pub use ::runtime::sync::broadcast::error::{RecvError, SendError, TryRecvError};
    }
}

/// A channel that keeps the latest value.
pub mod watch {
    pub use ::runtime::sync::watch::{Receiver, Ref, Sender, channel};

    /// What can go wrong with it.
    pub mod error {
        pub use ::runtime::sync::watch::error::{RecvError, SendError};
    }
}
