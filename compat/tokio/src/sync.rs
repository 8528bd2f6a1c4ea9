//! Channels and locks whose waiting never blocks a thread.

pub use ::runtime::sync::{
    MappedMutexGuard, Mutex, MutexGuard, Notify, OwnedMappedMutexGuard, OwnedMutexGuard,
    TryLockError,
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
