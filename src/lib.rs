//! A multi-threaded, work-stealing async runtime.
#![forbid(unsafe_code)]
