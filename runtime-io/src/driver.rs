//! The reactor and what stands between it and a socket.

pub(crate) mod readiness;
