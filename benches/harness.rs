//! The rows as criterion benches.
