//! Signals.

pub use ::runtime::signal::ctrl_c;

/// The signals of Unix.
#[cfg(unix)]
pub mod unix {
    pub use ::runtime::signal::unix::{Signal, SignalKind, signal};
}

/// The console events of Windows.
#[cfg(windows)]
pub mod windows {
    pub use ::runtime::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close,
        ctrl_logoff, ctrl_shutdown,
    };
}
