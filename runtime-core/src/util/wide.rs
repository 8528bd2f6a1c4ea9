//! The atomic of 64 bits: the standard library's, or where a processor has none (32-bit PowerPC, old
//! ARM), portable-atomic's, which takes a lock. No signal handler may touch that one.

#[cfg(not(target_has_atomic = "64"))]
pub use portable_atomic::AtomicU64;
#[cfg(target_has_atomic = "64")]
pub use std::sync::atomic::AtomicU64;
