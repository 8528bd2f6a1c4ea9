//! Attribute macros of `runtime`.
