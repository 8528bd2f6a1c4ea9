//! Signals.

pub use ::runtime::signal::ctrl_c;

/// The signals of Unix.
#[cfg(unix)]
pub mod unix {
    pub use ::runtime::signal::unix::{Signal, SignalKind, signal};
}
