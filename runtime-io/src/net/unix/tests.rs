//! Unix sockets and pipes against the operating system.
