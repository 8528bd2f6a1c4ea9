//! Descriptors of somebody else's against the operating system.
