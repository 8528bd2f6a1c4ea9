//! Runtimes: made by a [`Builder`], used through a [`Handle`].

pub use ::runtime::runtime::{
    Builder, EnterGuard, Handle, Runtime, RuntimeFlavor, RuntimeMetrics, TryCurrentError,
};
