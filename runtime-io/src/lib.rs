//! I/O driver, traits and sockets of `runtime`.
